//! One configured provider: where it is, what it speaks, and its sealed credential.

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use reqwest::Client;
use url::Url;

use super::client;
use crate::{
    kernel::{
        Secret,
        config::{self, OutputLimitField, ProviderKind, UnsupportedFields},
        lane::PerLane,
    },
    routing::Routed,
    wire::Dialect,
};

const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";
const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";
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
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}

/// The full URL of each endpoint, joined once.
struct Endpoints {
    chat_completions: Url,
    responses: Url,
    embeddings: Url,
    messages: Url,
}

impl Endpoints {
    fn of(base_url: &Url) -> Self {
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
        }
    }
}

/// One configured provider.
pub struct Handle {
    /// Its name in the configuration.
    pub(super) name: String,
    kind: ProviderKind,
    endpoints: Endpoints,
    api_key: Option<Secret>,
    credential: Option<(HeaderName, HeaderValue)>,
    has_responses: bool,
    output_limit_field: OutputLimitField,
    unsupported_fields: UnsupportedFields,
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
    ) -> Result<Self, ProviderError> {
        let default_url = match provider.kind {
            ProviderKind::Openai | ProviderKind::Demo => OPENAI_BASE_URL,
            ProviderKind::Anthropic => ANTHROPIC_BASE_URL,
        };
        let bad_url = || ProviderError::BaseUrl(name.to_owned());
        let base_url = match &provider.base_url {
            Some(url) => url.clone(),
            None => Url::parse(default_url).map_err(|_| bad_url())?,
        };
        if base_url.cannot_be_a_base() {
            return Err(bad_url());
        }
        let is_openai_itself = base_url.host_str() == Some("api.openai.com");
        let default_field = if is_openai_itself {
            OutputLimitField::MaxCompletionTokens
        } else {
            OutputLimitField::MaxTokens
        };
        Ok(Self {
            name: name.to_owned(),
            kind: provider.kind,
            endpoints: Endpoints::of(&base_url),
            credential: credential(name, provider)?,
            api_key: provider.api_key.clone(),
            has_responses: provider.has_responses.unwrap_or(is_openai_itself),
            output_limit_field: provider.output_limit_field.unwrap_or(default_field),
            unsupported_fields: provider.unsupported_fields,
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

    /// In which dialect this provider is asked what came in in `inbound`; none where it has no
    /// such surface.
    pub(super) fn dialect_for(&self, inbound: Dialect) -> Option<Dialect> {
        match (self.kind, inbound) {
            (ProviderKind::Anthropic, Dialect::OpenAiEmbeddings) => None,
            (ProviderKind::Anthropic, _) => Some(Dialect::AnthropicMessages),
            (ProviderKind::Openai, Dialect::OpenAiResponses) if self.has_responses => {
                Some(Dialect::OpenAiResponses)
            }
            (_, Dialect::OpenAiEmbeddings) => Some(Dialect::OpenAiEmbeddings),
            (_, _) => Some(Dialect::OpenAiChat),
        }
    }

    pub(super) fn output_limit_field(&self) -> OutputLimitField {
        self.output_limit_field
    }

    pub(super) fn unsupported_fields(&self) -> UnsupportedFields {
        self.unsupported_fields
    }

    /// The endpoint of a dialect.
    pub(super) fn url(&self, dialect: Dialect) -> Url {
        match dialect {
            Dialect::OpenAiChat => self.endpoints.chat_completions.clone(),
            Dialect::OpenAiResponses => self.endpoints.responses.clone(),
            Dialect::OpenAiEmbeddings => self.endpoints.embeddings.clone(),
            Dialect::AnthropicMessages => self.endpoints.messages.clone(),
        }
    }

    /// The headers of a request, the credential among them; it opens only against a routed call.
    pub(super) fn headers(&self, routed: &Routed, dialect: Dialect) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(7);
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
        if let Some((name, value)) = &self.credential {
            headers.insert(name.clone(), value.clone());
        }
        headers
    }

    /// The text without this provider's credential, whatever a provider may echo.
    pub(super) fn scrub(&self, text: &str) -> String {
        match &self.api_key {
            Some(key) if !key.expose().is_empty() => text.replace(key.expose(), "[secret]"),
            _ => text.to_owned(),
        }
    }
}

fn credential(
    name: &str,
    provider: &config::Provider,
) -> Result<Option<(HeaderName, HeaderValue)>, ProviderError> {
    let Some(key) = &provider.api_key else { return Ok(None) };
    let (header, text) = match provider.kind {
        ProviderKind::Anthropic => (HeaderName::from_static("x-api-key"), key.expose().to_owned()),
        ProviderKind::Openai | ProviderKind::Demo => {
            (AUTHORIZATION, format!("Bearer {}", key.expose()))
        }
    };
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| ProviderError::Key(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(Some((header, value)))
}
