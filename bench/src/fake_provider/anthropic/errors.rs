//! How Anthropic says no.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::fault::Fault;

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault, request_id: &str) -> Value {
    json!({ "type": "error", "error": error(fault), "request_id": request_id })
}

/// The event by which a stream reports that it failed.
pub(in crate::fake_provider) fn event(request_id: &str) -> String {
    let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
    let event = json!({ "type": "error", "error": error, "request_id": request_id });
    format!("event: error\ndata: {event}\n\n")
}

fn error(fault: &Fault) -> Value {
    let message = match fault {
        Fault::MissingCredential => "x-api-key header is required".to_owned(),
        Fault::WrongCredential { .. } => "invalid x-api-key".to_owned(),
        Fault::MissingVersion => "anthropic-version: header is required".to_owned(),
        Fault::NotJson(detail) => format!("The request body is not valid JSON: {detail}"),
        Fault::MissingField(field) => format!("{field}: Field required"),
        Fault::Directive(directive) => directive.to_string(),
        Fault::Invalid(message) => message.clone(),
        Fault::UnknownModel(model) => format!("model: {model}"),
        Fault::UnknownPath(_) => "Not Found".to_owned(),
        Fault::WrongMethod(_) => "Method Not Allowed".to_owned(),
        Fault::UnsupportedProperty(_)
        | Fault::ExtraInput { .. }
        | Fault::FieldViolations(_)
        | Fault::ExpiredCredential
        | Fault::Filtered
        | Fault::Named { .. } => fault.to_string(),
        Fault::Wanted { status, model } => message_of_status(*status, model),
    };
    json!({ "type": type_of_status(fault.status()), "message": message })
}

fn message_of_status(status: StatusCode, model: &str) -> String {
    match status.as_u16() {
        401 => "invalid x-api-key".to_owned(),
        404 => format!("model: {model}"),
        429 => "This request would exceed your organization's rate limit.".to_owned(),
        529 => "Overloaded".to_owned(),
        500.. => "Internal server error".to_owned(),
        _ => "The request is not valid.".to_owned(),
    }
}

fn type_of_status(status: StatusCode) -> &'static str {
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
