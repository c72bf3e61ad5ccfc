//! What the fake reads of a conversation's request, once its shape is right.

use serde_json::{Value, json};

use super::{
    conversation::{self, blocks},
    converse_shape::REQUEST,
    thought::{self, Reasoning},
};
use crate::fake_provider::{
    answer::{Question, Tool, ToolChoice},
    fault::Fault,
    spelled_out::turns,
};

/// What a model says at most where the caller sets no limit.
const MODELS_LIMIT: u64 = 64_000;

#[derive(Debug)]
pub(super) struct ConverseRequest(Value);

impl ConverseRequest {
    pub(super) fn read(body: &[u8]) -> Result<Self, Fault> {
        let request: Value =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        REQUEST.check(&request, "")?;
        let request = Self(request);
        conversation::check(request.messages(), !request.0["toolConfig"].is_null())?;
        Ok(request)
    }

    fn messages(&self) -> &[Value] {
        self.0["messages"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn question(&self, body_bytes: usize) -> Result<Question, Fault> {
        Ok(Question {
            body_bytes,
            output_limit: self.0["inferenceConfig"]["maxTokens"].as_u64(),
            tools: self.tools(),
            choice: self.choice(),
            may_call_several: true,
            last_user_text: self.last_user_text(),
            turns: turns(&self.0["messages"]),
            answer_schema: self.answer_schema()?,
        })
    }

    /// What the model thinks before it answers, where a model of Anthropic's is told to.
    pub(super) fn thought(&self) -> Result<Option<Reasoning>, Fault> {
        let (inference, extra) =
            (&self.0["inferenceConfig"], &self.0["additionalModelRequestFields"]);
        let samples = [
            ("temperature", !inference["temperature"].is_null()),
            ("top_p", !inference["topP"].is_null()),
            ("top_k", !extra["top_k"].is_null()),
        ];
        let limit = inference["maxTokens"].as_u64().unwrap_or(MODELS_LIMIT);
        thought::before_answer(extra.get("thinking"), limit, &samples, self.messages())
    }

    /// How long a written cache is kept: what the first cache point says, or else five minutes.
    pub(super) fn cache_ttl(&self) -> &str {
        let messages = self.messages().iter().flat_map(blocks);
        let elsewhere = [&self.0["system"], &self.0["toolConfig"]["tools"]];
        let elsewhere =
            elsewhere.into_iter().flat_map(|list| list.as_array().into_iter().flatten());
        let mut points = elsewhere.chain(messages).map(|block| &block["cachePoint"]);
        points.find_map(|point| point["ttl"].as_str()).unwrap_or("5m")
    }

    /// What of the request is said again in the answer.
    pub(super) fn echoed(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let fields = ["performanceConfig", "serviceTier"];
        fields.into_iter().filter_map(|name| Some((name, self.0.get(name)?)))
    }

    fn tools(&self) -> Vec<Tool> {
        let tools = self.0["toolConfig"]["tools"].as_array().into_iter().flatten();
        tools
            .filter_map(|tool| {
                let specification = &tool["toolSpec"];
                let name = specification["name"].as_str()?.to_owned();
                Some(Tool { name, schema: specification["inputSchema"]["json"].clone() })
            })
            .collect()
    }

    fn choice(&self) -> ToolChoice {
        let choice = &self.0["toolConfig"]["toolChoice"];
        match choice["tool"]["name"].as_str() {
            Some(name) => ToolChoice::Named(name.to_owned()),
            None if choice["any"].is_object() => ToolChoice::Required,
            None => ToolChoice::Auto,
        }
    }

    /// Nothing if the last message is not the user's, or brings a tool's result.
    fn last_user_text(&self) -> Option<String> {
        let last = self.messages().iter().rev().find(|message| message["role"] != "system")?;
        if last["role"] != "user" || blocks(last).any(|block| !block["toolResult"].is_null()) {
            return None;
        }
        let texts = blocks(last).filter_map(|block| block["text"].as_str());
        Some(texts.collect::<Vec<_>>().join(" "))
    }

    fn answer_schema(&self) -> Result<Option<Value>, Fault> {
        let schema = &self.0["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"];
        let Some(text) = schema.as_str() else { return Ok(None) };
        let parsed = serde_json::from_str(text).map(Some);
        parsed.map_err(|_| {
            Fault::Invalid("The schema in outputConfig.textFormat is not valid JSON.".to_owned())
        })
    }
}

/// The id of a call.
pub(super) fn tool_use_id(serial: u64, index: usize) -> String {
    format!("tooluse_fake{serial:012x}{index:04x}")
}

/// The block of one call.
pub(super) fn tool_use(serial: u64, index: usize, name: &str, input: &Value) -> Value {
    json!({ "toolUse": { "toolUseId": tool_use_id(serial, index), "name": name, "input": input } })
}
