//! Amazon SageMaker's runtime, as botocore's service model `sagemaker-runtime` describes it, before
//! endpoints whose container is vLLM: OpenAI's chat completions and embeddings at one address.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    bedrock::frames, endpoint::Endpoint, fault::Fault, openai, percent, reply::Payload,
    reply::Prepared, vendor_call::VendorCall,
};

/// How the names of endpoints begin that are not there.
const NOT_THERE: &str = "no-such-";

/// What is charged for: an endpoint, as it stands in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Billed<'a> {
    endpoint: &'a str,
    is_streaming: bool,
}

/// Whether a request is for SageMaker.
pub(super) fn is_asked(path: &str) -> bool {
    path.starts_with("/endpoints/")
}

/// The endpoint of a path.
pub(super) fn endpoint<'a>(method: &Method, path: &'a str) -> Result<Endpoint<'a>, Fault> {
    let rest = path.strip_prefix("/endpoints/").unwrap_or_default();
    let found = rest.split_once('/').and_then(|(endpoint, verb)| {
        let is_streaming = match verb {
            "invocations" => false,
            "invocations-response-stream" => true,
            _ => return None,
        };
        Some((Method::POST, Endpoint::billed(Billed { endpoint, is_streaming })))
    });
    Endpoint::taken_by(method, path, found)
}

impl Billed<'_> {
    /// The answer to a call. What a test wants is said by the model of the body, or by the name of
    /// the endpoint where the body has none.
    pub(super) fn prepare(self, call: &VendorCall<'_>) -> Result<Prepared, Fault> {
        if self.endpoint.starts_with(NOT_THERE) {
            let message = format!("Endpoint {} of account 123456789012 not found.", self.endpoint);
            let (status, name) = (StatusCode::BAD_REQUEST, "ValidationError");
            return Err(Fault::Named { status, name, message });
        }
        let body: Value =
            serde_json::from_slice(call.body).map_err(|error| Fault::NotJson(error.to_string()))?;
        let model =
            body["model"].as_str().map_or_else(|| percent::decoded(self.endpoint), str::to_owned);
        if body.get("input").is_some() {
            return openai::embeddings::prepare_for(Some(model), call.body);
        }
        if body["stream"].as_bool().unwrap_or_default() != self.is_streaming {
            let message = "the container and the address do not agree on whether this is a stream";
            return Err(Fault::Invalid(message.to_owned()));
        }
        let mut prepared = openai::chat::prepare_for(Some(model), call.body, call.serial)?;
        if let Payload::Stream(script) = prepared.payload {
            prepared.payload = Payload::Stream(script.sealed_by(part));
        }
        Ok(prepared)
    }
}

impl<'a> From<Billed<'a>> for super::endpoint::Billed<'a> {
    fn from(billed: Billed<'a>) -> Self {
        Self::SageMaker(billed)
    }
}

/// A part of what a container streams.
pub(super) fn part(bytes: &[u8]) -> Bytes {
    frames::event("PayloadPart", &String::from_utf8_lossy(bytes))
}

/// The exception by which a stream reports that it failed.
pub(super) fn failure_event() -> Bytes {
    let told = json!({ "Message": "The connection to the model was closed.", "ErrorCode": "StreamBroken" });
    frames::exception("ModelStreamError", &told.to_string())
}

/// Whether a fault is the service's own, and not one of the container behind it.
fn is_of_service(fault: &Fault) -> bool {
    match fault {
        Fault::Named { .. } | Fault::UnknownPath(_) | Fault::WrongMethod(_) => true,
        Fault::Wanted { status, .. } => matches!(status.as_u16(), 403 | 429 | 503),
        _ => false,
    }
}

/// The exception's name.
pub(super) fn name_of(fault: &Fault) -> &'static str {
    match fault {
        Fault::Named { name, .. } => name,
        Fault::UnknownPath(_) | Fault::WrongMethod(_) => "UnknownOperationException",
        Fault::Wanted { status, .. } if is_of_service(fault) => match status.as_u16() {
            403 => "AccessDeniedException",
            429 => "ModelNotReadyException",
            _ => "ServiceUnavailable",
        },
        _ => "ModelError",
    }
}

/// The status: of the service's own faults theirs, of a container's always the same.
pub(super) fn status(fault: &Fault) -> StatusCode {
    if is_of_service(fault) { fault.status() } else { StatusCode::FAILED_DEPENDENCY }
}

/// The body of a refusal.
pub(super) fn body(fault: &Fault) -> Value {
    if is_of_service(fault) {
        return json!({ "Message": fault.to_string() });
    }
    let (code, status) = (fault.status().as_u16(), fault.status());
    let original = openai::errors::body(fault).to_string();
    let whose = if status.is_server_error() { "server" } else { "client" };
    let name = if status.is_server_error() { "SERVER" } else { "CLIENT" };
    json!({
        "ErrorCode": format!("{name}_ERROR_FROM_MODEL"),
        "LogStreamArn": "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/sagemaker/Endpoints/fake",
        "Message": format!("Received {whose} error ({code}) from primary with message \"{original}\"."),
        "OriginalMessage": original, "OriginalStatusCode": code,
    })
}
