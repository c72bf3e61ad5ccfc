//! Thought signatures: given with every call of a function and with the end of a text, and demanded
//! back, as Gemini 3 does. <https://ai.google.dev/gemini-api/docs/thought-signatures>

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{conversation::Turn, message::bytes_of, service::Service};
use crate::fake_provider::fault::Fault;

const KEY: &[u8] = b"what only Google knows";
/// Signatures for calls that no Gemini made, which it is documented to take.
const STAND_INS: [&str; 2] =
    ["context_engineering_is_the_way_to_go", "skip_thought_signature_validator"];

/// The signature of a part that calls this function.
pub(super) fn of_call(function: &str) -> String {
    STANDARD.encode(signed(&format!("call of {function}")))
}

/// The signature at the end of a text.
pub(super) fn of_text() -> String {
    STANDARD.encode(signed("text"))
}

fn signed(what: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY), what.as_bytes())
}

/// Refuses a conversation with a signature that is not its part's, or without the one that it was
/// given since the user last said something.
pub(super) fn check(turns: &[Turn<'_>], service: Service) -> Result<(), Fault> {
    let mut parts = turns.iter().flat_map(|turn| &turn.parts);
    if parts.any(|(_, part)| part["thoughtSignature"].is_string() && !is_valid(part)) {
        return Err(refusal_of_altered(service));
    }
    let begun_at = turns.iter().rposition(is_said).unwrap_or(0);
    for turn in turns.iter().skip(begun_at).filter(|turn| turn.is_models) {
        // Of calls made at once only the first has one.
        let first_call = turn.parts.iter().find(|(_, part)| part["functionCall"].is_object());
        if let Some((content, part)) = first_call
            && part["thoughtSignature"].as_str().unwrap_or_default().is_empty()
        {
            let function = part["functionCall"]["name"].as_str().unwrap_or_default();
            return Err(refusal_of_missing(service, function, content + 1));
        }
    }
    Ok(())
}

/// Whether the user says something, beside results of functions.
fn is_said(turn: &Turn<'_>) -> bool {
    !turn.is_models && turn.parts.iter().any(|(_, part)| part["functionResponse"].is_null())
}

fn is_valid(part: &Value) -> bool {
    let given = part["thoughtSignature"].as_str().unwrap_or_default();
    let function = part["functionCall"]["name"].as_str();
    let expected = function.map_or_else(of_text, of_call);
    let bytes = bytes_of(given);
    let is_stand_in = |name: &str| name == given || bytes.as_deref() == Some(name.as_bytes());
    given.is_empty()
        || bytes == bytes_of(&expected)
        || STAND_INS.iter().any(|name| is_stand_in(name))
}

fn refusal_of_altered(service: Service) -> Fault {
    Fault::Invalid(match service {
        Service::AiStudio => "Corrupted thought signature.".to_owned(),
        Service::Vertex => {
            "Unable to submit request because Thought signature is not valid.. Learn more: \
             https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
                .to_owned()
        }
    })
}

fn refusal_of_missing(service: Service, function: &str, position: usize) -> Fault {
    Fault::Invalid(match service {
        Service::AiStudio => format!(
            "Function call is missing a thought_signature in functionCall parts. This is required \
             for tools to work correctly, and missing thought_signature may lead to degraded model \
             performance. Additional data, function call `default_api:{function}` , position \
             {position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures \
             for more details."
        ),
        Service::Vertex => format!(
            "Unable to submit request because function call `{function}` in the {position}. \
             content block is missing a `thought_signature`. Learn more: \
             https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
        ),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Conversation(Vec<(bool, Vec<Value>)>);

    impl Conversation {
        fn with(signature: &Value) -> Self {
            let look = json!({ "name": "look" });
            let calls = vec![
                json!({ "functionCall": look, "thoughtSignature": signature }),
                json!({ "functionCall": { "name": "go" } }),
            ];
            let results = vec![json!({ "functionResponse": look })];
            Self(vec![(false, vec![json!({ "text": "Hi" })]), (true, calls), (false, results)])
        }

        fn refused(&self) -> Option<String> {
            let turns = self.0.iter().enumerate().map(|(index, (is_models, parts))| Turn {
                is_models: *is_models,
                parts: parts.iter().map(|part| (index, part)).collect(),
            });
            let turns: Vec<_> = turns.collect();
            check(&turns, Service::AiStudio).err().map(|fault| fault.to_string())
        }
    }

    fn refused(signature: &Value) -> Option<String> {
        Conversation::with(signature).refused()
    }

    #[test]
    fn the_first_call_of_a_step_brings_its_signature_back_in_either_alphabet() {
        let signature = of_call("look");
        assert_eq!(refused(&json!(signature)), None);
        let url_safe = signature.replace('+', "-").replace('/', "_");
        assert_eq!(refused(&json!(url_safe.trim_end_matches('='))), None);
    }

    #[test]
    fn a_signature_that_is_missing_or_altered_is_refused_in_googles_words() {
        let missing = refused(&Value::Null).unwrap();
        assert!(missing.contains("`default_api:look` , position 2."), "{missing}");
        for altered in [of_call("go"), of_text(), "AAAA".to_owned(), "no base64".to_owned()] {
            let corrupted = refused(&json!(altered));
            assert_eq!(corrupted.as_deref(), Some("Corrupted thought signature."));
        }
    }

    #[test]
    fn what_stands_in_for_a_signature_by_the_documentation_is_taken() {
        for name in STAND_INS {
            assert_eq!(refused(&json!(name)), None);
            assert_eq!(refused(&json!(STANDARD.encode(name))), None);
        }
    }

    #[test]
    fn turns_before_the_last_may_be_without_theirs() {
        let mut conversation = Conversation::with(&Value::Null);
        conversation.0.push((true, vec![json!({ "text": "A door." })]));
        conversation.0.push((false, vec![json!({ "text": "And now?" })]));
        assert_eq!(conversation.refused(), None);
    }
}
