//! Where a provider is, and what of it is where.

use url::Url;

use super::{ProviderError, azure, handle::Asked, vertex};
use crate::{
    kernel::config::{Google, Provider, ProviderKind},
    wire::{Dialect, RelayedApi},
};

const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";
const GEMINI_BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
const COHERE_BASE_URL: &str = "https://api.cohere.com";
const OLLAMA_BASE_URL: &str = "http://localhost:11434";

/// The full URL of each endpoint; those that are the same for every model are joined once.
pub(super) struct Endpoints {
    base: Url,
    is_cohere: bool,
    own: Own,
    chat_completions: Url,
    completions: Url,
    responses: Url,
    embeddings: Url,
    messages: Url,
    pub(super) models: Url,
    /// Where a check of the credential asks, if not for the models.
    pub(super) credential_check: Option<Url>,
}

/// A vendor's own way of giving addresses to models.
enum Own {
    None,
    /// The place of a project in Vertex AI.
    Vertex(Url),
    /// Azure's older versions.
    Dated(azure::Dated),
}

impl Own {
    fn of(provider: &Provider, base_url: &Url) -> Self {
        match (provider.kind, &provider.google) {
            (ProviderKind::Vertex, Some(google)) => Self::Vertex(vertex::place(base_url, google)),
            (ProviderKind::Azure, _) => {
                azure::Dated::of(provider, base_url).map_or(Self::None, Self::Dated)
            }
            _ => Self::None,
        }
    }
}

impl Endpoints {
    pub(super) fn of(provider: &Provider, base_url: &Url) -> Self {
        let kind = provider.kind;
        let base = match kind {
            ProviderKind::Azure => azure::undated_base(base_url),
            _ => base_url.clone(),
        };
        let at = |segments: &[&str]| join(&base, segments);
        let own = Own::of(provider, base_url);
        Self {
            base: base.clone(),
            is_cohere: kind == ProviderKind::Cohere,
            chat_completions: at(&["chat", "completions"]),
            completions: at(&["completions"]),
            responses: at(&["responses"]),
            embeddings: at(&["embeddings"]),
            messages: at(&["v1", "messages"]),
            models: match (kind, &own) {
                (_, Own::Dated(dated)) => dated.models(),
                (ProviderKind::Anthropic | ProviderKind::Cohere, _) => at(&["v1", "models"]),
                (ProviderKind::Ollama, _) => at(&["api", "tags"]),
                _ => at(&["models"]),
            },
            credential_check: kind
                .preset()
                .and_then(|preset| preset.credential_check.as_deref())
                .map(|path| at(&[path])),
            own,
        }
    }

    /// Where a request goes. Some providers have an address for each model, and another one for
    /// streams.
    pub(super) fn url(&self, asked: &Asked<'_>) -> Url {
        match &self.own {
            Own::None => {}
            Own::Vertex(place) => return vertex::url(place, asked),
            Own::Dated(dated) => return dated.url(asked),
        }
        match asked.dialect {
            Dialect::OpenAiChat => self.chat_completions.clone(),
            Dialect::OpenAiCompletions => self.completions.clone(),
            Dialect::OpenAiResponses => self.responses.clone(),
            Dialect::OpenAiEmbeddings => self.embeddings.clone(),
            Dialect::AnthropicMessages => self.messages.clone(),
            Dialect::Gemini => gemini(&self.base, asked),
            Dialect::BedrockConverse => {
                let verb = if asked.is_streaming { "converse-stream" } else { "converse" };
                join(&self.base, &["model", asked.model, verb])
            }
            Dialect::CohereChat => join(&self.base, &["v2", "chat"]),
            Dialect::OllamaChat => join(&self.base, &["api", "chat"]),
            Dialect::Relayed(RelayedApi::Rerank) if self.is_cohere => {
                join(&self.base, &["v2", "rerank"])
            }
            Dialect::Relayed(api) => join(&self.base, api.path()),
            // A model's name has slashes, which are in the path: `@cf/meta/llama-3.1-8b-instruct`.
            Dialect::WorkersAi => join(&self.base, &asked.model.split('/').collect::<Vec<_>>()),
        }
    }
}

fn gemini(base: &Url, asked: &Asked<'_>) -> Url {
    let verb = if asked.is_streaming { "streamGenerateContent" } else { "generateContent" };
    let mut url = join(base, &["models", &format!("{}:{verb}", asked.model)]);
    if asked.is_streaming {
        url.set_query(Some("alt=sse"));
    }
    url
}

pub(super) fn join(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Where a provider is: the address of the configuration, or else its vendor's.
pub(super) fn base_url(name: &str, provider: &Provider) -> Result<Url, ProviderError> {
    let bad_url = || ProviderError::BaseUrl(name.to_owned());
    let own = match provider.kind {
        ProviderKind::Openai | ProviderKind::Demo => Url::parse(OPENAI_BASE_URL).ok(),
        ProviderKind::Anthropic => Url::parse(ANTHROPIC_BASE_URL).ok(),
        ProviderKind::Gemini => Url::parse(GEMINI_BASE_URL).ok(),
        ProviderKind::Cohere => Url::parse(COHERE_BASE_URL).ok(),
        ProviderKind::Ollama => Url::parse(OLLAMA_BASE_URL).ok(),
        ProviderKind::Vertex => provider.google.as_ref().and_then(Google::base_url),
        ProviderKind::Bedrock | ProviderKind::Azure | ProviderKind::WorkersAi => None,
        ProviderKind::Preset(preset) => preset.base_url.clone(),
    };
    let url = provider.base_url.clone().or(own).ok_or_else(bad_url)?;
    if url.cannot_be_a_base() { Err(bad_url()) } else { Ok(url) }
}
