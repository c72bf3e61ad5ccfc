//! What the fake reads of a request of the Responses API. Fields that it does not know are let be.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice, last_user_text},
    fault::Fault,
};

#[derive(Debug, Deserialize)]
pub(super) struct ResponsesRequest {
    pub(super) model: Option<String>,
    stream: Option<bool>,
    input: Option<Value>,
    pub(super) instructions: Option<Value>,
    pub(super) max_output_tokens: Option<u64>,
    tools: Option<Vec<Value>>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    pub(super) metadata: Option<Value>,
    pub(super) store: Option<bool>,
    text: Option<Value>,
}

impl ResponsesRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    pub(super) fn may_call_several(&self) -> bool {
        self.parallel_tool_calls.unwrap_or(true)
    }

    pub(super) fn question(&self, body_bytes: usize) -> Result<Question, Fault> {
        let input = self.input.as_ref().ok_or(Fault::MissingField("input"))?;
        let said = input.as_str().map(str::to_owned).or_else(|| last_user_text(input));
        Ok(Question {
            body_bytes,
            output_limit: self.max_output_tokens,
            tools: self.functions(),
            choice: choice_of(self.tool_choice.as_ref()),
            may_call_several: self.may_call_several(),
            last_user_text: said,
            answer_schema: self
                .text
                .as_ref()
                .and_then(|text| text.pointer("/format/schema"))
                .cloned(),
        })
    }

    fn functions(&self) -> Vec<Tool> {
        let functions = self.tools.iter().flatten().filter(|tool| tool["type"] == "function");
        functions
            .filter_map(|tool| {
                let name = tool["name"].as_str()?.to_owned();
                Some(Tool { name, schema: tool["parameters"].clone() })
            })
            .collect()
    }

    /// The tools as an answer repeats them: strict unless they say otherwise.
    pub(super) fn told_tools(&self) -> Vec<Value> {
        let mut tools = self.tools.clone().unwrap_or_default();
        for tool in &mut tools {
            if tool["type"] == "function" && !tool["strict"].is_boolean() {
                tool["strict"] = json!(true);
            }
        }
        tools
    }

    pub(super) fn told_choice(&self) -> Value {
        self.tool_choice.clone().unwrap_or_else(|| json!("auto"))
    }

    pub(super) fn told_format(&self) -> Value {
        self.text.clone().unwrap_or_else(|| json!({ "format": { "type": "text" } }))
    }
}

fn choice_of(choice: Option<&Value>) -> ToolChoice {
    match choice {
        Some(Value::String(choice)) if choice == "none" => ToolChoice::Forbidden,
        Some(Value::String(choice)) if choice == "required" => ToolChoice::Required,
        Some(choice) => match choice["name"].as_str() {
            Some(name) => ToolChoice::Named(name.to_owned()),
            None => ToolChoice::Auto,
        },
        None => ToolChoice::Auto,
    }
}
