//! What Mistral has that OpenAI has not, as the official SDK's types describe it.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::fake_provider::vendor::Fault;

/// What a chat takes; anything else is answered with 422.
const TAKEN: [&str; 30] = [
    "model",
    "messages",
    "temperature",
    "top_p",
    "max_tokens",
    "stream",
    "stop",
    "random_seed",
    "metadata",
    "response_format",
    "tools",
    "tool_choice",
    "presence_penalty",
    "frequency_penalty",
    "min_tokens",
    "repetition_penalty",
    "top_k",
    "logprobs",
    "top_logprobs",
    "prompt_logprobs",
    "top_prompt_logprobs",
    "n",
    "prediction",
    "parallel_tool_calls",
    "reasoning_effort",
    "prompt_mode",
    "guardrails",
    "prompt_cache_key",
    "service_tier",
    "safe_prompt",
];
/// What embeddings take.
const TAKEN_BY_EMBEDDINGS: [&str; 6] =
    ["model", "input", "metadata", "output_dimension", "output_dtype", "encoding_format"];
const CALL_ID_LETTERS: usize = 9;

/// Whether a chat takes a field.
pub(super) fn takes(field: &str) -> bool {
    TAKEN.contains(&field)
}

/// Refuses a request for embeddings with fields that are not taken.
pub(super) fn check_embeddings(body: &[u8]) -> Result<(), Fault> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let mut fields = fields.into_iter();
    match fields.find(|(field, _)| !TAKEN_BY_EMBEDDINGS.contains(&field.as_str())) {
        None => Ok(()),
        Some((field, input)) => Err(Fault::ExtraInput { field, input }),
    }
}

/// The id of a call: nine letters and digits.
pub(super) fn call_id(serial: u64, index: usize) -> String {
    let id = format!("{serial:07x}{index:02x}");
    id[id.len() - CALL_ID_LETTERS..].to_owned()
}

/// An error of this status.
pub(in crate::fake_provider) fn error(status: StatusCode, model: &str) -> Value {
    let (kind, code, message) = match status.as_u16() {
        401 => return json!({ "detail": "Unauthorized" }),
        404 => ("invalid_model", json!("1500"), format!("Invalid model: {model}")),
        429 => ("rate_limited", json!("1300"), "Rate limit exceeded".to_owned()),
        500.. => ("internal_server_error", Value::Null, "Internal server error".to_owned()),
        _ => ("invalid_request_error", Value::Null, "The request is not valid.".to_owned()),
    };
    let param = Value::Null;
    json!({ "object": "error", "message": message, "type": kind, "param": param, "code": code })
}
