//! The files that a batch leaves: one with what was answered, one with what was not.
//!
//! Source: `BatchRequestOutput` in OpenAI's description of its API.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::fake_provider::{
    batch::{Batch, Outcome},
    vendor::Vendor,
};

/// The lines of both files.
pub(super) fn files(batch: &Batch, vendor: Vendor, batch_id: &str) -> (String, String) {
    let (mut output, mut errors) = (String::new(), String::new());
    for (index, (custom_id, outcome)) in batch.results().enumerate() {
        let request_id = format!("{}{index:06x}", batch_id.trim_start_matches("batch_"));
        let response = |status: u16, body: &Value| json!({ "status_code": status, "request_id": request_id, "body": body });
        let (file, response, error) = match outcome {
            Outcome::Done(answered) => {
                let body = serde_json::from_str(&answered.body).unwrap_or_default();
                (&mut output, response(200, &body), Value::Null)
            }
            Outcome::Errored(fault) => {
                let refusal = vendor.refusal(&fault, &request_id, None);
                let body = serde_json::from_str(&refusal).unwrap_or_default();
                (&mut errors, response(vendor.status(&fault).as_u16(), &body), Value::Null)
            }
            Outcome::Expired => (&mut errors, Value::Null, expired()),
            Outcome::Cancelled => (&mut errors, Value::Null, cancelled()),
        };
        let id = format!("batch_req_{request_id}");
        let line =
            json!({ "id": id, "custom_id": custom_id, "response": response, "error": error });
        // Writing to a string cannot fail.
        let _ = writeln!(file, "{line}");
    }
    (output, errors)
}

fn expired() -> Value {
    json!({
        "code": "batch_expired",
        "message": "This request could not be executed before the completion window expired.",
    })
}

fn cancelled() -> Value {
    json!({
        "code": "batch_cancelled",
        "message": "This request was not executed because the batch was cancelled.",
    })
}
