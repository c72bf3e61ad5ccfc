//! One configured provider: where it is, what it speaks, and its sealed credential.

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Request, RequestBuilder};
use url::Url;

use super::{
    Failure, client,
    credential::{Credential, credential, further_headers, secrets},
    endpoints::{Endpoints, base_url},
    manner::Manner,
};
use crate::{
    kernel::{
        Clock, Secret,
        config::{self, ModelApi, OutputLimitField, ProviderKind, UnsupportedFields, UsageShape},
        lane::PerLane,
    },
    routing::Routed,
    wire::{Dialect, FieldRules, Framing, LimitField},
};

/// The version of Anthropic's API that the translation speaks.
const ANTHROPIC_VERSION: &str = "2023-06-01";
/// OpenAI's name for a caller's own id of a request; other providers take no notice of it.
/// <https://platform.openai.com/docs/api-reference/debugging-requests>
static CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// Why a provider cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The base URL takes no path.
    #[error("providers.{0}.base_url: no path can be added to this URL")]
    BaseUrl(String),
    /// The key has characters that no header may have.
    #[error("providers.{0}.api_key: the key has characters that an HTTP header cannot carry")]
    Key(String),
    /// A further header cannot be sent.
    #[error("providers.{0}.headers.{1}: an HTTP header cannot be made of it")]
    Header(String, String),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}

/// What a provider is asked for, as far as it decides where.
pub(super) struct Asked<'a> {
    pub(super) dialect: Dialect,
    /// What the provider calls the model.
    pub(super) model: &'a str,
    pub(super) is_streaming: bool,
}

/// One configured provider.
pub struct Handle {
    /// Its name in the configuration.
    pub(super) name: String,
    kind: ProviderKind,
    base_url: Url,
    endpoints: Endpoints,
    /// What no text may show: the credential and the values of further headers.
    secrets: Vec<Secret>,
    credential: Credential,
    further_headers: HeaderMap,
    manner: Manner,
    /// Each lane has its own idle connections: one made on another thread is served by that one.
    clients: PerLane<Client>,
    settings: config::Proxy,
}

impl Handle {
    /// The handle of a configured provider.
    ///
    /// # Errors
    /// [`ProviderError`], naming the key at fault.
    pub fn new(
        name: &str,
        provider: &config::Provider,
        settings: &config::Proxy,
        clock: &Clock,
    ) -> Result<Self, ProviderError> {
        let base_url = base_url(name, provider)?;
        Ok(Self {
            name: name.to_owned(),
            kind: provider.kind,
            endpoints: Endpoints::of(provider.kind, &base_url),
            credential: credential(name, provider, clock)?,
            further_headers: further_headers(name, provider)?,
            secrets: secrets(provider),
            manner: Manner::of(provider, &base_url),
            base_url,
            clients: PerLane::new(client::build(settings).map_err(ProviderError::Client)?),
            settings: settings.clone(),
        })
    }

    /// The client of the current lane.
    pub(super) fn client(&self) -> &Client {
        self.clients.get(|| client::build(&self.settings).ok())
    }

    /// Whether it answers from inside the gateway.
    pub(super) fn is_demo(&self) -> bool {
        self.kind == ProviderKind::Demo
    }

    /// In which dialect this provider is asked what came in in `inbound` for what it calls
    /// `model`; none where it has no such surface. Some providers speak to each vendor's models in
    /// that vendor's dialect; of OpenAI's two, `api` is the one that the model wants.
    pub(super) fn dialect_for(
        &self,
        inbound: Dialect,
        _model: &str,
        api: Option<ModelApi>,
    ) -> Option<Dialect> {
        if inbound != Dialect::OpenAiEmbeddings && api == Some(ModelApi::Responses) {
            return Some(Dialect::OpenAiResponses);
        }
        let takes_responses = self.manner.has_responses && api.is_none();
        let dialect = match (self.kind, inbound) {
            (
                ProviderKind::Anthropic
                | ProviderKind::Gemini
                | ProviderKind::Vertex
                | ProviderKind::Bedrock
                | ProviderKind::Cohere
                | ProviderKind::Ollama
                | ProviderKind::WorkersAi,
                Dialect::OpenAiEmbeddings,
            ) => return None,
            (ProviderKind::Anthropic, _) => Dialect::AnthropicMessages,
            (ProviderKind::Gemini | ProviderKind::Vertex, _) => Dialect::Gemini,
            (ProviderKind::Bedrock, _) => Dialect::BedrockConverse,
            (ProviderKind::Cohere, _) => Dialect::CohereChat,
            (ProviderKind::Ollama, _) => Dialect::OllamaChat,
            (ProviderKind::WorkersAi, _) => Dialect::WorkersAi,
            (_, Dialect::OpenAiEmbeddings) => Dialect::OpenAiEmbeddings,
            (_, Dialect::OpenAiResponses) if takes_responses => Dialect::OpenAiResponses,
            (_, _) => Dialect::OpenAiChat,
        };
        self.manner.has_surface(dialect).then_some(dialect)
    }

    /// Its name for people.
    pub(super) fn title(&self) -> &str {
        self.kind.preset().map_or(&self.name, |preset| &preset.title)
    }

    /// Under which name it heeds the limit of a chat completion.
    pub(super) const fn limit_field(&self) -> LimitField {
        match self.manner.output_limit_field {
            OutputLimitField::MaxTokens => LimitField::MaxTokens,
            OutputLimitField::MaxCompletionTokens => LimitField::MaxCompletionTokens,
        }
    }

    /// Whether a stream has to be asked for its usage.
    pub(super) const fn is_asked_for_stream_usage(&self) -> bool {
        self.manner.is_asked_for_stream_usage
    }

    /// How its usage object differs from OpenAI's.
    pub(super) const fn usage_shape(&self) -> UsageShape {
        self.manner.usage_shape
    }

    /// Which fields it does not take as they are; none where it takes all of them.
    pub(super) const fn field_rules(&self) -> Option<&FieldRules> {
        self.manner.field_rules.as_ref()
    }

    /// What becomes of a request with a field that it does not take.
    pub(super) const fn unsupported_fields(&self) -> UnsupportedFields {
        self.manner.unsupported_fields
    }

    /// Where a request goes.
    pub(super) fn url(&self, asked: &Asked<'_>) -> Url {
        self.endpoints.url(asked)
    }

    /// How it tells the events of a stream apart.
    pub(super) const fn framing(&self, dialect: Dialect) -> Framing {
        match (self.kind, dialect) {
            (ProviderKind::Ollama, Dialect::OllamaChat) => Framing::JsonLines,
            _ => Framing::ServerSentEvents,
        }
    }

    /// Where it is.
    pub(super) fn address(&self) -> Url {
        self.base_url.clone()
    }

    /// Where it lists its models, where it does.
    pub(super) fn models_url(&self) -> Url {
        self.endpoints.models.clone()
    }

    /// Where a check of the credential asks, if not for the models.
    pub(super) fn credential_check_url(&self) -> Option<Url> {
        self.endpoints.credential_check.clone()
    }

    /// The headers of a request, but for the credential.
    pub(super) fn headers(&self, routed: &Routed, dialect: Dialect) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(7 + self.further_headers.len());
        if dialect == Dialect::AnthropicMessages {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
            if routed.call().surface.dialect() == Dialect::AnthropicMessages {
                headers.extend(routed.call().vendor_headers.clone());
            }
        }
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // By this id the provider's support and its bill find the call, also one that never ended.
        if let Ok(id) = HeaderValue::from_str(&routed.call().request_id.to_string()) {
            headers.insert(CLIENT_REQUEST_ID.clone(), id);
        }
        headers.extend(self.further_headers.clone());
        headers
    }

    /// The headers of a check that no caller has asked for, but for the credential.
    pub(super) fn check_headers(&self) -> HeaderMap {
        let mut headers = self.stranger_headers();
        headers.extend(self.further_headers.clone());
        headers
    }

    /// The headers of a check that proves nothing of itself.
    pub(super) fn stranger_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self.kind == ProviderKind::Anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        headers
    }

    pub(super) const fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// The request with the credential, ready to be sent.
    ///
    /// # Errors
    /// Where the request cannot be built, or what asking for a token failed with.
    pub(super) async fn opened(&self, request: RequestBuilder) -> Result<Request, Failure> {
        let mut request = request.build().map_err(|_| Failure::Broken)?;
        self.credential.open(&mut request).await?;
        Ok(request)
    }

    /// The text without this provider's credential, whatever a provider may echo.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.secrets
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "[secret]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(has_responses: bool) -> Handle {
        let provider = config::Provider {
            base_url: Url::parse("http://127.0.0.1:1/v1").ok(),
            has_responses: Some(has_responses),
            ..config::Provider::new(ProviderKind::Openai)
        };
        Handle::new("p", &provider, &config::Proxy::default(), &Clock::system()).unwrap()
    }

    #[test]
    fn a_model_is_asked_by_the_api_that_it_wants_whatever_the_client_speaks() {
        use Dialect::{AnthropicMessages, OpenAiChat, OpenAiEmbeddings, OpenAiResponses};
        for has_responses in [false, true] {
            let handle = handle(has_responses);
            let asked = |inbound, api| handle.dialect_for(inbound, "m", api);
            for inbound in [OpenAiChat, AnthropicMessages, OpenAiResponses] {
                assert_eq!(asked(inbound, Some(ModelApi::Responses)), Some(OpenAiResponses));
                assert_eq!(asked(inbound, Some(ModelApi::Chat)), Some(OpenAiChat));
            }
            let as_they_ask = if has_responses { OpenAiResponses } else { OpenAiChat };
            assert_eq!(asked(OpenAiResponses, None), Some(as_they_ask));
            assert_eq!(asked(AnthropicMessages, None), Some(OpenAiChat));
            for api in [None, Some(ModelApi::Responses)] {
                assert_eq!(asked(OpenAiEmbeddings, api), Some(OpenAiEmbeddings));
            }
        }
    }
}
