//! `catalog`: what is taken from others about models and their prices.

use serde::Deserialize;
use url::{Host, Url};

use super::{ConfigError, check::inconsistent};

/// `catalog`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Catalog {
    /// Whether models without a price take the public list price that this binary was built with.
    pub list_prices: bool,
    /// Whether the configured providers are asked for their lists of models.
    pub discover: bool,
    /// Public lists of prices that are asked; the first that knows a price is believed. None unless
    /// configured: nothing is asked of anybody.
    pub sources: Vec<PriceSource>,
    /// How often they are asked, in minutes.
    pub sync_minutes: u32,
    /// How long one of them may take to answer.
    pub timeout_seconds: u64,
    /// The longest answer, in bytes.
    pub answer_limit_bytes: usize,
    /// How many times as much or as little a price or a limit may become by a sync.
    pub largest_change: u32,
    /// Which share of the models may be gone, or have prices beyond that, in percent.
    pub most_models_percent: u32,
}

/// One of `sources`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceSource {
    /// How it is written.
    pub format: SourceFormat,
    /// Where it is; where everybody gets it if left out.
    #[serde(default)]
    pub url: Option<Url>,
}

/// The form of a public list of prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceFormat {
    /// `LiteLLM`'s map.
    Litellm,
    /// models.dev's.
    ModelsDev,
    /// `OpenRouter`'s list.
    Openrouter,
}

impl SourceFormat {
    /// As the configuration writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Litellm => "litellm",
            Self::ModelsDev => "models_dev",
            Self::Openrouter => "openrouter",
        }
    }

    /// Where everybody gets it.
    #[must_use]
    pub const fn usual_url(self) -> &'static str {
        match self {
            Self::Litellm => {
                "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
            }
            Self::ModelsDev => "https://models.dev/api.json",
            Self::Openrouter => "https://openrouter.ai/api/v1/models",
        }
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self {
            list_prices: true,
            discover: false,
            sources: Vec::new(),
            sync_minutes: 60,
            timeout_seconds: 30,
            answer_limit_bytes: 16 * 1024 * 1024,
            largest_change: 3,
            most_models_percent: 20,
        }
    }
}

impl Catalog {
    /// Refuses what could never be synced, and addresses that nothing secret or public can come from.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        const LEAST_ANSWER_BYTES: usize = 1024;
        const MOST_ANSWER_BYTES: usize = 32 * 1024 * 1024;
        let at_least = |key: &str, least: u64, value: u64| {
            let detail = format!("expected at least {least}");
            if value < least { Err(inconsistent(format!("catalog.{key}"), detail)) } else { Ok(()) }
        };
        at_least("sync_minutes", 1, self.sync_minutes.into())?;
        at_least("timeout_seconds", 1, self.timeout_seconds)?;
        at_least("largest_change", 2, self.largest_change.into())?;
        if !(LEAST_ANSWER_BYTES..=MOST_ANSWER_BYTES).contains(&self.answer_limit_bytes) {
            let detail = format!("expected {LEAST_ANSWER_BYTES} to {MOST_ANSWER_BYTES}");
            return Err(inconsistent("catalog.answer_limit_bytes", detail));
        }
        if self.most_models_percent > 100 {
            return Err(inconsistent("catalog.most_models_percent", "expected 0 to 100"));
        }
        for (index, source) in self.sources.iter().enumerate() {
            let key = format!("catalog.sources[{index}]");
            let is_same = |other: &PriceSource| other.name() == source.name();
            if self.sources[..index].iter().any(is_same) {
                return Err(inconsistent(key, "is there twice; leave one of them out"));
            }
            if let Some(detail) = source.url.as_ref().and_then(wrong_url) {
                return Err(inconsistent(format!("{key}.url"), detail));
            }
        }
        Ok(())
    }
}

/// What is wrong with an address that a price list is asked from.
fn wrong_url(url: &Url) -> Option<&'static str> {
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
        return Some("expected an `https` address; plain `http` is for this machine alone");
    }
    let is_next_to_it = match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_unicast_link_local() || address.is_unspecified(),
        Some(Host::Domain(_)) | None => false,
    };
    if is_next_to_it {
        return Some("expected the address of a price list; this is one of the machine's network");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("expected no credential in the address: a public list needs none");
    }
    None
}

impl PriceSource {
    /// Where it is.
    #[must_use]
    pub fn address(&self) -> String {
        self.url.as_ref().map_or_else(|| self.format.usual_url().to_owned(), Url::to_string)
    }

    /// By what it is known: its format, and where it is if that is elsewhere.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.url {
            Some(url) => format!("{} {url}", self.format.as_str()),
            None => self.format.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::load::load_text;

    fn refused(catalog: &str) -> String {
        load_text(&format!("catalog: {{ {catalog} }}"), &[]).unwrap_err().to_string()
    }

    #[test]
    fn nobody_is_asked_unless_the_configuration_says_so() {
        let catalog = load_text("{}", &[]).unwrap().catalog;
        assert!(catalog.list_prices && !catalog.discover && catalog.sources.is_empty());
    }

    #[test]
    fn a_source_is_a_format_and_perhaps_an_address() {
        let text = "catalog: { sources: [ { format: litellm }, { format: models_dev, url: 'https://mirror.example/api.json' } ] }";
        let sources = load_text(text, &[]).unwrap().catalog.sources;
        assert!(sources[0].address().starts_with("https://raw.githubusercontent.com/"));
        assert_eq!(sources[1].address(), "https://mirror.example/api.json");
        assert_eq!(sources[1].name(), "models_dev https://mirror.example/api.json");
    }

    #[test]
    fn what_cannot_be_synced_is_refused_with_its_key() {
        for (catalog, key) in [
            ("sync_minutes: 0", "catalog.sync_minutes"),
            ("timeout_seconds: 0", "catalog.timeout_seconds"),
            ("largest_change: 1", "catalog.largest_change"),
            ("most_models_percent: 101", "catalog.most_models_percent"),
            ("answer_limit_bytes: 1", "catalog.answer_limit_bytes"),
            ("sources: [ { format: litellm }, { format: litellm } ]", "catalog.sources[1]"),
            (
                "sources: [ { format: litellm, url: 'http://a.example/' } ]",
                "catalog.sources[0].url",
            ),
            (
                "sources: [ { format: litellm, url: 'file:///etc/passwd' } ]",
                "catalog.sources[0].url",
            ),
            (
                "sources: [ { format: litellm, url: 'https://169.254.169.254/' } ]",
                "catalog.sources[0].url",
            ),
            (
                "sources: [ { format: litellm, url: 'https://a:b@c.example/' } ]",
                "catalog.sources[0].url",
            ),
        ] {
            let error = refused(catalog);
            assert!(error.starts_with(key), "{catalog}: {error}");
        }
    }
}
