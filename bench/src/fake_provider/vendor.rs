//! Whose wire format a request speaks, and how that vendor says no.
//!
//! Texts, types and codes are the vendors' own, because the official SDKs choose the class of
//! their exceptions by status and show the rest to people.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{
    anthropic, azure,
    directives::DirectiveError,
    gemini::{self, Violation, service::Service},
    identity::{self, Refusal},
    openai, vertex,
};

/// Whose API a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    OpenAi,
    Anthropic,
    /// AI Studio's.
    Gemini,
    /// Gemini on Vertex AI.
    Vertex,
    VertexAnthropic,
    VertexOpenAi,
    Azure,
    /// Google's token endpoint.
    GoogleIdentity,
    /// The metadata server of machines in Google Cloud.
    GoogleMetadata,
    /// Entra's token endpoint.
    Entra,
    /// The metadata server of machines in Azure.
    AzureMetadata,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("there is no credential")]
    MissingCredential,
    #[error("the credential is wrong: {masked}")]
    WrongCredential { masked: String },
    #[error("there is no `anthropic-version` header")]
    MissingVersion,
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("a required field is missing: {0}")]
    MissingField(&'static str),
    #[error("{0}")]
    Directive(#[from] DirectiveError),
    /// In the vendor's own words.
    #[error("{0}")]
    Invalid(String),
    #[error("there is no model {0}")]
    UnknownModel(String),
    #[error("there is no endpoint {0}")]
    UnknownPath(String),
    #[error("this endpoint does not take {0}")]
    WrongMethod(String),
    /// Groq's refusal.
    #[error("the property {0} is unsupported")]
    UnsupportedProperty(String),
    /// Mistral's refusal.
    #[error("the field {field} is not permitted")]
    ExtraInput { field: String, input: Value },
    /// A message of Google's has fields that there are not, or values of another type.
    #[error("{} fields are not valid", .0.len())]
    FieldViolations(Vec<Violation>),
    #[error("the access token has expired")]
    ExpiredCredential,
    /// Azure's filter does not let the prompt through.
    #[error("the prompt is filtered")]
    Filtered,
    #[error("{0}")]
    Identity(#[from] Refusal),
    /// The model's name asks for this status.
    #[error("the model's name asks for status {status}")]
    Wanted { status: StatusCode, model: String },
}

impl Vendor {
    /// Whose request this is, by its path, or else by the header that Anthropic insists on.
    pub(super) fn of(path: &str, headers: &HeaderMap) -> Self {
        if let Some(vendor) = Self::of_cloud(path) {
            vendor
        } else if gemini::route::is_asked(path, headers) {
            Self::Gemini
        } else if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }

    fn of_cloud(path: &str) -> Option<Self> {
        if path == "/token" {
            Some(Self::GoogleIdentity)
        } else if path.starts_with(vertex::metadata_server::ROOT) {
            Some(Self::GoogleMetadata)
        } else if path.ends_with("/oauth2/v2.0/token") {
            Some(Self::Entra)
        } else if path == "/metadata/identity/oauth2/token" {
            Some(Self::AzureMetadata)
        } else if path.starts_with("/openai/") {
            Some(Self::Azure)
        } else {
            vertex::route::vendor_of(path)
        }
    }

    /// The name of the header that carries the request's id.
    pub(super) fn request_id_header(self) -> Option<&'static str> {
        match self {
            Self::OpenAi | Self::Azure => Some("x-request-id"),
            Self::Anthropic | Self::VertexAnthropic => Some("request-id"),
            Self::Entra => Some("x-ms-request-id"),
            _ => None,
        }
    }

    /// A header that is the same in all answers.
    pub(super) fn own_header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::OpenAi => Some(("openai-version", "2020-10-01")),
            Self::Azure => Some(("x-ms-region", "Fake Central")),
            Self::GoogleMetadata => Some(("metadata-flavor", "Google")),
            _ => None,
        }
    }

    /// The type of a whole answer's body.
    pub(super) fn json_type(self) -> &'static str {
        match self {
            Self::Gemini | Self::Vertex | Self::GoogleIdentity => "application/json; charset=UTF-8",
            _ => "application/json",
        }
    }

    /// The type of a stream.
    pub(super) fn stream_type(self) -> &'static str {
        match self {
            Self::Gemini | Self::Vertex => "text/event-stream",
            _ => "text/event-stream; charset=utf-8",
        }
    }

    /// The type of a refusal.
    pub(super) fn refusal_type(self) -> &'static str {
        if self == Self::GoogleMetadata { "text/html" } else { self.json_type() }
    }

    /// Whether it is one of those on Vertex AI.
    pub(super) fn is_on_vertex(self) -> bool {
        matches!(self, Self::Vertex | Self::VertexAnthropic | Self::VertexOpenAi)
    }

    /// Whether a refusal says in its body when to try again, and in no header.
    pub(super) fn tells_retry_in_body(self) -> bool {
        self == Self::Gemini || self.is_on_vertex()
    }

    /// The status of a refusal.
    pub(super) fn status(self, fault: &Fault) -> StatusCode {
        match self {
            Self::Gemini => gemini::errors::status(Service::AiStudio, fault),
            Self::Azure if matches!(fault, Fault::WrongMethod(_)) => StatusCode::NOT_FOUND,
            _ => fault.status(),
        }
    }

    /// The body of a refusal.
    pub(super) fn refusal(
        self,
        fault: &Fault,
        request_id: &str,
        retry_after_seconds: Option<u64>,
    ) -> String {
        let of_google = |service| gemini::errors::body(service, fault, retry_after_seconds);
        let body = match (self, fault) {
            (Self::Gemini, _) => of_google(Service::AiStudio),
            (Self::Vertex, _) => of_google(Service::Vertex),
            (Self::VertexOpenAi, _) => json!([of_google(Service::Vertex)]),
            (Self::VertexAnthropic, fault) if !vertex::raw_predict::is_anthropics_own(fault) => {
                of_google(Service::Vertex)
            }
            (Self::Azure, _) => azure::errors::body(fault, retry_after_seconds),
            (Self::GoogleMetadata, _) => return fault.to_string(),
            (Self::GoogleIdentity | Self::AzureMetadata, _) => identity::refusal(fault),
            (Self::Entra, _) => azure::token_endpoint::refusal(fault, request_id),
            (Self::OpenAi, Fault::ExtraInput { field, input }) => {
                openai::errors::extra_forbidden(field, input)
            }
            (Self::OpenAi, _) => json!({ "error": openai::errors::error(fault) }),
            (Self::Anthropic | Self::VertexAnthropic, _) => {
                json!({ "type": "error", "error": anthropic::errors::error(fault), "request_id": request_id })
            }
        };
        body.to_string()
    }

    /// An event that is not JSON.
    pub(super) fn garbage_event(self) -> &'static str {
        match self {
            Self::Gemini | Self::Vertex => "data: {\"candidates\":[oops\r\n\r\n",
            Self::Anthropic | Self::VertexAnthropic => {
                "event: content_block_delta\ndata: {\"type\":oops\n\n"
            }
            _ => "data: {\"id\":\"fake\",\"choices\":[oops\n\n",
        }
    }

    /// The event by which a stream reports that it failed.
    pub(super) fn error_event(self, request_id: &str) -> String {
        match self {
            // Google breaks off with what it would have refused with, in lines that are no event.
            Self::Gemini | Self::Vertex => {
                format!("{:#}\n", gemini::errors::overload(self.google()))
            }
            Self::Anthropic | Self::VertexAnthropic => {
                let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
                let event = json!({ "type": "error", "error": error, "request_id": request_id });
                format!("event: error\ndata: {event}\n\n")
            }
            _ => {
                let failure = self.refusal(&server_error(), request_id, None);
                format!("data: {failure}\n\n")
            }
        }
    }

    /// The element by which a stream that is one array reports that it failed, and ends.
    pub(super) fn error_element(self) -> String {
        format!(",\r\n{}\n]", gemini::errors::overload(self.google()))
    }

    /// Which of Google's services it is.
    fn google(self) -> Service {
        if self == Self::Gemini { Service::AiStudio } else { Service::Vertex }
    }
}

fn server_error() -> Fault {
    Fault::Wanted { status: StatusCode::INTERNAL_SERVER_ERROR, model: String::new() }
}

impl Fault {
    /// The status of the refusal.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::MissingCredential | Self::WrongCredential { .. } | Self::ExpiredCredential => {
                StatusCode::UNAUTHORIZED
            }
            Self::MissingVersion
            | Self::NotJson(_)
            | Self::MissingField(_)
            | Self::Directive(_)
            | Self::Invalid(_)
            | Self::FieldViolations(_)
            | Self::Filtered
            | Self::UnsupportedProperty(_) => StatusCode::BAD_REQUEST,
            Self::ExtraInput { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnknownModel(_) | Self::UnknownPath(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Identity(refusal) => refusal.status,
            Self::Wanted { status, .. } => *status,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn openai_refusals_carry_message_type_param_and_code() {
        let fault = Fault::WrongCredential { masked: "sk-****1234".to_owned() };
        let body = parsed(&Vendor::OpenAi.refusal(&fault, "req_1", None));
        assert_eq!(body["error"]["code"], "invalid_api_key");
        assert_eq!(body["error"]["type"], "invalid_request_error");
        assert!(body["error"]["message"].as_str().unwrap().contains("sk-****1234"));
        assert_eq!(body["error"]["param"], Value::Null);
    }

    #[test]
    fn anthropic_refusals_carry_the_type_of_their_status() {
        let wanted = |status| Fault::Wanted {
            status: StatusCode::from_u16(status).unwrap(),
            model: "m".into(),
        };
        for (status, kind) in [
            (400, "invalid_request_error"),
            (401, "authentication_error"),
            (404, "not_found_error"),
            (429, "rate_limit_error"),
            (500, "api_error"),
            (529, "overloaded_error"),
        ] {
            let body = parsed(&Vendor::Anthropic.refusal(&wanted(status), "req_1", None));
            assert_eq!(body["type"], "error");
            assert_eq!(body["error"]["type"], kind, "{status}");
            assert_eq!(body["request_id"], "req_1");
        }
    }

    #[test]
    fn a_stream_reports_an_error_as_its_vendor_does() {
        let event = Vendor::OpenAi.error_event("req_1");
        assert!(event.starts_with("data: {\"error\":{") && event.ends_with("\n\n"), "{event}");
        let event = Vendor::Anthropic.error_event("req_1");
        assert!(event.starts_with("event: error\ndata: {\"type\":\"error\""), "{event}");
    }
}
