//! Where a provider is, and what of it is where.

use url::Url;

use super::{ProviderError, handle::Asked};
use crate::{
    kernel::config::{Provider, ProviderKind},
    wire::Dialect,
};

const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";
const GEMINI_BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
const COHERE_BASE_URL: &str = "https://api.cohere.com";
const OLLAMA_BASE_URL: &str = "http://localhost:11434";

/// The full URL of each endpoint; those that are the same for every model are joined once.
pub(super) struct Endpoints {
    base: Url,
    chat_completions: Url,
    responses: Url,
    embeddings: Url,
    messages: Url,
    pub(super) models: Url,
    /// Where a check of the credential asks, if not for the models.
    pub(super) credential_check: Option<Url>,
}

impl Endpoints {
    pub(super) fn of(kind: ProviderKind, base_url: &Url) -> Self {
        let at = |segments: &[&str]| join(base_url, segments);
        Self {
            base: base_url.clone(),
            chat_completions: at(&["chat", "completions"]),
            responses: at(&["responses"]),
            embeddings: at(&["embeddings"]),
            messages: at(&["v1", "messages"]),
            models: match kind {
                ProviderKind::Anthropic => at(&["v1", "models"]),
                ProviderKind::Cohere => with_query(at(&["v1", "models"]), "page_size=1000"),
                ProviderKind::Ollama => at(&["api", "tags"]),
                ProviderKind::WorkersAi => models_beside_run(base_url),
                _ => at(&["models"]),
            },
            credential_check: kind
                .preset()
                .and_then(|preset| preset.credential_check.as_deref())
                .map(|path| at(&[path])),
        }
    }

    /// Where a request goes. Some providers have an address for each model, and another one for
    /// streams.
    pub(super) fn url(&self, asked: &Asked<'_>) -> Url {
        match asked.dialect {
            Dialect::OpenAiChat => self.chat_completions.clone(),
            Dialect::OpenAiResponses => self.responses.clone(),
            Dialect::OpenAiEmbeddings => self.embeddings.clone(),
            Dialect::AnthropicMessages => self.messages.clone(),
            Dialect::Gemini => gemini(&self.base, asked),
            Dialect::BedrockConverse => {
                let verb = if asked.is_streaming { "converse-stream" } else { "converse" };
                join(&self.base, &["model", asked.model, verb])
            }
            Dialect::CohereChat => join(&self.base, &["v2", "chat"]),
            Dialect::CohereEmbed => join(&self.base, &["v2", "embed"]),
            Dialect::OllamaChat => join(&self.base, &["api", "chat"]),
            Dialect::OllamaEmbed => join(&self.base, &["api", "embed"]),
            Dialect::GeminiEmbeddings => {
                let verb = format!("{}:batchEmbedContents", asked.model);
                join(&self.base, &["models", &verb])
            }
            // A model's name has slashes, which are in the path: `@cf/meta/llama-3.1-8b-instruct`.
            Dialect::WorkersAi | Dialect::WorkersAiEmbeddings => {
                join(&self.base, &asked.model.split('/').collect::<Vec<_>>())
            }
        }
    }
}

/// Workers AI is at `…/ai/run`, a page of its models at `…/ai/models/search`.
fn models_beside_run(base: &Url) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().pop();
    }
    with_query(join(&url, &["models", "search"]), "per_page=50")
}

fn with_query(mut url: Url, query: &str) -> Url {
    url.set_query(Some(query));
    url
}

fn gemini(base: &Url, asked: &Asked<'_>) -> Url {
    let verb = if asked.is_streaming { "streamGenerateContent" } else { "generateContent" };
    let mut url = join(base, &["models", &format!("{}:{verb}", asked.model)]);
    if asked.is_streaming {
        url.set_query(Some("alt=sse"));
    }
    url
}

fn join(base: &Url, segments: &[&str]) -> Url {
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
        ProviderKind::Vertex
        | ProviderKind::Bedrock
        | ProviderKind::Azure
        | ProviderKind::WorkersAi => None,
        ProviderKind::Preset(preset) => preset.base_url.clone(),
    };
    let url = provider.base_url.clone().or(own).ok_or_else(bad_url)?;
    if url.cannot_be_a_base() { Err(bad_url()) } else { Ok(url) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ProviderKind::Anthropic, "https://a.example", "https://a.example/v1/models")]
    #[case(
        ProviderKind::Cohere,
        "https://a.example/",
        "https://a.example/v1/models?page_size=1000"
    )]
    #[case(ProviderKind::Ollama, "http://localhost:11434", "http://localhost:11434/api/tags")]
    #[case(
        ProviderKind::WorkersAi,
        "https://a.example/client/v4/accounts/abc/ai/run/",
        "https://a.example/client/v4/accounts/abc/ai/models/search?per_page=50"
    )]
    fn every_kind_lists_its_models_somewhere(
        #[case] kind: ProviderKind,
        #[case] base_url: &str,
        #[case] expected: &str,
    ) {
        let endpoints = Endpoints::of(kind, &Url::parse(base_url).unwrap());
        assert_eq!(endpoints.models.as_str(), expected);
    }

    #[test]
    fn the_model_of_workers_ai_is_in_the_path() {
        let base = Url::parse("https://a.example/ai/run").unwrap();
        let asked = Asked {
            dialect: Dialect::WorkersAi,
            model: "@cf/meta/llama-3.1-8b-instruct",
            is_streaming: true,
        };
        let url = Endpoints::of(ProviderKind::WorkersAi, &base).url(&asked);
        assert_eq!(url.path(), "/ai/run/@cf/meta/llama-3.1-8b-instruct");
    }
}
