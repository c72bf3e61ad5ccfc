//! How Bedrock says no: an exception's name in a header, and a message.
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html>

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::frames;
use crate::fake_provider::vendor::Fault;

/// The exception's name, by which the official SDKs choose their class.
pub(in crate::fake_provider) fn name_of(fault: &Fault) -> &'static str {
    match fault {
        Fault::Named { name, .. } => name,
        Fault::NotJson(_) => "SerializationException",
        Fault::UnknownPath(_) | Fault::WrongMethod(_) => "UnknownOperationException",
        _ => name_of_status(fault.status()),
    }
}

fn name_of_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "AccessDeniedException",
        404 => "ResourceNotFoundException",
        408 => "ModelTimeoutException",
        424 => "ModelErrorException",
        429 => "ThrottlingException",
        503 => "ServiceUnavailableException",
        500.. => "InternalServerException",
        _ => "ValidationException",
    }
}

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault) -> Value {
    match fault {
        // What stands before the service, and checks its API keys, writes the word large.
        Fault::Named { name: "AccessDeniedException", message, .. } => {
            json!({ "Message": message })
        }
        Fault::Named { message, .. } | Fault::Invalid(message) => json!({ "message": message }),
        Fault::UnknownPath(_) | Fault::WrongMethod(_) => json!({}),
        Fault::Wanted { status, .. } => json!({ "message": message_of(*status) }),
        _ => json!({ "message": fault.to_string() }),
    }
}

fn message_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "You don't have access to the model with the specified model ID.",
        404 => "The provided model identifier is invalid.",
        408 => "Model has timed out in processing the request. Try your request again.",
        424 => "The model returned an error. Try your request again.",
        429 => "Too many requests, please wait before trying again.",
        503 => "Bedrock is unable to process your request.",
        500.. => {
            "The system encountered an unexpected error during processing. Try your request again."
        }
        _ => "The provided request is not valid",
    }
}

/// The exception by which a stream reports that it failed.
pub(in crate::fake_provider) fn event() -> Bytes {
    let message = json!({ "message": "Too many tokens, please wait before trying again." });
    frames::exception("throttlingException", &message.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_the_exception_of_the_service_model() {
        let name = |status| {
            let status = StatusCode::from_u16(status).unwrap();
            name_of(&Fault::Wanted { status, model: "fake".to_owned() })
        };
        for (status, expected) in [
            (400, "ValidationException"),
            (403, "AccessDeniedException"),
            (404, "ResourceNotFoundException"),
            (408, "ModelTimeoutException"),
            (424, "ModelErrorException"),
            (429, "ThrottlingException"),
            (500, "InternalServerException"),
            (503, "ServiceUnavailableException"),
        ] {
            assert_eq!(name(status), expected);
        }
    }
}
