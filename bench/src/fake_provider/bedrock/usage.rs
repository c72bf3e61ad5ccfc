//! Usage as Bedrock reports it: input, cache reads and cache writes are disjoint, and the total is
//! of all three and the output. Reasoning is not told apart.

use serde_json::{Value, json};

use crate::fake_provider::ledger::Usage;

/// `usage` of a conversation; `ttl` is how long what was written is kept.
pub(super) fn token_usage(usage: Usage, ttl: &str) -> Value {
    let written = usage.cache_write;
    let details =
        if written > 0 { json!([{ "ttl": ttl, "inputTokens": written }]) } else { json!([]) };
    json!({
        "inputTokens": usage.input - usage.cached - written, "outputTokens": usage.output,
        "totalTokens": usage.input + usage.output, "cacheReadInputTokens": usage.cached,
        "cacheWriteInputTokens": written, "cacheDetails": details,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_of_all_that_is_told() {
        let usage = Usage {
            input: 100,
            cached: 60,
            cache_write: 10,
            output: 50,
            reasoning: 5,
            ..Usage::default()
        };
        let told = token_usage(usage, "1h");
        assert_eq!((&told["inputTokens"], &told["totalTokens"]), (&json!(30), &json!(150)));
        assert_eq!(told["cacheDetails"], json!([{ "ttl": "1h", "inputTokens": 10 }]));
    }
}
