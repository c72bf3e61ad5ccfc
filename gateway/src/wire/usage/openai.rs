//! OpenAI's usage object, of completions and of embeddings, and what compatible providers make of
//! it. Where they document that is in `kernel/config/presets.yaml`.

use serde::Deserialize;
use shared::receipt::TokenCounts;

use super::{count, details};
use crate::kernel::config::{CachedField, ReasoningField, SearchesField, UsageShape};

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
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    prompt_cache_hit_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    reasoning_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    citation_tokens: Option<i64>,
}

/// What is counted of searches.
#[derive(Deserialize)]
struct Searches {
    #[serde(default, deserialize_with = "count")]
    num_search_queries: Option<i64>,
    #[serde(default, deserialize_with = "details")]
    server_tool_use: ServerToolUse,
}

#[derive(Default, Deserialize)]
struct ServerToolUse {
    #[serde(default, deserialize_with = "count")]
    web_search_requests: Option<i64>,
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
pub(super) fn tokens(raw: &str, shape: UsageShape) -> Option<TokenCounts> {
    let usage: Usage = serde_json::from_str(raw).ok()?;
    let total_alone = usage.total_tokens.filter(|_| shape.total_only);
    let prompt = usage.prompt_tokens.or(total_alone)?;
    let completion = usage.completion_tokens.unwrap_or(0);
    let details = &usage.prompt_tokens_details;
    // What is said to be a part cannot be more than is left of the whole. Cached tokens come
    // first: of whichever medium they are, they are cheaper.
    let mut input = prompt;
    let cached_input = take(&mut input, usage.cached(shape.cached));
    let cache_write = take(&mut input, details.cache_write_tokens);
    let audio_input = take(&mut input, details.audio_tokens);
    let image_input = take(&mut input, details.image_tokens);
    if shape.citations {
        input += usage.citation_tokens.unwrap_or(0);
    }
    let (mut output, reasoning) = usage.split_completion(shape.reasoning, prompt, completion);
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

/// How often the web was searched, as far as a usage object of this shape tells.
pub(super) fn searches(raw: &str, shape: UsageShape) -> i64 {
    if shape.searches == SearchesField::Nowhere {
        return 0;
    }
    let Ok(told) = serde_json::from_str::<Searches>(raw) else { return 0 };
    let told = match shape.searches {
        SearchesField::Nowhere => None,
        SearchesField::NumSearchQueries => told.num_search_queries,
        SearchesField::ServerToolUse => told.server_tool_use.web_search_requests,
    };
    told.unwrap_or(0)
}

pub(super) fn take(whole: &mut i64, part: Option<i64>) -> i64 {
    let part = part.unwrap_or(0).min(*whole);
    *whole -= part;
    part
}

impl Usage {
    fn cached(&self, field: CachedField) -> Option<i64> {
        let told = match field {
            CachedField::Details => None,
            CachedField::PromptCacheHitTokens => self.prompt_cache_hit_tokens,
            CachedField::CachedTokens => self.cached_tokens,
        };
        told.or(self.prompt_tokens_details.cached_tokens)
    }

    /// What of a completion is text, and what is reasoning.
    fn split_completion(&self, field: ReasoningField, prompt: i64, completion: i64) -> (i64, i64) {
        let reported = self.completion_tokens_details.reasoning_tokens.unwrap_or(0);
        match field {
            ReasoningField::TopLevel if self.reasoning_tokens.is_some() => {
                (completion, self.reasoning_tokens.unwrap_or(0))
            }
            ReasoningField::Beside if self.total_tokens.is_none() => (completion, reported),
            _ => self.split_by_total(reported, prompt, completion),
        }
    }

    /// Some compatible providers count reasoning beside the completion; then the total is larger
    /// than its two parts, and the difference is owed as well.
    fn split_by_total(&self, reported: i64, prompt: i64, completion: i64) -> (i64, i64) {
        let beside = self.total_tokens.unwrap_or(0) - prompt - completion;
        if beside > 0 && beside >= reported {
            return (completion, beside);
        }
        let reasoning = reported.min(completion);
        (completion - reasoning, reasoning)
    }
}
