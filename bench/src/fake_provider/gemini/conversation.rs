//! What a conversation has to look like: whose turn it is, and that every call has its result.

use serde_json::Value;

use super::{service::Service, thought_signature};
use crate::fake_provider::vendor::Fault;

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
    check_calls(contents)?;
    thought_signature::check(contents, service)
}

/// What the user said last; nothing if the last content brings results of functions.
pub(super) fn last_user_text(contents: &[Value]) -> Option<String> {
    let last = contents.last()?;
    let parts = last["parts"].as_array()?;
    let is_said = last["role"] != "model" && count(last, "functionResponse") == 0;
    let texts = parts.iter().filter_map(|part| part["text"].as_str());
    is_said.then(|| texts.collect::<Vec<_>>().join(" "))
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
fn check_calls(contents: &[Value]) -> Result<(), Fault> {
    let mut calls_before = 0;
    for (index, content) in contents.iter().enumerate() {
        let calls = count(content, "functionCall");
        let results = count(content, "functionResponse");
        let follows_model = index > 0 && contents[index - 1]["role"] == "model";
        if calls > 0 && (index == 0 || follows_model) {
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

fn count(content: &Value, data: &str) -> usize {
    let parts = content["parts"].as_array().into_iter().flatten();
    parts.filter(|part| part.get(data).is_some()).count()
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
    fn turns_that_do_not_fit_are_refused_in_googles_words() {
        let hello = || user(&json!({ "text": "hello" }));
        let words = |contents: &[Value]| refused(contents);
        assert!(words(&[]).contains("contents is not specified"));
        assert!(words(&[call()]).contains("immediately after a user turn"));
        assert!(words(&[result()]).contains("immediately after a function call turn"));
        assert!(words(&[hello(), call(), hello()]).contains("number of function response parts"));
        assert!(words(&[user(&json!({}))]).contains("required oneof field 'data'"));
        let assistant = json!({ "role": "assistant", "parts": [{ "text": "x" }] });
        assert!(words(&[assistant]).contains("valid role: user, model."));
    }
}
