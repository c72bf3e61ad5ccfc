//! Where a provider is, and what of it is where.

use std::fmt::Write;

use url::Url;

use super::{ProviderError, azure, handle::Asked, vertex};
use crate::{
    kernel::config::{Aws, Google, Provider, ProviderKind},
    wire::{Dialect, RelayedApi},
};

const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";
const GEMINI_BASE_URL: &str = "https://generativelanguage.googleapis.com/v1beta";
const COHERE_BASE_URL: &str = "https://api.cohere.com";
const OLLAMA_BASE_URL: &str = "http://localhost:11434";

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
            kind,
            base: base.clone(),
            chat_completions: at(&["chat", "completions"]),
            completions: at(&["completions"]),
            responses: at(&["responses"]),
            embeddings: at(&["embeddings"]),
            messages: at(&["v1", "messages"]),
            models: match (kind, &own) {
                (_, Own::Dated(dated)) => dated.models(),
                (ProviderKind::Anthropic, _) => at(&["v1", "models"]),
                (ProviderKind::Cohere, _) => with_query(at(&["v1", "models"]), "page_size=1000"),
                (ProviderKind::Ollama, _) => at(&["api", "tags"]),
                (ProviderKind::WorkersAi, _) => models_beside_run(base_url),
                (ProviderKind::Bedrock, _) => bedrock_models(base_url),
                _ => at(&["models"]),
            },
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
        match &self.own {
            Own::None => {}
            Own::Vertex(place) => return vertex::url(place, asked),
            Own::Dated(dated) => return dated.url(asked),
        }
        match asked.dialect {
            _ if self.kind == ProviderKind::Bedrock => bedrock(&self.base, asked),
            Dialect::OpenAiChat => self.chat_completions.clone(),
            Dialect::OpenAiCompletions => self.completions.clone(),
            Dialect::OpenAiResponses => self.responses.clone(),
            Dialect::OpenAiEmbeddings => self.embeddings.clone(),
            Dialect::AnthropicMessages => self.messages.clone(),
            Dialect::Gemini => gemini(&self.base, asked),
            Dialect::BedrockConverse => bedrock(&self.base, asked),
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

/// Anthropic's dialect goes past Converse. The id of a model, which may be an ARN with colons and
/// slashes, is one segment, written as the official SDK does: everything but letters, digits and
/// `-._~` is escaped.
fn bedrock(base: &Url, asked: &Asked<'_>) -> Url {
    let verb = match (asked.dialect, asked.is_streaming) {
        (Dialect::AnthropicMessages, false) => "invoke",
        (Dialect::AnthropicMessages, true) => "invoke-with-response-stream",
        (_, false) => "converse",
        (_, true) => "converse-stream",
    };
    let mut model = String::with_capacity(asked.model.len());
    for byte in asked.model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            model.push(char::from(byte));
        } else {
            let _ = write!(model, "%{byte:02X}");
        }
    }
    let mut url = base.clone();
    let before = base.path().trim_end_matches('/');
    url.set_path(&format!("{before}/model/{model}/{verb}"));
    url
}

/// Models are listed by another service, at an address beside that of the models themselves.
fn bedrock_models(base: &Url) -> Url {
    let mut url = join(base, &["foundation-models"]);
    let region = base.host_str().and_then(|host| host.strip_prefix("bedrock-runtime."));
    if let Some(region) = region {
        // What was a host with more before it is a host.
        let _ = url.set_host(Some(&format!("bedrock.{region}")));
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
        ProviderKind::Bedrock => provider.aws.as_ref().and_then(Aws::bedrock_url),
        ProviderKind::Azure | ProviderKind::WorkersAi => None,
        ProviderKind::Preset(preset) => preset.base_url.clone(),
    };
    let url = provider.base_url.clone().or(own).ok_or_else(bad_url)?;
    if url.cannot_be_a_base() { Err(bad_url()) } else { Ok(url) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of(kind: ProviderKind, base_url: &Url) -> Endpoints {
        Endpoints::of(&Provider::new(kind), base_url)
    }

    const ARN: &str =
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.x-v1:0";

    #[rstest]
    #[case(
        Dialect::BedrockConverse,
        "amazon.nova-lite-v1:0",
        false,
        "amazon.nova-lite-v1%3A0/converse"
    )]
    #[case(
        Dialect::BedrockConverse,
        ARN,
        true,
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Feu.anthropic.x-v1%3A0/converse-stream"
    )]
    #[case(Dialect::AnthropicMessages, "anthropic.x", false, "anthropic.x/invoke")]
    #[case(
        Dialect::AnthropicMessages,
        "a%2F/../é",
        true,
        "a%252F%2F..%2F%C3%A9/invoke-with-response-stream"
    )]
    fn a_model_at_amazon_is_one_segment(
        #[case] dialect: Dialect,
        #[case] model: &str,
        #[case] is_streaming: bool,
        #[case] expected: &str,
    ) {
        for (base, path) in [("https://example.com", ""), ("https://example.com/a/", "/a")] {
            let base = Url::parse(base).unwrap();
            let endpoints = of(ProviderKind::Bedrock, &base);
            let url = endpoints.url(&Asked { dialect, model, is_streaming });
            assert_eq!(url.as_str(), format!("https://example.com{path}/model/{expected}"));
        }
    }

    #[rstest]
    #[case(
        "https://bedrock-runtime.eu-central-1.amazonaws.com",
        "https://bedrock.eu-central-1.amazonaws.com/foundation-models"
    )]
    #[case("http://127.0.0.1:9/x", "http://127.0.0.1:9/x/foundation-models")]
    fn the_models_of_amazon_are_listed_beside_them(#[case] base: &str, #[case] expected: &str) {
        let base = Url::parse(base).unwrap();
        assert_eq!(of(ProviderKind::Bedrock, &base).models.as_str(), expected);
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
