//! How Ollama says no: an error, and nothing else.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::vendor::Fault;

/// The body of a refusal, and the line by which a stream reports that it failed.
pub(in crate::fake_provider) fn body(fault: &Fault) -> Value {
    let message = match fault {
        Fault::MissingField(field) => format!("{field} is required"),
        Fault::NotJson(detail) => detail.clone(),
        Fault::Invalid(message) | Fault::Named { message, .. } => message.clone(),
        Fault::UnknownModel(model) => unknown_model(model),
        Fault::UnknownPath(_) => "404 page not found".to_owned(),
        Fault::WrongMethod(_) => "405 method not allowed".to_owned(),
        Fault::Wanted { status, model } => message_of(*status, model),
        _ => fault.to_string(),
    };
    json!({ "error": message })
}

fn unknown_model(model: &str) -> String {
    format!("model '{model}' not found")
}

fn message_of(status: StatusCode, model: &str) -> String {
    match status.as_u16() {
        401 => "unauthorized".to_owned(),
        404 => unknown_model(model),
        429 | 503 => "server busy, please try again.  maximum pending requests exceeded".to_owned(),
        500.. => "llama runner process has terminated: exit status 2".to_owned(),
        _ => "invalid request".to_owned(),
    }
}
