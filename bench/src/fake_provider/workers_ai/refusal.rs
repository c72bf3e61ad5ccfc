//! How Cloudflare says no: numbered errors in the wrapping of every answer.
//! <https://developers.cloudflare.com/workers-ai/platform/errors/>

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::vendor::Fault;

/// A refusal of a model that there is not, which is no 404 here.
pub(super) fn no_such_model(model: &str) -> Fault {
    let message = format!("No such model {model} or task");
    Fault::Named { status: StatusCode::BAD_REQUEST, name: "5007", message }
}

/// A refusal of what a model cannot be given.
pub(super) fn bad_input(detail: &str) -> Fault {
    let message = format!("AiError: Bad input: Error: {detail}");
    Fault::Named { status: StatusCode::BAD_REQUEST, name: "5006", message }
}

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault) -> Value {
    let (code, message) = coded(fault);
    let errors = json!([{ "code": code, "message": message }]);
    json!({ "result": Value::Null, "success": false, "errors": errors, "messages": [] })
}

fn coded(fault: &Fault) -> (u32, String) {
    match fault {
        Fault::MissingCredential | Fault::WrongCredential { .. } => {
            (10_000, "Authentication error".to_owned())
        }
        Fault::Named { name, message, .. } => (name.parse().unwrap_or(1_000), message.clone()),
        Fault::UnknownPath(request) => (
            7_003,
            format!("Could not route to {request}, perhaps your object identifier is invalid?"),
        ),
        Fault::WrongMethod(_) => {
            (10_405, "Method not allowed for this authentication scheme".to_owned())
        }
        Fault::NotJson(_) => (3_003, "Request is missing headers or body: valid JSON".to_owned()),
        Fault::Wanted { status, model } => coded_status(*status, model),
        _ => (5_006, format!("AiError: Bad input: Error: {fault}")),
    }
}

fn coded_status(status: StatusCode, model: &str) -> (u32, String) {
    let (code, message) = match status.as_u16() {
        400 => (5_007, format!("No such model {model} or task")),
        401 => (10_000, "Authentication error".to_owned()),
        403 => (5_018, "The account is not allowed to access this model".to_owned()),
        404 => (3_042, "The model name is invalid".to_owned()),
        408 => (3_007, "Request timeout".to_owned()),
        413 => (3_006, "Request is too large".to_owned()),
        429 => (3_040, "No more data centers to forward the request to".to_owned()),
        500.. => (1_000, "Internal server error".to_owned()),
        _ => (5_004, "Invalid data".to_owned()),
    };
    (code, message)
}
