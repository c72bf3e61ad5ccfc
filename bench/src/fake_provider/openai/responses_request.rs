//! What the fake reads of a request of the Responses API. Fields that it does not know are let be.

use serde_json::{Value, json};

use super::{responses_history, responses_search};
use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice},
    fault::Fault,
    spelled_out::Turn,
};

/// One request.
#[derive(Debug)]
pub(super) struct ResponsesRequest(Value);

impl ResponsesRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        let read: Value =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        Ok(Self(read))
    }

    pub(super) fn model(&self) -> Result<String, Fault> {
        self.field("model").as_str().map(str::to_owned).ok_or(Fault::MissingField("model"))
    }

    /// Refuses what OpenAI would: what it does not have, and a history that does not add up.
    pub(super) fn check(&self) -> Result<(), Fault> {
        if let Some(id) = self.field("previous_response_id").as_str() {
            return Err(Fault::Invalid(format!("Previous response with id '{id}' not found.")));
        }
        match self.field("input") {
            Value::String(_) => Ok(()),
            Value::Array(items) => {
                responses_search::check(items)?;
                responses_history::check(items)
            }
            _ => Err(Fault::MissingField("input")),
        }
    }

    pub(super) fn is_streaming(&self) -> bool {
        *self.field("stream") == json!(true)
    }

    /// Whether the model thinks: this one does where it is asked how hard.
    pub(super) fn wants_thought(&self) -> bool {
        self.field("reasoning")["effort"].as_str().is_some_and(|effort| effort != "none")
    }

    /// Whether the thought is told in words.
    pub(super) fn wants_summary(&self) -> bool {
        self.field("reasoning")["summary"].is_string()
    }

    /// Whether the thought goes to the client, sealed, as it has to where nothing is stored.
    pub(super) fn wants_encrypted_thought(&self) -> bool {
        self.includes("reasoning.encrypted_content")
    }

    /// Whether the model may search the web.
    pub(super) fn offers_search(&self) -> bool {
        self.tools().any(responses_search::is_search)
    }

    /// Whether the pages that a search has looked at are told.
    pub(super) fn wants_sources(&self) -> bool {
        self.includes("web_search_call.action.sources")
    }

    fn includes(&self, field: &str) -> bool {
        let included = self.field("include").as_array();
        included.is_some_and(|fields| fields.iter().any(|it| it == field))
    }

    /// Whether a tool of this name takes any text, and no JSON.
    pub(super) fn is_custom(&self, name: &str) -> bool {
        self.tools().any(|tool| tool["type"] == "custom" && tool["name"] == name)
    }

    /// The tools as an answer repeats them: strict unless they say otherwise.
    pub(super) fn told_tools(&self) -> Vec<Value> {
        let mut tools: Vec<Value> = self.tools().cloned().collect();
        for tool in &mut tools {
            if tool["type"] == "function" && !tool["strict"].is_boolean() {
                tool["strict"] = json!(true);
            }
        }
        tools
    }

    pub(super) fn field(&self, name: &str) -> &Value {
        &self.0[name]
    }

    pub(super) fn question(&self, body_bytes: usize) -> Question {
        let format = &self.field("text")["format"];
        Question {
            body_bytes,
            output_limit: self.field("max_output_tokens").as_u64(),
            tools: self.tools().filter_map(tool_of).collect(),
            choice: choice_of(self.field("tool_choice")),
            may_call_several: *self.field("parallel_tool_calls") != json!(false),
            last_user_text: self.last_user_text(),
            turns: self.turns(),
            answer_schema: (format["type"] == "json_schema").then(|| format["schema"].clone()),
        }
    }

    fn tools(&self) -> impl Iterator<Item = &Value> {
        self.field("tools").as_array().into_iter().flatten()
    }

    fn items(&self) -> &[Value] {
        self.field("input").as_array().map_or(&[], Vec::as_slice)
    }

    fn last_user_text(&self) -> Option<String> {
        if let Some(text) = self.field("input").as_str() {
            return Some(text.to_owned());
        }
        let is_instruction = |item: &Value| item["role"] == "developer" || item["role"] == "system";
        said(self.items().iter().rev().find(|item| !is_instruction(item))?)
    }

    /// Calls that stand together are one turn.
    fn turns(&self) -> Vec<Turn> {
        if let Some(text) = self.field("input").as_str() {
            return vec![Turn::Said(text.to_owned())];
        }
        let mut turns = Vec::new();
        let mut was_call = false;
        for item in self.items() {
            let is_call =
                matches!(item["type"].as_str(), Some("function_call" | "custom_tool_call"));
            if is_call && !was_call {
                turns.push(Turn::Called);
            }
            was_call = is_call;
            turns.extend(said(item).map(Turn::Said));
        }
        turns
    }
}

/// What the user says in an item: a string, or the text parts of a list.
fn said(item: &Value) -> Option<String> {
    if item["role"] != "user" {
        return None;
    }
    match &item["content"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Vec<_> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            Some(texts.join(" "))
        }
        _ => None,
    }
}

fn tool_of(tool: &Value) -> Option<Tool> {
    let schema = match tool["type"].as_str()? {
        "function" => tool["parameters"].clone(),
        "custom" => json!({ "type": "object", "properties": { "input": { "type": "string" } } }),
        _ => return None,
    };
    Some(Tool { name: tool["name"].as_str()?.to_owned(), schema })
}

fn choice_of(choice: &Value) -> ToolChoice {
    match choice {
        Value::String(choice) if choice == "none" => ToolChoice::Forbidden,
        Value::String(choice) if choice == "required" => ToolChoice::Required,
        Value::Object(choice) => match choice.get("name").and_then(Value::as_str) {
            Some(name) => ToolChoice::Named(name.to_owned()),
            None => ToolChoice::Auto,
        },
        _ => ToolChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(input: &Value) -> Question {
        let tool = json!({ "type": "function", "name": "look", "parameters": {} });
        ResponsesRequest(json!({ "input": input, "tools": [tool] })).question(400)
    }

    #[test]
    fn what_the_user_says_is_read_from_a_string_and_from_parts() {
        let part = json!({ "type": "input_text", "text": "hi" });
        for input in [json!("hi"), json!([{ "role": "user", "content": [part] }])] {
            assert_eq!(question(&input).last_user_text.as_deref(), Some("hi"));
        }
        let result = json!({ "type": "function_call_output", "call_id": "a", "output": "b" });
        let answered = question(&json!([{ "role": "user", "content": "hi" }, result]));
        assert_eq!(answered.last_user_text, None);
    }

    #[test]
    fn calls_that_stand_together_are_one_turn() {
        let call = json!({ "type": "function_call", "call_id": "a" });
        let result = json!({ "type": "function_call_output", "call_id": "a" });
        let input = json!([{ "role": "user", "content": "hi" }, call, call, result, result, call]);
        let expected = [Turn::Said("hi".to_owned()), Turn::Called, Turn::Called];
        assert_eq!(question(&input).turns, expected);
    }
}
