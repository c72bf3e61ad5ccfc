//! What the fake reads of a chat completion request. Fields that it does not know are let be.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::likelihoods;
use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice, last_user_text},
    fault::Fault,
    spelled_out::turns,
};

#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest<'a> {
    pub(super) model: Option<String>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
    tool_choice: Option<Value>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<Value>,
    logprobs: Option<bool>,
    top_logprobs: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

impl<'a> ChatRequest<'a> {
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Fault> {
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    pub(super) fn wants_usage_in_stream(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false)
    }

    /// What is asked of the likelihoods of tokens; nothing where they are not asked for.
    ///
    /// # Errors
    /// What OpenAI says to more than it tells.
    pub(super) fn likelihoods(&self) -> Result<Option<likelihoods::Asked>, Fault> {
        const MOST_ALTERNATIVES: u64 = 20;
        let alternatives = self.top_logprobs.unwrap_or(0);
        if alternatives > MOST_ALTERNATIVES {
            let said = "Invalid 'top_logprobs': integer above maximum value.";
            return Err(Fault::Invalid(format!("{said} Expected a value <= {MOST_ALTERNATIVES}.")));
        }
        if self.logprobs != Some(true) {
            let said = "'top_logprobs' is only allowed when 'logprobs' is true.";
            return if alternatives == 0 { Ok(None) } else { Err(Fault::Invalid(said.to_owned())) };
        }
        Ok(Some(likelihoods::Asked { alternatives }))
    }

    /// Messages and tools are read only where they can decide the answer.
    pub(super) fn question(&self, body_bytes: usize) -> Result<Question, Fault> {
        let messages = self.messages.ok_or(Fault::MissingField("messages"))?;
        let mut question = Question {
            body_bytes,
            output_limit: self.max_completion_tokens.or(self.max_tokens),
            may_call_several: self.parallel_tool_calls.unwrap_or(true),
            answer_schema: self.answer_schema(),
            ..Question::default()
        };
        if let Some(tools) = self.tools {
            question.tools = tools_of(&parse(tools)?);
            question.choice = choice_of(self.tool_choice.as_ref());
            let messages = parse(messages)?;
            question.last_user_text = last_user_text(&messages);
            question.turns = turns(&messages);
        }
        Ok(question)
    }

    fn answer_schema(&self) -> Option<Value> {
        self.response_format.as_ref()?.pointer("/json_schema/schema").cloned()
    }
}

fn parse(raw: &RawValue) -> Result<Value, Fault> {
    serde_json::from_str(raw.get()).map_err(|error| Fault::NotJson(error.to_string()))
}

fn tools_of(tools: &Value) -> Vec<Tool> {
    let functions = tools.as_array().into_iter().flatten().filter_map(|tool| tool.get("function"));
    functions
        .filter_map(|function| {
            let name = function.get("name")?.as_str()?.to_owned();
            let schema = function.get("parameters").cloned().unwrap_or_default();
            Some(Tool { name, schema })
        })
        .collect()
}

fn choice_of(choice: Option<&Value>) -> ToolChoice {
    match choice {
        Some(Value::String(choice)) if choice == "none" => ToolChoice::Forbidden,
        // The latter is Mistral's word.
        Some(Value::String(choice)) if choice == "required" || choice == "any" => {
            ToolChoice::Required
        }
        Some(choice) => match choice.pointer("/function/name").and_then(Value::as_str) {
            Some(name) => ToolChoice::Named(name.to_owned()),
            None => ToolChoice::Auto,
        },
        None => ToolChoice::Auto,
    }
}
