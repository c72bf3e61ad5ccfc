//! `POST /model/{model}/converse` and `/converse-stream`

use serde_json::{Value, json};

use super::{
    converse_request::{ConverseRequest, tool_use},
    converse_stream,
    thought::Reasoning,
    usage::token_usage,
};
use crate::fake_provider::{
    answer::{Answer, Content},
    directives::Directives,
    reply::{Payload, Prepared},
    vendor::Fault,
};

/// What is known of an answer, before it is told whole or in parts.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) reasoning: Option<Reasoning>,
    pub(super) answer: &'a Answer,
    pub(super) directives: &'a Directives,
    pub(super) request: &'a ConverseRequest,
    pub(super) serial: u64,
}

/// The answer to a request's body; `serial` makes its ids.
pub(super) fn prepare(
    model: String,
    body: &[u8],
    serial: u64,
    is_streaming: bool,
) -> Result<Prepared, Fault> {
    let request = ConverseRequest::read(body)?;
    let directives = Directives::of(&model)?;
    let reasoning = request.thought()?;
    let answer = Answer::to(&request.question(body.len())?, &directives);
    let told =
        Told { reasoning, answer: &answer, directives: &directives, request: &request, serial };
    let payload = if is_streaming {
        Payload::Stream(converse_stream::script(&told))
    } else {
        Payload::Whole(told.whole().to_string())
    };
    let usage = answer.usage;
    Ok(Prepared { model, directives, usage, payload })
}

impl Told<'_> {
    fn whole(&self) -> Value {
        let message = json!({ "role": "assistant", "content": self.blocks() });
        let mut whole =
            json!({ "output": { "message": message }, "stopReason": self.stop_reason() });
        self.add_metadata(&mut whole);
        whole
    }

    fn blocks(&self) -> Vec<Value> {
        let thought = self.reasoning.iter().map(Reasoning::block);
        let said = match &self.answer.content {
            Content::Text(text) => vec![json!({ "text": text })],
            Content::Calls(calls) => calls
                .iter()
                .enumerate()
                .map(|(index, call)| {
                    let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
                    tool_use(self.serial, index, &call.name, &input)
                })
                .collect(),
        };
        thought.chain(said).collect()
    }

    pub(super) fn stop_reason(&self) -> &'static str {
        match self.answer.content {
            Content::Calls(_) => "tool_use",
            Content::Text(_) if self.answer.is_cut_at_limit => "max_tokens",
            Content::Text(_) => "end_turn",
        }
    }

    /// Adds what it took: time, tokens, and how it was served.
    pub(super) fn add_metadata(&self, to: &mut Value) {
        let latency = u64::try_from(self.directives.latency.as_millis()).unwrap_or(u64::MAX);
        to["metrics"] = json!({ "latencyMs": latency.max(1) });
        if !self.directives.is_without_usage {
            to["usage"] = token_usage(self.answer.usage, self.request.cache_ttl());
        }
        for (name, value) in self.request.echoed() {
            to[name] = value.clone();
        }
    }
}
