//! Usage as Cohere reports it: what is billed, and beside it what the model has read and written,
//! which is more by what the model's template adds.

use serde_json::{Value, json};

use crate::fake_provider::ledger::Usage;

/// What the template adds to a prompt. It is not billed.
const TEMPLATE_INPUT: u64 = 66;
/// What ends an answer. It is not billed.
const TEMPLATE_OUTPUT: u64 = 2;

/// `usage` of a chat.
pub(super) fn chat_usage(usage: Usage) -> Value {
    json!({
        "billed_units": { "input_tokens": usage.input, "output_tokens": usage.output },
        "tokens": {
            "input_tokens": usage.input + TEMPLATE_INPUT,
            "output_tokens": usage.output + TEMPLATE_OUTPUT,
        },
        "cached_tokens": usage.cached,
    })
}

/// `meta` of what is no chat.
pub(super) fn meta(billed_units: &Value) -> Value {
    json!({ "api_version": { "version": "2" }, "billed_units": billed_units })
}
