//! Thoughts: shown before the answer where the request asks for them, signed, and demanded back
//! unchanged, with the errors of the API where they are not.
//! <https://platform.claude.com/docs/en/build-with-claude/extended-thinking>

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::fake_provider::vendor::Fault;

const THOUGHT: &str = "The user asks for something. Let me think about it before I answer: \
     “quick” \u{1F914} and <b>careful</b>.";
const KEY: &[u8] = b"what only the vendor knows";
/// The least budget that the API takes, in tokens.
const LEAST_BUDGET_TOKENS: u64 = 1_024;

/// What the model thought, and the proof of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fake_provider) struct Thought {
    pub(in crate::fake_provider) text: &'static str,
    pub(in crate::fake_provider) signature: String,
}

/// The thought before the answer; nothing where none is asked for.
///
/// # Errors
///
/// What the API says to a configuration, or to thoughts sent back, that it does not accept.
pub(in crate::fake_provider) fn before_answer(
    config: Option<&Value>,
    max_tokens: u64,
    samples: &[(&str, bool)],
    messages: &Value,
) -> Result<Option<Thought>, Fault> {
    check_signatures(messages)?;
    let budget = match config.and_then(|config| config["type"].as_str()) {
        None | Some("disabled") => return Ok(None),
        Some("adaptive") => None,
        Some("enabled") => Some(config.and_then(|config| config["budget_tokens"].as_u64())),
        Some(other) => return refuse(format!("thinking: Input tag '{other}' found using 'type'")),
    };
    if let Some((field, _)) = samples.iter().find(|(_, is_given)| *is_given) {
        return refuse(format!(
            "`{field}` may only be set to its default when thinking is enabled or in adaptive \
             mode."
        ));
    }
    match budget {
        Some(None) => return refuse("thinking.enabled.budget_tokens: Field required".to_owned()),
        Some(Some(tokens)) if tokens < LEAST_BUDGET_TOKENS => {
            return refuse(format!(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to \
                 {LEAST_BUDGET_TOKENS}"
            ));
        }
        Some(Some(tokens)) if tokens >= max_tokens => {
            return refuse(
                "`max_tokens` must be greater than `thinking.budget_tokens`.".to_owned(),
            );
        }
        Some(Some(_)) => check_last_turn(messages)?,
        None => {}
    }
    Ok(Some(Thought { text: THOUGHT, signature: signature_of(THOUGHT) }))
}

fn refuse<T>(message: String) -> Result<T, Fault> {
    Err(Fault::Invalid(message))
}

fn signature_of(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

fn check_signatures(messages: &Value) -> Result<(), Fault> {
    for (turn, message) in messages.as_array().into_iter().flatten().enumerate() {
        for (index, block) in message["content"].as_array().into_iter().flatten().enumerate() {
            let expected = || block["thinking"].as_str().map(signature_of);
            if block["type"] == "thinking" && block["signature"].as_str() != expected().as_deref() {
                return refuse(format!(
                    "messages.{turn}.content.{index}: Invalid `signature` in `thinking` block"
                ));
            }
        }
    }
    Ok(())
}

/// With a budget, a turn that called tools has to begin with the thought behind it.
fn check_last_turn(messages: &Value) -> Result<(), Fault> {
    let messages = messages.as_array().map(Vec::as_slice).unwrap_or_default();
    let last = messages.iter().enumerate().rev().find(|(_, turn)| turn["role"] == "assistant");
    let Some((turn, content)) = last.map(|(turn, message)| (turn, &message["content"])) else {
        return Ok(());
    };
    let calls = content.as_array().into_iter().flatten().any(|block| block["type"] == "tool_use");
    let first = content[0]["type"].as_str().unwrap_or("text");
    if calls && !matches!(first, "thinking" | "redacted_thinking") {
        return refuse(format!(
            "messages.{turn}.content.0.type: Expected `thinking` or `redacted_thinking`, but found \
             `{first}`. When `thinking` is enabled, a final `assistant` message must start with a \
             thinking block."
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(config: &Value, messages: &Value) -> Result<Option<Thought>, Fault> {
        before_answer(Some(config), 4_000, &[("temperature", false)], messages)
    }

    fn turns(thought: &Value) -> Value {
        json!([
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": [thought, { "type": "tool_use" }] },
            { "role": "user", "content": [{ "type": "tool_result" }] },
        ])
    }

    #[test]
    fn a_thought_comes_where_it_is_asked_for() {
        let budget = json!({ "type": "enabled", "budget_tokens": 1_024 });
        assert!(asked(&budget, &json!([])).unwrap().is_some());
        assert!(asked(&json!({ "type": "adaptive" }), &json!([])).unwrap().is_some());
        assert_eq!(asked(&json!({ "type": "disabled" }), &json!([])), Ok(None));
        assert_eq!(before_answer(None, 4_000, &[], &json!([])), Ok(None));
    }

    #[test]
    fn a_budget_is_within_the_answer_and_above_the_least() {
        for tokens in [0, 1_023, 4_000] {
            let budget = json!({ "type": "enabled", "budget_tokens": tokens });
            assert!(asked(&budget, &json!([])).is_err(), "{tokens}");
        }
        assert!(asked(&json!({ "type": "enabled" }), &json!([])).is_err());
    }

    #[test]
    fn a_thought_comes_back_as_it_was_or_is_refused() {
        let config = json!({ "type": "enabled", "budget_tokens": 1_024 });
        let Thought { text, signature } = asked(&config, &json!([])).unwrap().unwrap();
        let block =
            |text: &str| json!({ "type": "thinking", "thinking": text, "signature": signature });
        assert!(asked(&config, &turns(&block(text))).is_ok());
        assert!(asked(&config, &turns(&block("another"))).is_err());
        assert!(asked(&config, &turns(&json!({ "type": "text", "text": "x" }))).is_err());
        let adaptive = json!({ "type": "adaptive" });
        assert!(asked(&adaptive, &turns(&json!({ "type": "text", "text": "x" }))).is_ok());
    }

    #[test]
    fn a_model_that_thinks_takes_no_temperature() {
        let config = json!({ "type": "adaptive" });
        let refused = before_answer(Some(&config), 4_000, &[("temperature", true)], &json!([]));
        assert!(matches!(refused, Err(Fault::Invalid(message)) if message.contains("temperature")));
    }
}
