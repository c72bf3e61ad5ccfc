//! Whose wire format a request speaks, and how that vendor says no.
//!
//! Texts, types and codes are the vendors' own, because the official SDKs choose the class of
//! their exceptions by status and show the rest to people.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{
    anthropic, azure, bedrock, cohere, copilot,
    fault::Fault,
    gemini::{self, service::Service},
    identity, ollama, openai, replicate, sagemaker, vertex, workers_ai,
};

/// Whose API a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    OpenAi,
    /// Its Responses API, whose streams fail in a way of their own.
    OpenAiResponses,
    Anthropic,
    /// AI Studio's.
    Gemini,
    /// Gemini on Vertex AI.
    Vertex,
    VertexAnthropic,
    VertexOpenAi,
    Azure,
    /// Anthropic's models at Azure.
    AzureAnthropic,
    Bedrock,
    SageMaker,
    Cohere,
    Ollama,
    WorkersAi,
    Replicate,
    Copilot,
    /// GitHub, where Copilot's tokens are handed out.
    GitHub,
    /// Google's token endpoint.
    GoogleIdentity,
    /// The metadata server of machines in Google Cloud.
    GoogleMetadata,
    /// Entra's token endpoint.
    Entra,
    /// The metadata server of machines in Azure.
    AzureMetadata,
}

impl Vendor {
    /// Whose request this is, by its path, or else by the header that Anthropic insists on.
    pub(super) fn of(path: &str, headers: &HeaderMap) -> Self {
        if let Some(vendor) = Self::of_path(path) {
            vendor
        } else if gemini::route::is_asked(path, headers) {
            Self::Gemini
        } else if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }

    fn of_path(path: &str) -> Option<Self> {
        if path == "/v1/responses" {
            Some(Self::OpenAiResponses)
        } else if path == "/token" {
            Some(Self::GoogleIdentity)
        } else if path.starts_with(vertex::metadata_server::ROOT) {
            Some(Self::GoogleMetadata)
        } else if path.ends_with("/oauth2/v2.0/token") {
            Some(Self::Entra)
        } else if path == "/metadata/identity/oauth2/token" {
            Some(Self::AzureMetadata)
        } else if path.starts_with("/openai/") {
            Some(Self::Azure)
        } else if path.starts_with("/anthropic/") {
            Some(Self::AzureAnthropic)
        } else if path == copilot::TOKEN_PATH {
            Some(Self::GitHub)
        } else if path.starts_with(copilot::ROOT) {
            Some(Self::Copilot)
        } else if sagemaker::is_asked(path) {
            Some(Self::SageMaker)
        } else if replicate::route::is_asked(path) {
            Some(Self::Replicate)
        } else if bedrock::route::is_asked(path) {
            Some(Self::Bedrock)
        } else if cohere::route::is_asked(path) {
            Some(Self::Cohere)
        } else if ollama::route::is_asked(path) {
            Some(Self::Ollama)
        } else if workers_ai::route::is_asked(path) {
            Some(Self::WorkersAi)
        } else {
            vertex::route::vendor_of(path)
        }
    }

    /// The name of the header that carries the request's id.
    pub(super) fn request_id_header(self) -> Option<&'static str> {
        match self {
            Self::OpenAi | Self::OpenAiResponses | Self::Azure => Some("x-request-id"),
            Self::Anthropic | Self::VertexAnthropic | Self::AzureAnthropic => Some("request-id"),
            Self::Bedrock | Self::SageMaker => Some("x-amzn-requestid"),
            Self::Copilot => Some("x-github-request-id"),
            Self::Cohere => Some("x-debug-trace-id"),
            Self::WorkersAi => Some("cf-ray"),
            Self::Entra => Some("x-ms-request-id"),
            _ => None,
        }
    }

    /// A header that is the same in all answers.
    pub(super) fn own_header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::OpenAi | Self::OpenAiResponses => Some(("openai-version", "2020-10-01")),
            Self::Azure => Some(("x-ms-region", "Fake Central")),
            Self::GoogleMetadata => Some(("metadata-flavor", "Google")),
            _ => None,
        }
    }

    /// The type of a whole answer's body.
    pub(super) fn json_type(self) -> &'static str {
        match self {
            Self::Gemini | Self::Vertex | Self::GoogleIdentity => "application/json; charset=UTF-8",
            Self::Ollama => "application/json; charset=utf-8",
            _ => "application/json",
        }
    }

    /// The type of a stream.
    pub(super) fn stream_type(self) -> &'static str {
        match self {
            Self::Bedrock | Self::SageMaker => "application/vnd.amazon.eventstream",
            Self::Ollama => "application/x-ndjson",
            Self::Gemini | Self::Vertex | Self::Cohere | Self::WorkersAi | Self::Replicate => {
                "text/event-stream"
            }
            _ => "text/event-stream; charset=utf-8",
        }
    }

    /// The type of a refusal.
    pub(super) fn refusal_type(self) -> &'static str {
        if self == Self::GoogleMetadata { "text/html" } else { self.json_type() }
    }

    /// What of a refusal stands in a header.
    pub(super) fn refusal_header(self, fault: &Fault) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Bedrock => Some(("x-amzn-errortype", bedrock::errors::name_of(fault))),
            Self::SageMaker => Some(("x-amzn-errortype", sagemaker::name_of(fault))),
            _ => None,
        }
    }

    /// Whether a refusal says in its body when to try again, and in no header.
    pub(super) fn tells_retry_in_body(self) -> bool {
        matches!(self, Self::Gemini | Self::Vertex | Self::VertexAnthropic | Self::VertexOpenAi)
    }

    /// The status of a refusal.
    pub(super) fn status(self, fault: &Fault) -> StatusCode {
        match self {
            Self::Gemini => gemini::errors::status(Service::AiStudio, fault),
            Self::SageMaker => sagemaker::status(fault),
            Self::Replicate => replicate::errors::status(fault),
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
        let of_google = || gemini::errors::body(self.google(), fault, retry_after_seconds);
        let body = match self {
            Self::OpenAi | Self::OpenAiResponses => openai::errors::body(fault),
            Self::VertexAnthropic if !vertex::raw_predict::is_anthropics_own(fault) => of_google(),
            Self::Anthropic | Self::VertexAnthropic | Self::AzureAnthropic => {
                anthropic::errors::body(fault, request_id)
            }
            Self::Gemini | Self::Vertex => of_google(),
            Self::VertexOpenAi => json!([of_google()]),
            Self::Azure => azure::errors::body(fault, retry_after_seconds),
            Self::Bedrock => bedrock::errors::body(fault),
            Self::SageMaker => sagemaker::body(fault),
            Self::Replicate => replicate::errors::body(fault),
            Self::Copilot => copilot::refusal(fault),
            Self::GitHub => copilot::github_refusal(fault),
            Self::Cohere => cohere::errors::body(fault, request_id),
            Self::Ollama => ollama::errors::body(fault),
            Self::WorkersAi => workers_ai::errors::body(fault),
            Self::GoogleIdentity | Self::AzureMetadata => identity::refusal(fault),
            Self::GoogleMetadata => return fault.to_string(),
            Self::Entra => azure::token_endpoint::refusal(fault, request_id),
        };
        body.to_string()
    }

    /// An event that is not JSON.
    pub(super) fn garbage_event(self) -> Bytes {
        let event = match self {
            Self::Anthropic | Self::VertexAnthropic | Self::AzureAnthropic => {
                "event: content_block_delta\ndata: {\"type\":oops\n\n"
            }
            Self::Gemini | Self::Vertex => "data: {\"candidates\":[oops\r\n\r\n",
            Self::Bedrock => return bedrock::frames::event("contentBlockDelta", "{\"delta\":oops"),
            Self::SageMaker => return sagemaker::part(b"data: {\"id\":oops\n\n"),
            Self::Cohere => "event: content-delta\ndata: {\"type\":oops\n\n",
            Self::Ollama => "{\"model\":oops\n",
            Self::WorkersAi => "data: {\"response\":oops\n\n",
            _ => "data: {\"id\":\"fake\",\"choices\":[oops\n\n",
        };
        Bytes::from_static(event.as_bytes())
    }

    /// The event by which a stream reports that it failed.
    pub(super) fn error_event(self, request_id: &str) -> Bytes {
        let refusal = || self.refusal(&Fault::of_server(), request_id, None);
        let event = match self {
            Self::Anthropic | Self::VertexAnthropic | Self::AzureAnthropic => {
                anthropic::errors::event(request_id)
            }
            // Google breaks off with what it would have refused with, in lines that are no event.
            Self::Gemini | Self::Vertex => {
                format!("{:#}\n", gemini::errors::overload(self.google()))
            }
            Self::Bedrock => return bedrock::errors::event(),
            Self::SageMaker => return sagemaker::failure_event(),
            Self::Replicate => replicate::errors::event(),
            Self::Cohere => cohere::errors::event(),
            Self::OpenAiResponses => openai::errors::responses_event(),
            Self::Ollama => format!("{}\n", refusal()),
            _ => format!("data: {}\n\n", refusal()),
        };
        Bytes::from(event)
    }

    /// The element by which a stream that is one array reports that it failed, and ends.
    pub(super) fn error_element(self) -> Bytes {
        Bytes::from(format!(",\r\n{}\n]", gemini::errors::overload(self.google())))
    }

    /// Which of Google's services it is.
    fn google(self) -> Service {
        if self == Self::Gemini { Service::AiStudio } else { Service::Vertex }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_path_says_whose_it_is() {
        for (path, vendor) in [
            ("/v1/chat/completions", Vendor::OpenAi),
            ("/v1/responses", Vendor::OpenAiResponses),
            ("/v1/messages", Vendor::Anthropic),
            ("/v1beta/models/fake:generateContent", Vendor::Gemini),
            ("/v1/projects/p/locations/l/publishers/google/models/fake:predict", Vendor::Vertex),
            ("/openai/v1/embeddings", Vendor::Azure),
            ("/model/fake/converse", Vendor::Bedrock),
            ("/endpoints/fake/invocations", Vendor::SageMaker),
            ("/anthropic/v1/messages", Vendor::AzureAnthropic),
            ("/copilot/chat/completions", Vendor::Copilot),
            ("/copilot_internal/v2/token", Vendor::GitHub),
            ("/v1/models/meta/fake/predictions", Vendor::Replicate),
            ("/v2/chat", Vendor::Cohere),
            ("/cohere/v1/models", Vendor::Cohere),
            ("/api/chat", Vendor::Ollama),
            ("/client/v4/accounts/a/ai/run/@cf/fake", Vendor::WorkersAi),
            ("/token", Vendor::GoogleIdentity),
            ("/tenant/oauth2/v2.0/token", Vendor::Entra),
        ] {
            assert_eq!(Vendor::of(path, &HeaderMap::new()), vendor, "{path}");
        }
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
        let event =
            |vendor: Vendor| String::from_utf8(vendor.error_event("req_1").to_vec()).unwrap();
        let openai = event(Vendor::OpenAi);
        assert!(openai.starts_with("data: {\"error\":{") && openai.ends_with("\n\n"), "{openai}");
        let anthropic = event(Vendor::Anthropic);
        assert!(anthropic.starts_with("event: error\ndata: {\"type\":\"error\""), "{anthropic}");
    }
}
