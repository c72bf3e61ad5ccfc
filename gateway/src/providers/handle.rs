//! One configured provider: where it is, what it speaks, and its sealed credential.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Request, RequestBuilder};
use url::Url;

use super::{
    Failure, azure, bedrock, client, copilot,
    credential::{Credential, credential, further_headers, secrets},
    endpoints::{Endpoints, base_url},
    hosting::Hosting,
    manner::Manner,
    sagemaker, vertex,
};
use crate::{
    kernel::{
        Clock, Secret,
        config::{self, ModelApi, OutputLimitField, ProviderKind, UnsupportedFields, UsageShape},
        digest::Sha256,
        lane::PerLane,
    },
    routing::Routed,
    wire::{self, Dialect, FieldRules, Framing, LimitField, RelayedApi, WireError},
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
    /// No token can be asked for.
    #[error("{key}: {detail}")]
    Credential {
        /// The key at fault as a path.
        key: String,
        /// What is wrong and what to do, without secrets.
        detail: String,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}

/// Whether a provider can be set up as its entry says. Nobody is asked anything.
///
/// # Errors
/// [`ProviderError`], naming the key at fault.
pub fn try_out(
    name: &str,
    provider: &config::Provider,
    settings: &config::Proxy,
    clock: &Clock,
) -> Result<(), ProviderError> {
    Handle::new(name, provider, settings, clock).map(drop)
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
    hosting: Option<Hosting>,
    further_headers: HeaderMap,
    manner: Manner,
    /// Each lane has its own idle connections: one made on another thread is served by that one.
    clients: PerLane<Client>,
    settings: config::Proxy,
    edition: Option<Sha256>,
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
            endpoints: Endpoints::of(provider, &base_url),
            credential: credential(name, provider, settings, clock)?,
            hosting: Hosting::of(provider),
            further_headers: further_headers(name, provider)?,
            secrets: secrets(provider),
            manner: Manner::of(provider, &base_url),
            base_url,
            clients: PerLane::new(client::build(settings).map_err(ProviderError::Client)?),
            settings: settings.clone(),
            edition: provider.edition,
        })
    }

    /// Whether it was made of this very entry of the configuration.
    pub(super) fn is_of(&self, provider: &config::Provider) -> bool {
        self.edition == provider.edition
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
        model: &str,
        api: Option<ModelApi>,
    ) -> Option<Dialect> {
        let is_openai_like = self.kind.has_openais_apis();
        let is_conversation = !matches!(inbound, Dialect::OpenAiEmbeddings | Dialect::Relayed(_));
        if is_openai_like && is_conversation && api == Some(ModelApi::Responses) {
            return Some(Dialect::OpenAiResponses);
        }
        let is_azure = self.kind == ProviderKind::Azure;
        if is_azure && is_conversation && azure::speaks_messages(model, api) {
            return Some(Dialect::AnthropicMessages);
        }
        let takes_responses = self.manner.has_responses && api.is_none();
        let dialect = match (self.kind, inbound) {
            (ProviderKind::Vertex, _) => return vertex::dialect_for(inbound, model),
            // Sessions are below `/openai/v1`, where Azure's API is OpenAI's own.
            (ProviderKind::Azure, Dialect::Relayed(RelayedApi::Realtime))
                if self.endpoints.is_dated() =>
            {
                return None;
            }
            (ProviderKind::Bedrock, _) => return bedrock::dialect_for(inbound, model),
            (ProviderKind::SageMaker, Dialect::OpenAiCompletions)
                if self.manner.has_completions =>
            {
                return Some(inbound);
            }
            (ProviderKind::SageMaker, _) => return sagemaker::dialect_for(inbound),
            (ProviderKind::Cohere, Dialect::Relayed(RelayedApi::Rerank))
            | (ProviderKind::Demo, Dialect::OpenAiEmbeddings) => return Some(inbound),
            (ProviderKind::Gemini, Dialect::OpenAiEmbeddings) => Dialect::GeminiEmbeddings,
            (ProviderKind::Cohere, Dialect::OpenAiEmbeddings) => Dialect::CohereEmbed,
            (ProviderKind::Ollama, Dialect::OpenAiEmbeddings) => Dialect::OllamaEmbed,
            (ProviderKind::WorkersAi, Dialect::OpenAiEmbeddings) => Dialect::WorkersAiEmbeddings,
            (ProviderKind::Replicate, Dialect::Relayed(RelayedApi::ImageGenerations)) => {
                Dialect::ReplicatePictures
            }
            (_, Dialect::Relayed(_) | Dialect::OpenAiEmbeddings) => {
                is_openai_like.then_some(inbound)?
            }
            (_, Dialect::OpenAiCompletions) if self.manner.has_completions => inbound,
            (ProviderKind::Anthropic, _) => Dialect::AnthropicMessages,
            (ProviderKind::Gemini, _) => Dialect::Gemini,
            (ProviderKind::Cohere, _) => Dialect::CohereChat,
            (ProviderKind::Ollama, _) => Dialect::OllamaChat,
            (ProviderKind::WorkersAi, _) => Dialect::WorkersAi,
            (ProviderKind::Replicate, _) => Dialect::Replicate,
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

    /// What a body calls the model; most call it as it is addressed.
    pub(super) fn model_in_body<'a>(&self, model: &'a str) -> &'a str {
        match self.kind {
            ProviderKind::SageMaker => sagemaker::model_in_container(model),
            _ => model,
        }
    }

    /// A body that is passed on, where the provider wants it otherwise than it comes.
    ///
    /// # Errors
    /// [`WireError::Invalid`] where it is no JSON object.
    pub(super) fn relayed_body(
        &self,
        dialect: Dialect,
        body: &[u8],
    ) -> Result<Option<Bytes>, WireError> {
        match (self.kind, dialect) {
            (ProviderKind::Bedrock, Dialect::Relayed(RelayedApi::Rerank)) => {
                wire::rerank_on_bedrock(body).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The headers that a body needs.
    pub(super) fn headers_of(&self, body: &[u8]) -> HeaderMap {
        match self.kind {
            ProviderKind::GitHubCopilot => copilot::headers_of(body),
            _ => HeaderMap::new(),
        }
    }

    /// How Anthropic's messages are written for it, where that is not Anthropic's own way.
    pub(super) fn hosting(&self, dialect: Dialect) -> Option<&Hosting> {
        self.hosting.as_ref().filter(|_| dialect == Dialect::AnthropicMessages)
    }

    /// How it tells the events of a stream apart.
    pub(super) const fn framing(&self, dialect: Dialect) -> Framing {
        match (self.kind, dialect) {
            (ProviderKind::Ollama, Dialect::OllamaChat) => Framing::JsonLines,
            (ProviderKind::Bedrock | ProviderKind::SageMaker, _) => Framing::EventStream,
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
            if let Some(hosting) = &self.hosting {
                hosting.headers(&mut headers);
            }
        }
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // By this id the provider's support and its bill find the call, also one that never ended.
        if let Ok(id) = HeaderValue::from_str(&routed.call().request_id.to_string()) {
            headers.insert(CLIENT_REQUEST_ID.clone(), id);
        }
        headers.extend(self.own_headers());
        headers.extend(self.further_headers.clone());
        headers
    }

    /// Below which address files and batches are.
    pub(super) fn object_base(&self) -> Url {
        self.endpoints.base().clone()
    }

    pub(super) const fn kind(&self) -> ProviderKind {
        self.kind
    }

    pub(super) const fn manner(&self) -> &Manner {
        &self.manner
    }

    /// How long it may pause in the middle of an answer.
    pub(super) fn pause_limit(&self) -> Duration {
        Duration::from_millis(self.settings.idle_timeout_ms)
    }

    /// The headers of an errand, but for the credential; `vendor` are the vendor's of the request.
    pub(super) fn errand_headers(&self, vendor: &HeaderMap) -> HeaderMap {
        let mut headers = self.stranger_headers();
        if self.kind == ProviderKind::Anthropic {
            headers.extend(vendor.clone());
            if let Some(hosting) = &self.hosting {
                hosting.headers(&mut headers);
            }
        }
        headers.extend(self.further_headers.clone());
        headers
    }

    /// The headers that the vendor wants with every request.
    fn own_headers(&self) -> HeaderMap {
        match self.kind {
            ProviderKind::GitHubCopilot => copilot::headers(),
            _ => HeaderMap::new(),
        }
    }

    /// The headers of a call that no caller has asked for, but for the credential.
    pub(super) fn check_headers(&self, dialect: Dialect) -> HeaderMap {
        let mut headers = self.list_headers();
        if dialect == Dialect::AnthropicMessages {
            headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
            if let Some(hosting) = &self.hosting {
                hosting.headers(&mut headers);
            }
        }
        headers
    }

    /// The headers of a question for the models, but for the credential.
    pub(super) fn list_headers(&self) -> HeaderMap {
        let mut headers = self.stranger_headers();
        headers.extend(self.further_headers.clone());
        headers
    }

    /// The headers of a check that proves nothing of itself.
    pub(super) fn stranger_headers(&self) -> HeaderMap {
        let mut headers = self.own_headers();
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

    /// Whether a request that was refused may be sent once more with another token.
    pub(super) const fn may_renew(&self) -> bool {
        self.credential.is_renewable()
    }

    /// Does not show again what a refused request has shown.
    pub(super) fn forget(&self, shown: Option<&HeaderValue>) {
        self.credential.forget(shown);
    }

    /// The text without this provider's credential, whatever a provider may echo.
    pub(super) fn scrub(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| !secret.expose().is_empty());
        let text =
            secrets.fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "[secret]"));
        self.credential.scrub(text)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn bedrock() -> Handle {
        let provider = config::Provider {
            base_url: Url::parse("http://127.0.0.1:9").ok(),
            api_key: Some(Secret::new("bedrock-key")),
            ..config::Provider::new(ProviderKind::Bedrock)
        };
        Handle::new("b", &provider, &config::Proxy::default(), &Clock::system()).unwrap()
    }

    #[rstest]
    #[case(
        Dialect::AnthropicMessages,
        "eu.anthropic.claude-x-v1:0",
        Some(Dialect::AnthropicMessages)
    )]
    #[case(Dialect::AnthropicMessages, "amazon.nova-pro-v1:0", Some(Dialect::BedrockConverse))]
    #[case(Dialect::OpenAiChat, "anthropic.claude-x-v1:0", Some(Dialect::BedrockConverse))]
    #[case(Dialect::OpenAiResponses, "anthropic.claude-x-v1:0", Some(Dialect::BedrockConverse))]
    #[case(
        Dialect::OpenAiEmbeddings,
        "amazon.titan-embed-text-v2:0",
        Some(Dialect::BedrockEmbeddings)
    )]
    fn a_model_of_anthropics_at_amazon_is_asked_in_its_own_dialect_where_the_caller_speaks_it(
        #[case] inbound: Dialect,
        #[case] model: &str,
        #[case] expected: Option<Dialect>,
    ) {
        let handle = bedrock();
        assert_eq!(handle.dialect_for(inbound, model, None), expected);
        assert!(expected.is_none_or(|dialect| handle.framing(dialect) == Framing::EventStream));
    }

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
