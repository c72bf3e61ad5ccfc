//! What the fake reads of a messages request. Fields that it does not know are let be.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    search,
    thinking::{self, Thought},
};
use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice, last_user_text},
    fault::Fault,
    spelled_out::turns,
};

#[derive(Debug, Deserialize)]
pub(super) struct MessagesRequest<'a> {
    model: Option<String>,
    stream: Option<bool>,
    max_tokens: Option<u64>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    tools: Option<Value>,
    tool_choice: Option<Value>,
    output_config: Option<Value>,
    thinking: Option<Value>,
    temperature: Option<Value>,
    top_p: Option<Value>,
    top_k: Option<Value>,
}

impl<'a> MessagesRequest<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))
    }

    pub(super) fn model(&self) -> Result<String, Fault> {
        self.model.clone().ok_or(Fault::MissingField("model"))
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    pub(super) fn limit(&self) -> Result<u64, Fault> {
        self.max_tokens.ok_or(Fault::MissingField("max_tokens"))
    }

    pub(super) fn question(&self, body_bytes: usize) -> Result<Question, Fault> {
        let messages = self.messages.ok_or(Fault::MissingField("messages"))?;
        let choice = self.tool_choice.as_ref();
        let is_serial = choice.is_some_and(|choice| choice["disable_parallel_tool_use"] == true);
        let mut question = Question {
            body_bytes,
            output_limit: self.max_tokens,
            may_call_several: !is_serial,
            answer_schema: self.answer_schema(),
            ..Question::default()
        };
        if let Some(tools) = &self.tools {
            let messages: Value = serde_json::from_str(messages.get())
                .map_err(|error| Fault::NotJson(error.to_string()))?;
            question.tools = tools_of(tools);
            question.choice = choice_of(choice);
            question.last_user_text = last_user_text(&messages);
            question.turns = turns(&messages);
        }
        Ok(question)
    }

    /// What the model thinks before it answers. Reading the conversation for it takes time, so it
    /// is done only where thoughts may be in it.
    pub(super) fn thought(&self) -> Result<Option<Thought>, Fault> {
        let messages = self.messages.map_or("[]", RawValue::get);
        if self.thinking.is_none() && !messages.contains("\"thinking\"") {
            return Ok(None);
        }
        let messages =
            serde_json::from_str(messages).map_err(|error| Fault::NotJson(error.to_string()))?;
        let samples = [
            ("temperature", self.temperature.is_some()),
            ("top_p", self.top_p.is_some()),
            ("top_k", self.top_k.is_some()),
        ];
        thinking::before_answer(self.thinking.as_ref(), self.limit()?, &samples, &messages)
    }

    /// Whether the model may search the web. What it found before is looked at only where there may
    /// be any in the conversation.
    pub(super) fn offers_search(&self) -> Result<bool, Fault> {
        let messages = self.messages.map_or("[]", RawValue::get);
        if messages.contains("encrypted_") || messages.contains("server_tool_use") {
            let messages = serde_json::from_str(messages)
                .map_err(|error| Fault::NotJson(error.to_string()))?;
            search::check(&messages)?;
        }
        Ok(search::is_offered(self.tools.as_ref()))
    }

    fn answer_schema(&self) -> Option<Value> {
        self.output_config.as_ref()?.pointer("/format/schema").cloned()
    }
}

fn tools_of(tools: &Value) -> Vec<Tool> {
    tools
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|tool| {
            let name = tool.get("name")?.as_str()?.to_owned();
            Some(Tool { name, schema: tool.get("input_schema")?.clone() })
        })
        .collect()
}

fn choice_of(choice: Option<&Value>) -> ToolChoice {
    let kind = choice.and_then(|choice| choice.get("type")).and_then(Value::as_str);
    let name = choice.and_then(|choice| choice.get("name")).and_then(Value::as_str);
    match (kind, name) {
        (Some("none"), _) => ToolChoice::Forbidden,
        (Some("any"), _) => ToolChoice::Required,
        (Some("tool"), Some(name)) => ToolChoice::Named(name.to_owned()),
        _ => ToolChoice::Auto,
    }
}
