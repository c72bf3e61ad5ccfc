//! What the fake reads of a request for text: messages, or a prompt.

use serde_json::{Value, json};

use super::errors::bad_input;
use crate::fake_provider::{
    answer::{Question, Tool, last_user_text},
    fault::Fault,
    spelled_out::turns,
};

/// What a model says at most where the caller sets no limit.
const DEFAULT_MAX_TOKENS: u64 = 256;

#[derive(Debug)]
pub(super) struct GenerationRequest(Value);

impl GenerationRequest {
    pub(super) fn read(request: Value) -> Result<Self, Fault> {
        if !request["prompt"].is_string() && !request["messages"].is_array() {
            return Err(bad_input(
                "oneOf at '/' not met, 0 matches: required properties at '/' are 'prompt', \
                 required properties at '/' are 'messages'",
            ));
        }
        for (turn, message) in request["messages"].as_array().into_iter().flatten().enumerate() {
            check(turn, message)?;
        }
        let request = Self(request);
        if request.is_streaming() && request.is_structured() {
            return Err(bad_input("JSON Mode is not supported with stream"));
        }
        Ok(request)
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.0["stream"] == true
    }

    /// Whether the answer is told as an object, not as a text.
    pub(super) fn is_structured(&self) -> bool {
        self.0["response_format"].is_object()
    }

    pub(super) fn question(&self, body_bytes: usize) -> Question {
        Question {
            body_bytes,
            output_limit: Some(self.0["max_tokens"].as_u64().unwrap_or(DEFAULT_MAX_TOKENS)),
            tools: self.tools(),
            may_call_several: true,
            last_user_text: self.last_user_text(),
            turns: turns(&self.0["messages"]),
            answer_schema: self.answer_schema(),
            ..Question::default()
        }
    }

    fn last_user_text(&self) -> Option<String> {
        self.0["prompt"].as_str().map(str::to_owned).or_else(|| last_user_text(&self.0["messages"]))
    }

    /// Tools as they are, or each wrapped as a function, as OpenAI has it.
    fn tools(&self) -> Vec<Tool> {
        let tools = self.0["tools"].as_array().into_iter().flatten();
        tools
            .filter_map(|tool| {
                let tool = tool.get("function").unwrap_or(tool);
                let name = tool["name"].as_str()?.to_owned();
                Some(Tool { name, schema: tool["parameters"].clone() })
            })
            .collect()
    }

    /// A schema may be wrapped with its name, as OpenAI has it.
    fn answer_schema(&self) -> Option<Value> {
        let format = &self.0["response_format"];
        match format["type"].as_str()? {
            "json_object" => Some(json!({})),
            "json_schema" => {
                let schema = &format["json_schema"];
                Some(schema.get("schema").unwrap_or(schema).clone())
            }
            _ => None,
        }
    }
}

fn check(turn: usize, message: &Value) -> Result<(), Fault> {
    for field in ["role", "content"] {
        let value = &message[field];
        let is_taken = value.is_string() || (field == "content" && value.is_array());
        let kind = match value {
            Value::Null if message.get(field).is_none() => {
                return Err(bad_input(&format!(
                    "required properties at '/messages/{turn}' are 'role,content'"
                )));
            }
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !is_taken {
            let place = format!("/messages/{turn}/{field}");
            return Err(bad_input(&format!(
                "Type mismatch of '{place}', '{kind}' not in 'string'"
            )));
        }
    }
    Ok(())
}
