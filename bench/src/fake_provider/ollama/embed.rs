//! `POST /api/embed`

use serde_json::{Value, json};

use super::{DURATION_NANOS, models::known};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    ledger::Usage,
    openai::embeddings::embedding,
    reply::{Payload, Prepared},
    vendor::Fault,
};

/// The answer to a request's body.
pub(super) fn prepare(body: &[u8]) -> Result<Prepared, Fault> {
    let request: Value =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let model = known(request["model"].as_str().unwrap_or_default())?;
    let directives = Directives::of(&model)?;
    let texts = texts(&request["input"])?;
    let dimensions = request["dimensions"].as_u64().and_then(|count| count.try_into().ok());
    let dimensions = dimensions.unwrap_or(directives.dimensions);
    let vectors: Vec<_> = texts.iter().map(|text| embedding(text, dimensions)).collect();
    let bytes = texts.iter().map(|text| text.len()).sum();
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    let mut answer = json!({
        "model": model, "embeddings": vectors, "total_duration": 2 * DURATION_NANOS,
        "load_duration": DURATION_NANOS,
    });
    if !directives.is_without_usage {
        answer["prompt_eval_count"] = json!(input);
    }
    let usage = Usage { input, ..Usage::default() };
    Ok(Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) })
}

/// A text, or a list of texts.
fn texts(input: &Value) -> Result<Vec<&str>, Fault> {
    let invalid = || Fault::Invalid("invalid input type".to_owned());
    match input {
        Value::String(text) => Ok(vec![text]),
        Value::Array(items) => items.iter().map(|item| item.as_str().ok_or_else(invalid)).collect(),
        _ => Err(invalid()),
    }
}
