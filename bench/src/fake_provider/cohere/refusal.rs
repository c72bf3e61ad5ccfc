//! How Cohere says no: a message, and the id of the request.
//! <https://docs.cohere.com/reference/errors>

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::vendor::Fault;

const SERVER_ERROR: &str = "internal server error, this has been reported to our developers";

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault, request_id: &str) -> Value {
    json!({ "id": request_id, "message": message(fault) })
}

fn message(fault: &Fault) -> String {
    match fault {
        Fault::MissingCredential => "no api key supplied".to_owned(),
        Fault::WrongCredential { .. } => "invalid api token".to_owned(),
        Fault::NotJson(detail) => format!("invalid json syntax: {detail}"),
        Fault::MissingField(field) => format!("invalid request: {field} is required"),
        Fault::Invalid(message) | Fault::Named { message, .. } => message.clone(),
        Fault::UnknownModel(model) => unknown_model(model),
        Fault::UnknownPath(_) => "Not Found".to_owned(),
        Fault::Wanted { status, model } => message_of(*status, model),
        _ => fault.to_string(),
    }
}

fn message_of(status: StatusCode, model: &str) -> String {
    match status.as_u16() {
        401 => "invalid api token".to_owned(),
        404 => unknown_model(model),
        429 => "trial token rate limit exceeded, limit is 40 api calls per minute".to_owned(),
        499 => "request cancelled".to_owned(),
        500.. => SERVER_ERROR.to_owned(),
        _ => "invalid request".to_owned(),
    }
}

fn unknown_model(model: &str) -> String {
    format!(
        "model '{model}' not found, make sure the correct model ID was used and that you have \
         access to the model."
    )
}

/// The event by which a stream reports that it failed.
pub(in crate::fake_provider) fn event() -> String {
    let delta = json!({ "error": SERVER_ERROR, "finish_reason": "ERROR" });
    let data = json!({ "type": "message-end", "delta": delta });
    format!("event: message-end\ndata: {data}\n\n")
}
