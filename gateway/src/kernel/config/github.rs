//! `github` of a provider: which GitHub's Copilot is asked.

use serde::Deserialize;
use url::Url;

use super::{ConfigError, Provider, ProviderKind, check::inconsistent};

/// Where GitHub's API is.
const API: &str = "https://api.github.com";

/// A GitHub, where it is not the public one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// Where its API is: `https://api.SUBDOMAIN.ghe.com`; left out: `https://api.github.com`.
    #[serde(default)]
    pub api_url: Option<Url>,
}

impl GitHub {
    /// Where the API of a provider's GitHub is.
    #[must_use]
    pub fn api_of(provider: &Provider) -> Option<Url> {
        let own = provider.github.as_ref().and_then(|github| github.api_url.clone());
        own.or_else(|| Url::parse(API).ok())
    }
}

pub(super) fn check(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    let Some(github) = &provider.github else { return Ok(()) };
    let wrong = |field: &str, detail: &str| Err(inconsistent(format!("{key}.{field}"), detail));
    if provider.kind != ProviderKind::GitHubCopilot {
        return wrong("github", "only `kind: github-copilot` has this key; leave it out");
    }
    match &github.api_url {
        Some(url) if !matches!(url.scheme(), "http" | "https") => {
            wrong("github.api_url", "expected a URL that starts with http:// or https://")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::load::load_text, *};

    fn load(provider: &str) -> Result<Provider, String> {
        let config = load_text(&format!("providers: {{ c: {{ {provider} }} }}"), &[]);
        Ok(config.map_err(|error| error.to_string())?.providers["c"].clone())
    }

    #[test]
    fn the_public_github_is_asked_unless_another_one_is_named() {
        let public = load("kind: github-copilot, api_key: t").unwrap();
        assert_eq!(GitHub::api_of(&public).unwrap().as_str(), "https://api.github.com/");
        let own = "kind: github-copilot, api_key: t, github: { api_url: 'https://api.a.ghe.com' }";
        let own = GitHub::api_of(&load(own).unwrap()).unwrap();
        assert_eq!(own.as_str(), "https://api.a.ghe.com/");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = load("kind: github-copilot").unwrap_err();
        assert!(error.starts_with("providers.c.api_key") && error.contains("GITHUB_COPILOT_TOKEN"));
        let error = load("kind: openai, github: {}").unwrap_err();
        assert!(error.starts_with("providers.c.github:"), "{error}");
        let error = load("kind: github-copilot, api_key: t, github: { api_url: 'ftp://a' }");
        assert!(error.unwrap_err().starts_with("providers.c.github.api_url:"));
    }
}
