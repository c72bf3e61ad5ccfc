//! The rules of a conversation, beyond its shape, in the service's own words.

use serde_json::Value;

use crate::fake_provider::vendor::Fault;

/// Refuses a conversation that does not go as one.
pub(super) fn check(messages: &[Value], has_tools: bool) -> Result<(), Fault> {
    check_turns(messages)?;
    for (turn, message) in messages.iter().enumerate() {
        check_blocks(turn, message)?;
        let calls = turn.checked_sub(1).map(|before| &messages[before]);
        check_results(turn, &ids(message, "toolResult"), calls)?;
    }
    let is_about_tools =
        |block: &Value| !block["toolUse"].is_null() || !block["toolResult"].is_null();
    if !has_tools && messages.iter().flat_map(blocks).any(is_about_tools) {
        return refuse(
            "The toolConfig field must be defined when using toolUse and toolResult content \
             blocks."
                .to_owned(),
        );
    }
    Ok(())
}

/// The blocks of a message.
pub(super) fn blocks(message: &Value) -> impl Iterator<Item = &Value> {
    message["content"].as_array().into_iter().flatten()
}

fn refuse(message: String) -> Result<(), Fault> {
    Err(Fault::Invalid(message))
}

fn check_turns(messages: &[Value]) -> Result<(), Fault> {
    let mut roles =
        messages.iter().map(|message| &message["role"]).filter(|role| *role != "system");
    let Some(mut before) = roles.next().filter(|role| *role == "user") else {
        return refuse(
            "A conversation must start with a user message. Try again with a conversation that \
             starts with a user message."
                .to_owned(),
        );
    };
    for role in roles {
        if role == before {
            return refuse(
                "A conversation must alternate between user and assistant roles. Make sure the \
                 conversation alternates between user and assistant roles and try again."
                    .to_owned(),
            );
        }
        before = role;
    }
    Ok(())
}

fn check_blocks(turn: usize, message: &Value) -> Result<(), Fault> {
    if blocks(message).next().is_none() {
        return refuse(format!(
            "The content field in the Message object at messages.{turn} is empty. Add a \
             ContentBlock object to the content field and try again."
        ));
    }
    let is_blank =
        |block: &Value| block["text"].as_str().is_some_and(|text| text.trim().is_empty());
    match blocks(message).position(is_blank) {
        None => Ok(()),
        Some(index) => refuse(format!(
            "The text field in the ContentBlock object at messages.{turn}.content.{index} is \
             blank. Add text to the text field, and try again."
        )),
    }
}

/// Each call has its result in the next turn, and no other result is there.
fn check_results(turn: usize, results: &[&str], before: Option<&Value>) -> Result<(), Fault> {
    let calls = before.map(|message| ids(message, "toolUse")).unwrap_or_default();
    let missing: Vec<_> = calls.iter().filter(|call| !results.contains(call)).copied().collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return refuse(format!(
            "Expected toolResult blocks at messages.{turn}.content for the following Ids: {missing}"
        ));
    }
    if results.len() > calls.len() {
        return refuse(format!(
            "The number of toolResult blocks at messages.{turn}.content exceeds the number of \
             toolUse blocks of previous turn."
        ));
    }
    Ok(())
}

fn ids<'a>(message: &'a Value, kind: &str) -> Vec<&'a str> {
    blocks(message).filter_map(|block| block[kind]["toolUseId"].as_str()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(role: &str, block: &Value) -> Value {
        json!({ "role": role, "content": [block] })
    }

    fn refused(messages: &[Value]) -> String {
        match check(messages, true) {
            Err(Fault::Invalid(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn user_and_assistant_take_turns_and_the_user_begins() {
        let (user, assistant) = (turn("user", &json!({ "text": "Hi" })), json!({ "text": "Ho" }));
        let assistant = turn("assistant", &assistant);
        assert_eq!(check(&[user.clone(), assistant.clone(), user.clone()], false), Ok(()));
        assert!(refused(&[assistant]).contains("must start with a user message"));
        assert!(refused(&[]).contains("must start with a user message"));
        assert!(refused(&[user.clone(), user]).contains("must alternate"));
    }

    #[test]
    fn nothing_is_empty() {
        let blank = turn("user", &json!({ "text": " " }));
        assert!(refused(&[blank]).contains("messages.0.content.0 is blank"));
        assert!(refused(&[json!({ "role": "user", "content": [] })]).contains("is empty"));
    }

    #[test]
    fn every_call_has_its_result_and_every_result_its_call() {
        let user = turn("user", &json!({ "text": "Hi" }));
        let call = turn("assistant", &json!({ "toolUse": { "toolUseId": "a" } }));
        let result = |id: &str| turn("user", &json!({ "toolResult": { "toolUseId": id } }));
        let told = [user.clone(), call.clone(), result("a")];
        assert_eq!(check(&told, true), Ok(()));
        let Err(Fault::Invalid(message)) = check(&told, false) else { panic!("no tools") };
        assert!(message.contains("toolConfig field must be defined"), "{message}");
        assert!(refused(&[user.clone(), call, result("b")]).contains("following Ids: a"));
        assert!(refused(&[result("a")]).contains("exceeds the number"));
    }
}
