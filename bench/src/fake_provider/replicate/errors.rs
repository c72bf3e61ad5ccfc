//! How Replicate says no: a title and a detail.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::fault::Fault;

/// The status of a refusal.
pub(in crate::fake_provider) fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::MissingField(_) | Fault::Invalid(_) | Fault::Directive(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => fault.status(),
    }
}

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault) -> Value {
    let status = status(fault).as_u16();
    let (title, detail) = match fault {
        Fault::MissingCredential | Fault::WrongCredential { .. } => {
            ("Unauthenticated", "You did not pass a valid authentication token".to_owned())
        }
        Fault::MissingField(field) => {
            ("Input validation failed", format!("- input: {field} is required\n"))
        }
        Fault::UnknownPath(_) | Fault::UnknownModel(_) => {
            ("Not found", "The requested resource could not be found.".to_owned())
        }
        _ => ("Error", fault.to_string()),
    };
    json!({ "title": title, "detail": detail, "status": status })
}

/// The event by which a stream reports that it failed.
pub(in crate::fake_provider) fn event() -> String {
    "event: error\ndata: The model has run out of memory.\n\n".to_owned()
}
