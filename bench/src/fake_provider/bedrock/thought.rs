//! Thoughts of Anthropic's models in Bedrock's words: `reasoningContent`, with a signature that has
//! to come back as it was.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html>

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::conversation::blocks;
use crate::fake_provider::{
    anthropic::thinking::{self, Thought},
    vendor::Fault,
};

/// What a caller says to be shown a thought that is kept secret.
/// <https://platform.claude.com/docs/en/build-with-claude/extended-thinking>
const REDACTION_TRIGGER: &str = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB";
/// What a secret thought looks like from outside.
const SECRET: &[u8] = b"a thought that only its thinker can read";

/// What comes before the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reasoning {
    Shown(Thought),
    Redacted,
}

impl Reasoning {
    /// The block of a whole answer.
    pub(super) fn block(&self) -> Value {
        let content = match self {
            Self::Shown(Thought { text, signature }) => {
                json!({ "reasoningText": { "text": text, "signature": signature } })
            }
            Self::Redacted => json!({ "redactedContent": secret() }),
        };
        json!({ "reasoningContent": content })
    }
}

/// What Bedrock shows of a secret thought.
pub(super) fn secret() -> String {
    STANDARD.encode(SECRET)
}

/// The thought before the answer; nothing where none is asked for.
pub(super) fn before_answer(
    config: Option<&Value>,
    max_tokens: u64,
    samples: &[(&str, bool)],
    messages: &[Value],
) -> Result<Option<Reasoning>, Fault> {
    check_secrets(messages)?;
    let told = Value::Array(messages.iter().map(in_anthropics_words).collect());
    let thought = thinking::before_answer(config, max_tokens, samples, &told).map_err(relayed)?;
    let is_secret = messages
        .iter()
        .rev()
        .find(|message| message["role"] == "user")
        .is_some_and(|message| blocks(message).any(is_trigger));
    let shown = |thought| if is_secret { Reasoning::Redacted } else { Reasoning::Shown(thought) };
    Ok(thought.map(shown))
}

fn is_trigger(block: &Value) -> bool {
    block["text"].as_str().is_some_and(|text| text.contains(REDACTION_TRIGGER))
}

/// A model's refusal, as Bedrock passes it on.
pub(super) fn relayed(fault: Fault) -> Fault {
    match fault {
        Fault::Invalid(message) => {
            Fault::Invalid(format!("The model returned the following errors: {message}"))
        }
        other => other,
    }
}

fn check_secrets(messages: &[Value]) -> Result<(), Fault> {
    for (turn, message) in messages.iter().enumerate() {
        for (index, block) in blocks(message).enumerate() {
            let given = block["reasoningContent"]["redactedContent"].as_str();
            if given.is_some_and(|given| given != secret()) {
                return Err(relayed(Fault::Invalid(format!(
                    "messages.{turn}.content.{index}: Invalid `data` in `redacted_thinking` block"
                ))));
            }
        }
    }
    Ok(())
}

fn in_anthropics_words(message: &Value) -> Value {
    let content: Vec<Value> = blocks(message).map(block_in_anthropics_words).collect();
    json!({ "role": message["role"], "content": content })
}

fn block_in_anthropics_words(block: &Value) -> Value {
    let reasoning = &block["reasoningContent"];
    let text = &reasoning["reasoningText"];
    if !text.is_null() {
        return json!({
            "type": "thinking", "thinking": text["text"], "signature": text["signature"],
        });
    }
    if !reasoning.is_null() {
        return json!({ "type": "redacted_thinking" });
    }
    let kind = if block["toolUse"].is_null() { "text" } else { "tool_use" };
    json!({ "type": kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(messages: &[Value]) -> Result<Option<Reasoning>, Fault> {
        let config = json!({ "type": "enabled", "budget_tokens": 1_024 });
        before_answer(Some(&config), 4_000, &[], messages)
    }

    fn turn(role: &str, blocks: &Value) -> Value {
        json!({ "role": role, "content": blocks })
    }

    #[test]
    fn a_thought_comes_back_as_it_was_or_is_refused() {
        let user = turn("user", &json!([{ "text": "Hi" }]));
        let thought = asked(std::slice::from_ref(&user)).unwrap().unwrap().block();
        let call = json!({ "toolUse": { "toolUseId": "a" } });
        let result = turn("user", &json!([{ "toolResult": { "toolUseId": "a" } }]));
        let told = |first: &Value| {
            [user.clone(), turn("assistant", &json!([first, call])), result.clone()]
        };
        assert!(asked(&told(&thought)).is_ok());
        let mut changed = thought;
        changed["reasoningContent"]["reasoningText"]["text"] = json!("another");
        let Err(Fault::Invalid(message)) = asked(&told(&changed)) else { panic!("changed") };
        assert!(
            message.starts_with("The model returned the following errors: messages.1.content.0")
        );
        assert!(asked(&told(&json!({ "text": "no thought" }))).is_err());
        let forged = json!({ "reasoningContent": { "redactedContent": "aGk=" } });
        assert!(asked(&told(&forged)).is_err());
    }

    #[test]
    fn a_thought_is_kept_secret_where_that_is_asked_for() {
        let trigger = turn("user", &json!([{ "text": REDACTION_TRIGGER }]));
        let thought = asked(std::slice::from_ref(&trigger)).unwrap().unwrap();
        assert_eq!(thought, Reasoning::Redacted);
        assert!(asked(&[trigger, turn("assistant", &json!([thought.block()]))]).is_ok());
    }
}
