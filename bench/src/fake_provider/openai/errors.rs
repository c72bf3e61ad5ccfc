//! How OpenAI says no, and those that speak its API in a way of their own.

use http::StatusCode;
use serde_json::{Value, json};

use super::mistral;
use crate::fake_provider::fault::Fault;

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault) -> Value {
    match fault {
        Fault::ExtraInput { field, input } => mistral::extra_forbidden(field, input),
        Fault::Wanted { status, model } if mistral::is_meant_by(model) => {
            mistral::error(*status, model)
        }
        _ => json!({ "error": error(fault) }),
    }
}

/// The event by which a stream of the Responses API reports that it failed.
pub(in crate::fake_provider) fn responses_event() -> String {
    let error = error(&Fault::of_server());
    let event = json!({
        "type": "error", "sequence_number": 0, "code": error["type"], "message": error["message"],
        "param": null,
    });
    format!("event: error\ndata: {event}\n\n")
}

fn error(fault: &Fault) -> Value {
    let invalid = "invalid_request_error";
    let say = |message: String, kind: &str, param: Value, code: Value| json!({ "message": message, "type": kind, "param": param, "code": code });
    match fault {
        Fault::MissingCredential => say(
            "You didn't provide an API key. You need to provide your API key in an Authorization \
             header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
                .to_owned(),
            invalid,
            Value::Null,
            Value::Null,
        ),
        Fault::WrongCredential { masked } => say(
            format!(
                "Incorrect API key provided: {masked}. You can find your API key at \
                 https://platform.openai.com/account/api-keys."
            ),
            invalid,
            Value::Null,
            json!("invalid_api_key"),
        ),
        Fault::NotJson(detail) => say(
            format!("We could not parse the JSON body of your request. (HINT: {detail})"),
            invalid,
            Value::Null,
            Value::Null,
        ),
        Fault::MissingField(field) => say(
            format!("Missing required parameter: '{field}'."),
            invalid,
            json!(field),
            json!("missing_required_parameter"),
        ),
        Fault::Directive(directive) => {
            say(directive.to_string(), invalid, json!("model"), json!("invalid_value"))
        }
        Fault::Invalid(message) => say(message.clone(), invalid, Value::Null, Value::Null),
        Fault::UnknownModel(model) => say(
            format!("The model `{model}` does not exist or you do not have access to it."),
            invalid,
            Value::Null,
            json!("model_not_found"),
        ),
        Fault::UnknownPath(request) => {
            say(format!("Invalid URL ({request})"), invalid, Value::Null, Value::Null)
        }
        Fault::WrongMethod(request) => say(
            format!(
                "Not allowed to {request}. (HINT: Perhaps you meant to use a different HTTP \
                 method?)"
            ),
            invalid,
            Value::Null,
            json!("method_not_supported"),
        ),
        Fault::MissingVersion => {
            say("anthropic-version is missing.".to_owned(), invalid, Value::Null, Value::Null)
        }
        Fault::UnsupportedProperty(field) => {
            json!({ "message": format!("property '{field}' is unsupported"), "type": invalid })
        }
        Fault::ExtraInput { .. }
        | Fault::FieldViolations(_)
        | Fault::ExpiredCredential
        | Fault::Filtered
        | Fault::Named { .. } => say(fault.to_string(), invalid, Value::Null, Value::Null),
        Fault::Wanted { status, model } => error_of_status(*status, model),
    }
}

fn error_of_status(status: StatusCode, model: &str) -> Value {
    let (kind, code, message) = match status.as_u16() {
        401 => ("invalid_request_error", json!("invalid_api_key"), "Incorrect API key provided."),
        403 => ("invalid_request_error", json!("model_not_found"), "You do not have access to it."),
        404 => return error(&Fault::UnknownModel(model.to_owned())),
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
