//! Anthropic's models elsewhere, as data: what each host takes of what is in beta.
//!
//! The data are in `hosts.yaml`, which is part of the binary and is read once. Anthropic itself
//! takes everything. A host answers 400 to a beta or a field that it does not know, so what is not
//! listed for it is left out of a request, and the caller is told.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use url::Url;

use super::{ConfigError, Provider, ProviderKind, check::inconsistent};

static HOSTS: LazyLock<Hosts> = LazyLock::new(|| {
    read().unwrap_or_else(|error| {
        // A test reads the same bytes, so this is a defect of the build.
        tracing::error!(%error, "the hosts of this binary cannot be read; none is known");
        Hosts::default()
    })
});

fn read() -> Result<Hosts, serde_saphyr::Error> {
    serde_saphyr::from_str(include_str!("hosts.yaml"))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hosts {
    /// Where it is said, by the names that entries refer to.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test looks whether each source is there"))]
    sources: BTreeMap<String, Url>,
    hosts: Vec<Host>,
}

/// One host of Anthropic's models.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The kind of the provider.
    pub kind: String,
    /// The betas that it takes.
    pub betas: Vec<HostBetas>,
    /// The fields that it takes.
    pub fields: Vec<HostFields>,
}

/// Betas that a host takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostBetas {
    /// Their names.
    pub names: Vec<String>,
    /// Under which name the host has them, if under another.
    #[serde(default)]
    pub sent_as: Option<String>,
    /// Where it is said.
    pub source: String,
}

/// Fields that a host takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostFields {
    /// Their names, with the place in front where that is not the body itself.
    pub names: Vec<String>,
    /// Betas of which one has to be sent with them.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Where it is said.
    pub source: String,
}

impl Host {
    /// The host that a kind of provider is; none for Anthropic itself, and where there are no
    /// models of Anthropic's.
    #[must_use]
    pub fn find(kind: ProviderKind) -> Option<&'static Self> {
        HOSTS.hosts.iter().find(|host| host.kind == kind.name())
    }
}

/// `betas` of a provider: what Anthropic's models there take beyond what is known of the host, and
/// what they do not take. `*` stands for everything; what is denied is left out in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BetaLists {
    /// Further betas that are sent.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Betas that are not sent.
    #[serde(default)]
    pub deny: Vec<String>,
    /// Further fields that are sent, as `x-helix-dropped-fields` names them.
    #[serde(default)]
    pub allow_fields: Vec<String>,
    /// Fields that are not sent.
    #[serde(default)]
    pub deny_fields: Vec<String>,
}

impl BetaLists {
    /// Nothing is said.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            allow: Vec::new(),
            deny: Vec::new(),
            allow_fields: Vec::new(),
            deny_fields: Vec::new(),
        }
    }
}

pub(super) fn check(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    let has_anthropic =
        provider.kind == ProviderKind::Anthropic || Host::find(provider.kind).is_some();
    if has_anthropic || provider.betas == BetaLists::new() {
        return Ok(());
    }
    Err(inconsistent(
        format!("{key}.betas"),
        "betas are Anthropic's; only `kind: anthropic`, `vertex` and `bedrock` have this key",
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{super::load::load_text, *};

    #[test]
    fn every_entry_says_where_it_is_said_and_stands_once() {
        let Hosts { sources, hosts } = read().unwrap();
        assert_eq!(hosts.len(), 2);
        for host in &hosts {
            let kind = ProviderKind::try_from(host.kind.clone()).unwrap();
            assert_eq!(Host::find(kind).unwrap().kind, host.kind);
            let mut seen = HashSet::new();
            let names = host.betas.iter().map(|entry| (&entry.names, &entry.source));
            let fields = host.fields.iter().map(|entry| (&entry.names, &entry.source));
            for (names, source) in names.chain(fields) {
                assert!(sources.contains_key(source), "{source}");
                for name in names {
                    assert!(seen.insert(name), "{name} is there twice for {}", host.kind);
                }
            }
        }
        assert!(sources.values().all(|url| url.scheme() == "https"));
    }

    #[test]
    fn a_field_needs_only_betas_that_its_host_takes() {
        for host in &read().unwrap().hosts {
            let sent =
                |entry: &HostBetas| entry.sent_as.clone().into_iter().chain(entry.names.clone());
            let betas: HashSet<String> = host.betas.iter().flat_map(sent).collect();
            for entry in &host.fields {
                assert!(entry.needs.iter().all(|beta| betas.contains(beta)), "{:?}", entry.names);
            }
        }
    }

    #[test]
    fn what_every_message_has_is_taken_everywhere() {
        for host in &read().unwrap().hosts {
            let has =
                |name: &str| host.fields.iter().any(|entry| entry.names.iter().any(|n| n == name));
            for name in ["messages", "max_tokens", "system", "tools", "thinking", "tools.name"] {
                assert!(has(name), "{}: {name}", host.kind);
            }
            assert!(!has("model"), "{}", host.kind);
        }
    }

    #[test]
    fn betas_are_for_hosts_of_anthropics_models() {
        let with = |kind: &str| {
            let text = format!(
                "providers: {{ a: {{ kind: {kind}, api_key: k, betas: {{ deny: ['*'] }} }} }}"
            );
            load_text(&text, &[]).map(|config| config.providers["a"].betas.deny.clone())
        };
        assert_eq!(with("anthropic").unwrap(), ["*"]);
        let error = with("groq").unwrap_err().to_string();
        assert!(error.starts_with("providers.a.betas"), "{error}");
    }
}
