//! Reads a provider's usage object into disjoint token classes.
//!
//! Sources: the official SDKs' `CompletionUsage` (openai) and `Usage` (anthropic). OpenAI counts
//! cached tokens within `prompt_tokens` and reasoning within `completion_tokens`; Anthropic
//! counts cache reads and writes beside `input_tokens`.

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::TokenCounts;

use super::Dialect;

/// What a provider reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Tokens by disjoint class.
    pub tokens: TokenCounts,
    /// The usage object as the provider wrote it.
    pub raw: String,
}

#[derive(Deserialize)]
struct WithUsage<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OpenAiUsage {
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<i64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<i64>,
}

/// Anthropic's usage; every field may be left out of a stream's later events.
#[derive(Debug, Clone, Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
pub(super) struct AnthropicUsage {
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cache_read_input_tokens: Option<i64>,
    cache_creation_input_tokens: Option<i64>,
}

impl AnthropicUsage {
    /// Lays a later report over this one: what it tells is cumulative and replaces.
    pub(super) fn update(&mut self, later: &Self) {
        let lay = |earlier: &mut Option<i64>, later: Option<i64>| *earlier = later.or(*earlier);
        lay(&mut self.input_tokens, later.input_tokens);
        lay(&mut self.output_tokens, later.output_tokens);
        lay(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        lay(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
    }

    pub(super) fn tokens(&self) -> TokenCounts {
        let count = |tokens: Option<i64>| tokens.unwrap_or(0).max(0);
        TokenCounts {
            input: count(self.input_tokens),
            cached_input: count(self.cache_read_input_tokens),
            cache_write: count(self.cache_creation_input_tokens),
            output: count(self.output_tokens),
            reasoning: 0,
        }
    }
}

/// The usage of a whole answer; none where the provider reports none.
#[must_use]
pub fn usage_of_response(dialect: Dialect, body: &[u8]) -> Option<UsageReport> {
    let usage = serde_json::from_slice::<WithUsage<'_>>(body).ok()?.usage?;
    usage_of_object(dialect, usage.get())
}

/// The usage in a usage object.
pub(super) fn usage_of_object(dialect: Dialect, raw: &str) -> Option<UsageReport> {
    let tokens = match dialect {
        Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => {
            openai_tokens(&serde_json::from_str(raw).ok()?)?
        }
        Dialect::AnthropicMessages => {
            let usage: AnthropicUsage = serde_json::from_str(raw).ok()?;
            usage.output_tokens?;
            usage.tokens()
        }
    };
    Some(UsageReport { tokens, raw: raw.to_owned() })
}

fn openai_tokens(usage: &OpenAiUsage) -> Option<TokenCounts> {
    let prompt = usage.prompt_tokens?.max(0);
    let completion = usage.completion_tokens.unwrap_or(0).max(0);
    let details = usage.prompt_tokens_details.as_ref();
    let cached = details.and_then(|details| details.cached_tokens).unwrap_or(0).clamp(0, prompt);
    let details = usage.completion_tokens_details.as_ref();
    let reasoning =
        details.and_then(|details| details.reasoning_tokens).unwrap_or(0).clamp(0, completion);
    Some(TokenCounts {
        input: prompt - cached,
        cached_input: cached,
        cache_write: 0,
        output: completion - reasoning,
        reasoning,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn openai_counts_cached_and_reasoning_tokens_within_and_we_apart() {
        let body = br#"{"usage":{"prompt_tokens":100,"completion_tokens":50,
            "prompt_tokens_details":{"cached_tokens":80},
            "completion_tokens_details":{"reasoning_tokens":30}}}"#;
        let tokens = usage_of_response(Dialect::OpenAiChat, body).unwrap().tokens;
        assert_eq!((tokens.input, tokens.cached_input), (20, 80));
        assert_eq!((tokens.output, tokens.reasoning), (20, 30));
    }

    #[test]
    fn anthropic_counts_cache_tokens_beside() {
        let body = br#"{"usage":{"input_tokens":10,"output_tokens":5,
            "cache_read_input_tokens":80,"cache_creation_input_tokens":7}}"#;
        let tokens = usage_of_response(Dialect::AnthropicMessages, body).unwrap().tokens;
        assert_eq!((tokens.input, tokens.cached_input, tokens.cache_write), (10, 80, 7));
    }

    proptest! {
        #[test]
        fn classes_are_never_negative_and_add_up_to_what_was_reported(
            prompt in 0..1_000_000_i64, cached in -5..2_000_000_i64,
            completion in 0..1_000_000_i64, reasoning in -5..2_000_000_i64,
        ) {
            let body = format!(
                r#"{{"usage":{{"prompt_tokens":{prompt},"completion_tokens":{completion},
                "prompt_tokens_details":{{"cached_tokens":{cached}}},
                "completion_tokens_details":{{"reasoning_tokens":{reasoning}}}}}}}"#
            );
            let tokens = usage_of_response(Dialect::OpenAiChat, body.as_bytes()).unwrap().tokens;
            prop_assert_eq!(tokens.total(), prompt + completion);
            prop_assert!([tokens.input, tokens.cached_input, tokens.output, tokens.reasoning]
                .iter().all(|count| *count >= 0));
        }
    }
}
