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
#[expect(clippy::struct_field_names, reason = "as the vendor names them")]
struct PromptDetails {
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_write_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    audio_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    image_tokens: Option<i64>,
}

#[derive(Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "as the vendor names them")]
struct CompletionDetails {
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    audio_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    image_tokens: Option<i64>,
}

/// The tokens of a usage object; none where it does not tell of the prompt.
pub(super) fn tokens(raw: &str) -> Option<TokenCounts> {
    let usage: Usage = serde_json::from_str(raw).ok()?;
    let prompt = usage.prompt_tokens?;
    let completion = usage.completion_tokens.unwrap_or(0);
    let details = &usage.prompt_tokens_details;
    // What is said to be a part cannot be more than is left of the whole. Cached tokens come
    // first: of whichever medium they are, they are cheaper.
    let mut input = prompt;
    let cached_input = take(&mut input, details.cached_tokens);
    let cache_write = take(&mut input, details.cache_write_tokens);
    let audio_input = take(&mut input, details.audio_tokens);
    let image_input = take(&mut input, details.image_tokens);
    let (mut output, reasoning) = split_completion(&usage, prompt, completion);
    let details = &usage.completion_tokens_details;
    let audio_output = take(&mut output, details.audio_tokens);
    let image_output = take(&mut output, details.image_tokens);
    Some(TokenCounts {
        input,
        cached_input,
        cache_write,
        cache_write_1h: 0,
        output,
        reasoning,
        audio_input,
        audio_output,
        image_input,
        image_output,
    })
}

pub(super) fn take(whole: &mut i64, part: Option<i64>) -> i64 {
    let part = part.unwrap_or(0).min(*whole);
    *whole -= part;
    part
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
