//! Where a provider is, and what of it is where.

use url::Url;

use super::{ProviderError, azure, bedrock, handle::Asked, replicate, sagemaker, vertex};
use crate::{
    kernel::config::{Google, Provider, ProviderKind},
    wire::{Dialect, RelayedApi},
};

const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";
const GEMINI_BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
const COHERE_BASE_URL: &str = "https://api.cohere.com";
const OLLAMA_BASE_URL: &str = "http://localhost:11434";
/// Where a subscriber is asked whose token names no other address.
const COPILOT_BASE_URL: &str = "https://api.githubcopilot.com";
const REPLICATE_BASE_URL: &str = "https://api.replicate.com/v1";

/// The full URL of each endpoint; those that are the same for every model are joined once.
pub(super) struct Endpoints {
    kind: ProviderKind,
    base: Url,
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
    /// Amazon's Bedrock.
    Bedrock(Url),
    /// Amazon's `SageMaker`.
    SageMaker(Url),
    /// Azure's older versions.
    Dated(azure::Dated),
}

impl Own {
    fn of(provider: &Provider, base_url: &Url) -> Self {
        match (provider.kind, &provider.google) {
            (ProviderKind::Vertex, Some(google)) => Self::Vertex(vertex::place(base_url, google)),
            (ProviderKind::Bedrock, _) => Self::Bedrock(base_url.clone()),
            (ProviderKind::SageMaker, _) => Self::SageMaker(base_url.clone()),
            (ProviderKind::Azure, _) => {
                azure::Dated::of(provider, base_url).map_or(Self::None, Self::Dated)
            }
            _ => Self::None,
        }
    }

    /// Where a request goes; none where it goes where the dialect's own vendor has it.
    fn url(&self, asked: &Asked<'_>) -> Option<Url> {
        match self {
            Self::None => None,
            Self::Vertex(place) => Some(vertex::url(place, asked)),
            Self::Bedrock(base) => Some(bedrock::url(base, asked)),
            Self::SageMaker(base) => Some(sagemaker::url(base, asked)),
            Self::Dated(dated) => dated.url(asked),
        }
    }

    /// Where the models are listed; none where that, too, is as elsewhere.
    fn models(&self) -> Option<Url> {
        match self {
            Self::Bedrock(base) => Some(bedrock::models(base)),
            Self::Dated(dated) => Some(dated.models()),
            Self::Vertex(place) => Some(vertex::models(place)),
            Self::None | Self::SageMaker(_) => None,
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
        let models = own.models().unwrap_or_else(|| match kind {
            ProviderKind::Anthropic => at(&["v1", "models"]),
            ProviderKind::Cohere => with_query(at(&["v1", "models"]), "page_size=1000"),
            ProviderKind::Ollama => at(&["api", "tags"]),
            ProviderKind::WorkersAi => models_beside_run(base_url),
            _ => at(&["models"]),
        });
        Self {
            kind,
            base: base.clone(),
            chat_completions: at(&["chat", "completions"]),
            completions: at(&["completions"]),
            responses: at(&["responses"]),
            embeddings: at(&["embeddings"]),
            messages: match kind {
                ProviderKind::Azure => azure::messages(base_url),
                _ => at(&["v1", "messages"]),
            },
            models,
            credential_check: kind
                .preset()
                .and_then(|preset| preset.credential_check.as_deref())
                .map(|path| at(&[path])),
            own,
        }
    }

    /// Below which address everything is that has no address of its own.
    pub(super) const fn base(&self) -> &Url {
        &self.base
    }

    /// Whether it is Azure in a version with a date.
    pub(super) const fn is_dated(&self) -> bool {
        matches!(self.own, Own::Dated(_))
    }

    /// Where a request goes. Some providers have an address for each model, and another one for
    /// streams.
    pub(super) fn url(&self, asked: &Asked<'_>) -> Url {
        self.own.url(asked).unwrap_or_else(|| self.usual_url(asked))
    }

    /// Where it goes at the dialect's own vendor.
    fn usual_url(&self, asked: &Asked<'_>) -> Url {
        match asked.dialect {
            Dialect::OpenAiCompletions => self.completions.clone(),
            Dialect::OpenAiResponses => self.responses.clone(),
            Dialect::OpenAiEmbeddings => self.embeddings.clone(),
            Dialect::AnthropicMessages => self.messages.clone(),
            Dialect::Gemini => gemini(&self.base, asked),
            Dialect::CohereChat => join(&self.base, &["v2", "chat"]),
            Dialect::CohereEmbed => join(&self.base, &["v2", "embed"]),
            Dialect::OllamaChat => join(&self.base, &["api", "chat"]),
            Dialect::Relayed(RelayedApi::Rerank) if self.kind == ProviderKind::Cohere => {
                join(&self.base, &["v2", "rerank"])
            }
            Dialect::Relayed(RelayedApi::Realtime) => {
                let mut url = join(&self.base, RelayedApi::Realtime.path());
                url.query_pairs_mut().append_pair("model", asked.model);
                url
            }
            Dialect::Relayed(api) => join(&self.base, api.path()),
            Dialect::OllamaEmbed => join(&self.base, &["api", "embed"]),
            Dialect::GeminiEmbeddings => {
                let verb = format!("{}:batchEmbedContents", asked.model);
                join(&self.base, &["models", &verb])
            }
            // A model's name has slashes, which are in the path: `@cf/meta/llama-3.1-8b-instruct`.
            Dialect::WorkersAi | Dialect::WorkersAiEmbeddings => {
                join(&self.base, &asked.model.split('/').collect::<Vec<_>>())
            }
            Dialect::Replicate | Dialect::ReplicatePictures => {
                replicate::url(&self.base, asked.model)
            }
            // The last three are of clouds with addresses of their own.
            Dialect::OpenAiChat
            | Dialect::BedrockConverse
            | Dialect::BedrockEmbeddings
            | Dialect::VertexEmbeddings => self.chat_completions.clone(),
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
        ProviderKind::Bedrock => in_region(provider, bedrock::HOST),
        ProviderKind::SageMaker => in_region(provider, sagemaker::HOST),
        ProviderKind::GitHubCopilot => Url::parse(COPILOT_BASE_URL).ok(),
        ProviderKind::Replicate => Url::parse(REPLICATE_BASE_URL).ok(),
        ProviderKind::Azure | ProviderKind::WorkersAi => None,
        ProviderKind::Preset(preset) => preset.base_url.clone(),
    };
    let url = provider.base_url.clone().or(own).ok_or_else(bad_url)?;
    if url.cannot_be_a_base() { Err(bad_url()) } else { Ok(url) }
}

fn in_region(provider: &Provider, service: &str) -> Option<Url> {
    provider.aws.as_ref()?.url_of(service)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of(kind: ProviderKind, base_url: &Url) -> Endpoints {
        Endpoints::of(&Provider::new(kind), base_url)
    }

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
        let endpoints = of(kind, &Url::parse(base_url).unwrap());
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
        let url = of(ProviderKind::WorkersAi, &base).url(&asked);
        assert_eq!(url.path(), "/ai/run/@cf/meta/llama-3.1-8b-instruct");
    }
}
