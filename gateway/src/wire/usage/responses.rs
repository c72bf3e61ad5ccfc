//! OpenAI's usage object of the Responses API.
//!
//! Source: `ResponseUsage` (openai). Cached tokens and cache writes are within `input_tokens`,
//! reasoning within `output_tokens`.

use serde::Deserialize;
use shared::receipt::TokenCounts;

use super::{count, details, openai::take};

#[derive(Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    output_tokens: Option<i64>,
    #[serde(default, deserialize_with = "details")]
    input_tokens_details: InputDetails,
    #[serde(default, deserialize_with = "details")]
    output_tokens_details: OutputDetails,
}

#[derive(Default, Deserialize)]
struct InputDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_write_tokens: Option<i64>,
}

#[derive(Default, Deserialize)]
struct OutputDetails {
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: Option<i64>,
}

/// The tokens of a usage object; none where it does not tell of the input.
pub(super) fn tokens(raw: &str) -> Option<TokenCounts> {
    let usage: Usage = serde_json::from_str(raw).ok()?;
    let mut input = usage.input_tokens?;
    let cached_input = take(&mut input, usage.input_tokens_details.cached_tokens);
    let cache_write = take(&mut input, usage.input_tokens_details.cache_write_tokens);
    let mut output = usage.output_tokens.unwrap_or(0);
    let reasoning = take(&mut output, usage.output_tokens_details.reasoning_tokens);
    Some(TokenCounts {
        input,
        cached_input,
        cache_write,
        output,
        reasoning,
        ..TokenCounts::default()
    })
}
