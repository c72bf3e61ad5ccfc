//! OpenAI's usage object, of completions and of embeddings.

use serde::Deserialize;
use shared::receipt::TokenCounts;

use super::{count, details};

#[derive(Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "count")]
    prompt_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    completion_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    total_tokens: Option<i64>,
    #[serde(default, deserialize_with = "details")]
    prompt_tokens_details: PromptDetails,
    #[serde(default, deserialize_with = "details")]
    completion_tokens_details: CompletionDetails,
}

#[derive(Default, Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_write_tokens: Option<i64>,
}

#[derive(Default, Deserialize)]
struct CompletionDetails {
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: Option<i64>,
}

/// The tokens of a usage object; none where it does not tell of the prompt.
pub(super) fn tokens(raw: &str) -> Option<TokenCounts> {
    let usage: Usage = serde_json::from_str(raw).ok()?;
    let prompt = usage.prompt_tokens?;
    let completion = usage.completion_tokens.unwrap_or(0);
    let cached_input = usage.prompt_tokens_details.cached_tokens.unwrap_or(0).min(prompt);
    let uncached = prompt - cached_input;
    let cache_write = usage.prompt_tokens_details.cache_write_tokens.unwrap_or(0).min(uncached);
    let (output, reasoning) = split_completion(&usage, prompt, completion);
    Some(TokenCounts {
        input: uncached - cache_write,
        cached_input,
        cache_write,
        output,
        reasoning,
    })
}

/// Some compatible providers count reasoning beside the completion; then the total is larger than
/// its two parts, and the difference is owed as well.
fn split_completion(usage: &Usage, prompt: i64, completion: i64) -> (i64, i64) {
    let reported = usage.completion_tokens_details.reasoning_tokens.unwrap_or(0);
    let beside = usage.total_tokens.unwrap_or(0) - prompt - completion;
    if beside > 0 && beside >= reported {
        return (completion, beside);
    }
    let reasoning = reported.min(completion);
    (completion - reasoning, reasoning)
}
