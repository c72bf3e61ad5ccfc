//! What the fake reads of a chat's request. The server is written in Go, whose types refuse what
//! other vendors take: parts for a content, a text for arguments.

use serde_json::{Value, json};

use super::models::known;
use crate::fake_provider::{
    answer::{Question, Tool, last_user_text},
    fault::Fault,
    spelled_out::turns,
};

#[derive(Debug)]
pub(super) struct ChatRequest(Value);

impl ChatRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        let request: Value =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        for message in request["messages"].as_array().into_iter().flatten() {
            check(message)?;
        }
        Ok(Self(request))
    }

    pub(super) fn model(&self) -> Result<String, Fault> {
        known(self.0["model"].as_str().unwrap_or_default())
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.0["stream"] != false
    }

    /// Whether the model is to show what it thinks: `true`, or how hard.
    pub(super) fn thinks(&self) -> bool {
        self.0["think"] == true || self.0["think"].is_string()
    }

    pub(super) fn question(&self, body_bytes: usize) -> Result<Question, Fault> {
        Ok(Question {
            body_bytes,
            // A negative one asks for no limit.
            output_limit: self.0["options"]["num_predict"].as_u64(),
            tools: self.tools(),
            may_call_several: true,
            last_user_text: last_user_text(&self.0["messages"]),
            turns: turns(&self.0["messages"]),
            answer_schema: self.answer_schema()?,
            ..Question::default()
        })
    }

    fn tools(&self) -> Vec<Tool> {
        let tools = self.0["tools"].as_array().into_iter().flatten();
        tools
            .filter_map(|tool| {
                let name = tool["function"]["name"].as_str()?.to_owned();
                Some(Tool { name, schema: tool["function"]["parameters"].clone() })
            })
            .collect()
    }

    fn answer_schema(&self) -> Result<Option<Value>, Fault> {
        match &self.0["format"] {
            Value::Null => Ok(None),
            Value::String(format) if format.is_empty() => Ok(None),
            Value::String(format) if format == "json" => Ok(Some(json!({}))),
            Value::Object(schema) => Ok(Some(Value::Object(schema.clone()))),
            other => Err(Fault::Invalid(format!(
                "invalid format: {other}; expected \"json\" or a valid JSON Schema object"
            ))),
        }
    }
}

fn check(message: &Value) -> Result<(), Fault> {
    if !message["content"].is_string() && !message["content"].is_null() {
        return refuse(&message["content"], "ChatRequest.messages.content", "string");
    }
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        let arguments = &call["function"]["arguments"];
        if !arguments.is_object() && !arguments.is_null() {
            let place = "ChatRequest.messages.tool_calls.function.arguments";
            return refuse(arguments, place, "api.ToolCallFunctionArguments");
        }
    }
    Ok(())
}

fn refuse(value: &Value, place: &str, kind: &str) -> Result<(), Fault> {
    let given = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let message =
        format!("json: cannot unmarshal {given} into Go struct field {place} of type {kind}");
    Err(Fault::Invalid(message))
}
