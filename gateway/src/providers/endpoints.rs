//! Where a provider is, and what of it is where.

use url::Url;

use super::ProviderError;
use crate::kernel::config::{Provider, ProviderKind};

const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";

/// The full URL of each endpoint, joined once.
pub(super) struct Endpoints {
    pub(super) chat_completions: Url,
    pub(super) responses: Url,
    pub(super) embeddings: Url,
    pub(super) messages: Url,
    pub(super) models: Url,
    /// Where a check of the credential asks, if not for the models.
    pub(super) credential_check: Option<Url>,
}

impl Endpoints {
    pub(super) fn of(kind: ProviderKind, base_url: &Url) -> Self {
        let at = |segments: &[&str]| {
            let mut url = base_url.clone();
            if let Ok(mut path) = url.path_segments_mut() {
                path.pop_if_empty().extend(segments);
            }
            url
        };
        Self {
            chat_completions: at(&["chat", "completions"]),
            responses: at(&["responses"]),
            embeddings: at(&["embeddings"]),
            messages: at(&["v1", "messages"]),
            models: match kind {
                ProviderKind::Anthropic => at(&["v1", "models"]),
                _ => at(&["models"]),
            },
            credential_check: kind
                .preset()
                .and_then(|preset| preset.credential_check.as_deref())
                .map(|path| at(&[path])),
        }
    }
}

/// Where a provider is: the address of the configuration, or else its vendor's.
pub(super) fn base_url(name: &str, provider: &Provider) -> Result<Url, ProviderError> {
    let bad_url = || ProviderError::BaseUrl(name.to_owned());
    let own = match provider.kind {
        ProviderKind::Openai | ProviderKind::Demo => Url::parse(OPENAI_BASE_URL).ok(),
        ProviderKind::Anthropic => Url::parse(ANTHROPIC_BASE_URL).ok(),
        ProviderKind::Preset(preset) => preset.base_url.clone(),
    };
    let url = provider.base_url.clone().or(own).ok_or_else(bad_url)?;
    if url.cannot_be_a_base() { Err(bad_url()) } else { Ok(url) }
}
