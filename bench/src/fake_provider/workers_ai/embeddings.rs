//! Embeddings of one text or several. Their usage is not told.

use serde_json::{Value, json};

use super::{refusal::bad_input, run::wrapped};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    ledger::Usage,
    openai::embeddings::embedding,
    reply::{Payload, Prepared},
    vendor::Fault,
};

/// The most that is embedded at once.
const MOST_TEXTS: usize = 100;

/// The answer to texts.
pub(super) fn prepare(
    model: String,
    directives: Directives,
    text: &Value,
) -> Result<Prepared, Fault> {
    let texts = match text {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(texts) => texts.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let texts = texts.filter(|texts| (1..=MOST_TEXTS).contains(&texts.len()));
    let texts = texts.ok_or_else(|| bad_input("oneOf at '/text' not met, 0 matches"))?;
    let vectors: Vec<_> = texts.iter().map(|text| embedding(text, directives.dimensions)).collect();
    let result = json!({
        "shape": [texts.len(), directives.dimensions], "data": vectors, "pooling": "mean",
    });
    let bytes = texts.iter().map(|text| text.len()).sum();
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    let usage = Usage { input, ..Usage::default() };
    let payload = Payload::Whole(wrapped(&result).to_string());
    Ok(Prepared { model, directives, usage, payload })
}
