//! Whose wire format a request speaks, and how that vendor says no.
//!
//! Texts, types and codes are the vendors' own, because the official SDKs choose the class of
//! their exceptions by status and show the rest to people.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{
    bedrock, cohere,
    directives::{DirectiveError, Directives},
    ollama,
    openai::{likeness::Likeness, mistral},
    workers_ai,
};

/// Whose API a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vendor {
    OpenAi,
    Anthropic,
    Bedrock,
    Cohere,
    Ollama,
    WorkersAi,
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
    /// A refusal that its vendor gives a name of its own.
    #[error("{name}: {message}")]
    Named { status: StatusCode, name: &'static str, message: String },
    /// The model's name asks for this status.
    #[error("the model's name asks for status {status}")]
    Wanted { status: StatusCode, model: String },
}

impl Vendor {
    /// Whose request this is, by its path, or else by the header that Anthropic insists on.
    pub(super) fn of(path: &str, headers: &HeaderMap) -> Self {
        if bedrock::speaks_at(path) {
            Self::Bedrock
        } else if cohere::speaks_at(path) {
            Self::Cohere
        } else if ollama::speaks_at(path) {
            Self::Ollama
        } else if workers_ai::speaks_at(path) {
            Self::WorkersAi
        } else if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }

    /// The name of the header that carries the request's id.
    pub(super) fn request_id_header(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("x-request-id"),
            Self::Anthropic => Some("request-id"),
            Self::Bedrock => Some("x-amzn-requestid"),
            Self::Cohere => Some("x-debug-trace-id"),
            Self::WorkersAi => Some("cf-ray"),
            Self::Ollama => None,
        }
    }

    /// The type of a whole answer's body.
    pub(super) fn json_type(self) -> &'static str {
        match self {
            Self::Ollama => "application/json; charset=utf-8",
            _ => "application/json",
        }
    }

    /// The type of a stream.
    pub(super) fn stream_type(self) -> &'static str {
        match self {
            Self::Bedrock => "application/vnd.amazon.eventstream",
            Self::Ollama => "application/x-ndjson",
            Self::Cohere | Self::WorkersAi => "text/event-stream",
            Self::OpenAi | Self::Anthropic => "text/event-stream; charset=utf-8",
        }
    }

    /// What of a refusal stands in a header.
    pub(super) fn refusal_header(self, fault: &Fault) -> Option<(&'static str, &'static str)> {
        (self == Self::Bedrock).then(|| ("x-amzn-errortype", bedrock::refusal::name_of(fault)))
    }

    /// The body of a refusal.
    pub(super) fn refusal(self, fault: &Fault, request_id: &str) -> String {
        let body = match (self, fault) {
            (Self::OpenAi, Fault::ExtraInput { field, input }) => extra_forbidden(field, input),
            (Self::OpenAi, Fault::Wanted { status, model }) if is_mistrals(model) => {
                mistral::error(*status, model)
            }
            (Self::OpenAi, _) => json!({ "error": openai_error(fault) }),
            (Self::Anthropic, _) => {
                json!({ "type": "error", "error": anthropic_error(fault), "request_id": request_id })
            }
            (Self::Bedrock, _) => bedrock::refusal::body(fault),
            (Self::Cohere, _) => cohere::refusal::body(fault, request_id),
            (Self::Ollama, _) => ollama::refusal::body(fault),
            (Self::WorkersAi, _) => workers_ai::refusal::body(fault),
        };
        body.to_string()
    }

    /// An event that is not JSON.
    pub(super) fn garbage_event(self) -> Bytes {
        match self {
            Self::OpenAi => Bytes::from_static(b"data: {\"id\":\"fake\",\"choices\":[oops\n\n"),
            Self::Anthropic => {
                Bytes::from_static(b"event: content_block_delta\ndata: {\"type\":oops\n\n")
            }
            Self::Bedrock => bedrock::frames::event("contentBlockDelta", "{\"delta\":oops"),
            Self::Cohere => Bytes::from_static(b"event: content-delta\ndata: {\"type\":oops\n\n"),
            Self::Ollama => Bytes::from_static(b"{\"model\":oops\n"),
            Self::WorkersAi => Bytes::from_static(b"data: {\"response\":oops\n\n"),
        }
    }

    /// The event by which a stream reports that it failed.
    pub(super) fn error_event(self, request_id: &str) -> Bytes {
        let event = match self {
            Self::OpenAi => {
                let failure = self.refusal(&server_error(), request_id);
                format!("data: {failure}\n\n")
            }
            Self::Anthropic => {
                let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
                let event = json!({ "type": "error", "error": error, "request_id": request_id });
                format!("event: error\ndata: {event}\n\n")
            }
            Self::Bedrock => return bedrock::refusal::event(),
            Self::Cohere => cohere::refusal::event(),
            Self::Ollama => format!("{}\n", self.refusal(&server_error(), request_id)),
            Self::WorkersAi => format!("data: {}\n\n", self.refusal(&server_error(), request_id)),
        };
        Bytes::from(event)
    }
}

fn is_mistrals(model: &str) -> bool {
    Directives::of(model).is_ok_and(|directives| directives.likeness == Likeness::Mistral)
}

fn server_error() -> Fault {
    Fault::Wanted { status: StatusCode::INTERNAL_SERVER_ERROR, model: String::new() }
}

impl Fault {
    /// The status of the refusal.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::MissingCredential | Self::WrongCredential { .. } => StatusCode::UNAUTHORIZED,
            Self::MissingVersion
            | Self::NotJson(_)
            | Self::MissingField(_)
            | Self::Directive(_)
            | Self::Invalid(_)
            | Self::UnsupportedProperty(_) => StatusCode::BAD_REQUEST,
            Self::ExtraInput { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnknownModel(_) | Self::UnknownPath(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Named { status, .. } | Self::Wanted { status, .. } => *status,
        }
    }
}

/// Mistral's error, around that of its web framework.
fn extra_forbidden(field: &str, input: &Value) -> Value {
    let detail = json!([{
        "type": "extra_forbidden", "loc": ["body", field],
        "msg": "Extra inputs are not permitted", "input": input,
    }]);
    json!({
        "object": "error", "message": { "detail": detail }, "type": "invalid_request_error",
        "param": Value::Null, "code": Value::Null,
    })
}

fn openai_error(fault: &Fault) -> Value {
    let invalid = "invalid_request_error";
    let error = |message: String, kind: &str, param: Value, code: Value| json!({ "message": message, "type": kind, "param": param, "code": code });
    match fault {
        Fault::MissingCredential => error(
            "You didn't provide an API key. You need to provide your API key in an Authorization \
             header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
                .to_owned(),
            invalid,
            Value::Null,
            Value::Null,
        ),
        Fault::WrongCredential { masked } => error(
            format!(
                "Incorrect API key provided: {masked}. You can find your API key at \
                 https://platform.openai.com/account/api-keys."
            ),
            invalid,
            Value::Null,
            json!("invalid_api_key"),
        ),
        Fault::NotJson(detail) => error(
            format!("We could not parse the JSON body of your request. (HINT: {detail})"),
            invalid,
            Value::Null,
            Value::Null,
        ),
        Fault::MissingField(field) => error(
            format!("Missing required parameter: '{field}'."),
            invalid,
            json!(field),
            json!("missing_required_parameter"),
        ),
        Fault::Directive(directive) => {
            error(directive.to_string(), invalid, json!("model"), json!("invalid_value"))
        }
        Fault::Invalid(message) => error(message.clone(), invalid, Value::Null, Value::Null),
        Fault::UnknownModel(model) => error(
            format!("The model `{model}` does not exist or you do not have access to it."),
            invalid,
            Value::Null,
            json!("model_not_found"),
        ),
        Fault::UnknownPath(request) => {
            error(format!("Invalid URL ({request})"), invalid, Value::Null, Value::Null)
        }
        Fault::WrongMethod(request) => error(
            format!(
                "Not allowed to {request}. (HINT: Perhaps you meant to use a different HTTP \
                 method?)"
            ),
            invalid,
            Value::Null,
            json!("method_not_supported"),
        ),
        Fault::MissingVersion => {
            error("anthropic-version is missing.".to_owned(), invalid, Value::Null, Value::Null)
        }
        Fault::UnsupportedProperty(field) => {
            json!({ "message": format!("property '{field}' is unsupported"), "type": invalid })
        }
        Fault::ExtraInput { .. } | Fault::Named { .. } => {
            error(fault.to_string(), invalid, Value::Null, Value::Null)
        }
        Fault::Wanted { status, model } => openai_error_of(*status, model),
    }
}

fn openai_error_of(status: StatusCode, model: &str) -> Value {
    let (kind, code, message) = match status.as_u16() {
        401 => ("invalid_request_error", json!("invalid_api_key"), "Incorrect API key provided."),
        403 => ("invalid_request_error", json!("model_not_found"), "You do not have access to it."),
        404 => return openai_error(&Fault::UnknownModel(model.to_owned())),
        429 => ("requests", json!("rate_limit_exceeded"), "Rate limit reached for requests."),
        503 => ("server_error", Value::Null, "The engine is currently overloaded."),
        500.. => (
            "server_error",
            Value::Null,
            "The server had an error while processing your request. Sorry about that!",
        ),
        _ => ("invalid_request_error", Value::Null, "The request is not valid."),
    };
    json!({ "message": message, "type": kind, "param": Value::Null, "code": code })
}

fn anthropic_error(fault: &Fault) -> Value {
    let message = match fault {
        Fault::MissingCredential => "x-api-key header is required".to_owned(),
        Fault::WrongCredential { .. } => "invalid x-api-key".to_owned(),
        Fault::MissingVersion => "anthropic-version: header is required".to_owned(),
        Fault::NotJson(detail) => format!("The request body is not valid JSON: {detail}"),
        Fault::MissingField(field) => format!("{field}: Field required"),
        Fault::Directive(directive) => directive.to_string(),
        Fault::Invalid(message) | Fault::Named { message, .. } => message.clone(),
        Fault::UnknownModel(model) => format!("model: {model}"),
        Fault::UnknownPath(_) => "Not Found".to_owned(),
        Fault::WrongMethod(_) => "Method Not Allowed".to_owned(),
        Fault::UnsupportedProperty(_) | Fault::ExtraInput { .. } => fault.to_string(),
        Fault::Wanted { status, model } => anthropic_message(*status, model),
    };
    json!({ "type": anthropic_type(fault.status()), "message": message })
}

fn anthropic_message(status: StatusCode, model: &str) -> String {
    match status.as_u16() {
        401 => "invalid x-api-key".to_owned(),
        404 => format!("model: {model}"),
        429 => "This request would exceed your organization's rate limit.".to_owned(),
        529 => "Overloaded".to_owned(),
        500.. => "Internal server error".to_owned(),
        _ => "The request is not valid.".to_owned(),
    }
}

fn anthropic_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
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
        let body = parsed(&Vendor::OpenAi.refusal(&fault, "req_1"));
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
            let body = parsed(&Vendor::Anthropic.refusal(&wanted(status), "req_1"));
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
