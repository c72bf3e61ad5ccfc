//! What a conversation has to look like: whose turn it is, and that every call has its result.

use serde_json::Value;

use super::{service::Service, thought_signature};
use crate::fake_provider::{fault::Fault, spelled_out};

/// What a part may hold, of which it holds exactly one.
const DATA: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// Refuses contents that the API refuses, in its words.
pub(super) fn check(contents: &[Value], service: Service) -> Result<(), Fault> {
    if contents.is_empty() {
        return refuse(match service {
            Service::AiStudio => "* GenerateContentRequest.contents: contents is not specified\n",
            Service::Vertex => {
                "Unable to submit request because at least one contents field is required. Learn \
                 more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/gemini"
            }
        });
    }
    for (index, content) in contents.iter().enumerate() {
        check_role(content)?;
        check_parts(index, content)?;
    }
    let turns = turns(contents);
    check_calls(&turns)?;
    thought_signature::check(&turns, service)
}

/// What the user said last; nothing if the last content brings results of functions.
pub(super) fn last_user_text(contents: &[Value]) -> Option<String> {
    let last = turns(contents).pop()?;
    let is_said = !last.is_models && last.count("functionResponse") == 0;
    let texts = last.parts.iter().filter_map(|(_, part)| part["text"].as_str());
    is_said.then(|| texts.collect::<Vec<_>>().join(" "))
}

/// What was said and called so far.
pub(super) fn said_and_called(contents: &[Value]) -> Vec<spelled_out::Turn> {
    let turn = |turn: Turn<'_>| {
        if turn.is_models {
            return (turn.count("functionCall") > 0).then_some(spelled_out::Turn::Called);
        }
        let texts = turn.parts.iter().filter_map(|(_, part)| part["text"].as_str());
        Some(spelled_out::Turn::Said(texts.collect::<Vec<_>>().join(" ")))
    };
    turns(contents).into_iter().filter_map(turn).collect()
}

/// Every text of some contents, put together.
pub(super) fn texts(contents: &[Value]) -> String {
    let parts = contents.iter().filter_map(|content| content["parts"].as_array()).flatten();
    parts.filter_map(|part| part["text"].as_str()).collect()
}

fn check_role(content: &Value) -> Result<(), Fault> {
    match content["role"].as_str() {
        None | Some("" | "user" | "model" | "function") => Ok(()),
        Some(_) => refuse("Please use a valid role: user, model."),
    }
}

fn check_parts(index: usize, content: &Value) -> Result<(), Fault> {
    let place = format!("GenerateContentRequest.contents[{index}].parts");
    let parts = content["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    if parts.is_empty() {
        return refuse(format!("* {place}: contents.parts must not be empty.\n"));
    }
    for (index, part) in parts.iter().enumerate() {
        if DATA.iter().filter(|data| part.get(**data).is_some()).count() != 1 {
            return refuse(format!(
                "* {place}[{index}].data: required oneof field 'data' must have one initialized \
                 field\n"
            ));
        }
    }
    Ok(())
}

/// Calls follow the user or results; results follow calls, one for each.
fn check_calls(turns: &[Turn<'_>]) -> Result<(), Fault> {
    let mut calls_before = 0;
    for (index, turn) in turns.iter().enumerate() {
        let calls = turn.count("functionCall");
        let results = turn.count("functionResponse");
        if calls > 0 && (index == 0 || !turn.is_models) {
            return refuse(
                "Please ensure that function call turn comes immediately after a user turn or \
                 after a function response turn.",
            );
        }
        if results > 0 && calls_before == 0 {
            return refuse(
                "Please ensure that function response turn comes immediately after a function call \
                 turn.",
            );
        }
        if calls_before != results {
            return refuse(
                "Please ensure that the number of function response parts is equal to the number \
                 of function call parts of the function call turn.",
            );
        }
        calls_before = calls;
    }
    Ok(())
}

/// Contents of one side that follow each other: a stream is handed back chunk by chunk.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) is_models: bool,
    /// Each part with the place of its content.
    pub(super) parts: Vec<(usize, &'a Value)>,
}

impl Turn<'_> {
    fn count(&self, data: &str) -> usize {
        self.parts.iter().filter(|(_, part)| part.get(data).is_some()).count()
    }
}

fn turns(contents: &[Value]) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let is_models = content["role"] == "model";
        let parts = content["parts"].as_array().into_iter().flatten().map(|part| (index, part));
        match turns.last_mut() {
            Some(turn) if turn.is_models == is_models => turn.parts.extend(parts),
            _ => turns.push(Turn { is_models, parts: parts.collect() }),
        }
    }
    turns
}

fn refuse<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Invalid(message.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(part: &Value) -> Value {
        json!({ "role": "user", "parts": [part] })
    }

    fn call() -> Value {
        let signature = thought_signature::of_call("look");
        let part = json!({ "functionCall": { "name": "look" }, "thoughtSignature": signature });
        json!({ "role": "model", "parts": [part] })
    }

    fn result() -> Value {
        user(&json!({ "functionResponse": { "name": "look", "response": {} } }))
    }

    fn refused(contents: &[Value]) -> String {
        check(contents, Service::AiStudio).err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_call_with_its_result_is_a_conversation() {
        let hello = user(&json!({ "text": "hello" }));
        assert_eq!(refused(&[hello.clone(), call(), result()]), "");
        assert_eq!(refused(&[hello.clone(), call(), result(), call(), result()]), "");
        assert_eq!(last_user_text(&[hello.clone(), call(), result()]), None);
        assert_eq!(last_user_text(&[hello]).as_deref(), Some("hello"));
    }

    #[test]
    fn a_turn_may_come_back_in_the_chunks_of_its_stream() {
        let hello = user(&json!({ "text": "hello" }));
        let chunk = |part: Value| json!({ "role": "model", "parts": [part] });
        let thought = chunk(json!({ "text": "Hm.", "thought": true }));
        let second = chunk(json!({ "functionCall": { "name": "look" } }));
        let end = chunk(json!({ "text": "" }));
        assert_eq!(refused(&[hello, thought, call(), second, end, result(), result()]), "");
    }

    #[test]
    fn turns_that_do_not_fit_are_refused_in_googles_words() {
        let hello = || user(&json!({ "text": "hello" }));
        let words = |contents: &[Value]| refused(contents);
        assert!(words(&[]).contains("contents is not specified"));
        assert!(words(&[call()]).contains("immediately after a user turn"));
        let by_user = user(&json!({ "functionCall": { "name": "look" } }));
        assert!(words(&[by_user]).contains("immediately after a user turn"));
        assert!(words(&[result()]).contains("immediately after a function call turn"));
        assert!(words(&[hello(), call(), hello()]).contains("number of function response parts"));
        assert!(words(&[user(&json!({}))]).contains("required oneof field 'data'"));
        let assistant = json!({ "role": "assistant", "parts": [{ "text": "x" }] });
        assert!(words(&[assistant]).contains("valid role: user, model."));
    }
}
