//! How many tokens a call may use, before anybody knows.

use crate::{
    metering::{MEDIA_TOKENS, TokenEstimate},
    policy::Clean,
    wire::{self, Dialect, RelayedApi},
};

/// Longer bodies are read for what of them is text: they are mostly pictures.
const JUDGED_BY_LENGTH_BYTES: usize = 64 * 1024;

/// What a session is let through with: nobody opens one while a limit is used up.
const LEAST_TOKENS: i64 = 1;

/// Tokens of the prompt, estimated, and the longest answer. The estimate is put right at the end by
/// what is billed, so it has to be close, and cheap, but not exact.
///
/// A session counts as it goes on, and a batch not at all: its provider works it off within a day,
/// at its own pace.
pub(super) fn tokens_of(clean: &Clean) -> i64 {
    let (call, facts) = (clean.call(), clean.facts());
    let dialect = call.surface.dialect();
    if call.batch.is_some() {
        return 0;
    }
    if dialect == Dialect::Relayed(RelayedApi::Realtime) {
        return LEAST_TOKENS;
    }
    let output = match dialect {
        Dialect::OpenAiEmbeddings => 0,
        _ => facts.output_limit.unwrap_or(clean.model().max_output_tokens),
    };
    let output = output.saturating_mul(facts.choices.max(1));
    prompt_tokens(&call.body).saturating_add(facts.file_tokens).saturating_add(output)
}

fn prompt_tokens(body: &[u8]) -> i64 {
    let mut estimate = TokenEstimate::default();
    if body.len() <= JUDGED_BY_LENGTH_BYTES {
        estimate.add_bytes(body.len() as u64);
        return estimate.tokens();
    }
    let beside = wire::texts_of_request(body, &mut |text| estimate.add_bytes(text.len() as u64));
    estimate.tokens() + beside.media * MEDIA_TOKENS + beside.numbers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tokens(content: &serde_json::Value) -> i64 {
        let body = json!({ "model": "gpt", "messages": [{"role": "user", "content": content}] });
        prompt_tokens(body.to_string().as_bytes())
    }

    #[test]
    fn a_prompt_is_judged_by_its_length_and_a_picture_is_not() {
        assert!((15..=25).contains(&tokens(&json!("hello"))));
        let text = "The quick brown fox. ".repeat(20_000);
        assert!((100_000..=110_000).contains(&tokens(&json!(text))));
        let data = format!("data:image/png;base64,{}", "iVBO".repeat(100_000));
        let picture = json!([{"type": "image_url", "image_url": {"url": data}}]);
        assert!((1_000..=1_010).contains(&tokens(&picture)));
    }
}
