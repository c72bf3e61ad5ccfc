//! `POST /v2/chat`

use serde_json::{Value, json};

use super::{
    chat_request::ChatRequest, chat_stream, citations::Sources, endpoint::id, usage::chat_usage,
};
use crate::fake_provider::{
    answer::{Answer, Content},
    directives::Directives,
    reply::{Payload, Prepared},
    vendor::Fault,
};

pub(super) const PLAN: &str = "I will call what is on offer, and answer with what it finds.";
pub(super) const THOUGHT: &str = "The user asks for something. I had better think first.";

/// What is known of an answer, before it is told whole or in parts.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) thinks: bool,
    pub(super) answer: &'a Answer,
    pub(super) directives: &'a Directives,
    pub(super) sources: Sources,
    pub(super) serial: u64,
}

/// The answer to a request's body; `serial` makes its ids.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request = ChatRequest::read(body)?;
    let model = request.model()?;
    let directives = Directives::of(&model)?;
    let answer = Answer::to(&request.question(body.len()), &directives);
    let told = Told {
        thinks: request.thinks(),
        answer: &answer,
        directives: &directives,
        sources: request.sources(),
        serial,
    };
    let payload = if request.is_streaming() {
        Payload::Stream(chat_stream::script(&told))
    } else {
        Payload::Whole(told.whole().to_string())
    };
    let usage = answer.usage;
    Ok(Prepared { model, directives, usage, payload })
}

pub(super) fn call_id(serial: u64, index: usize, name: &str) -> String {
    format!("{name}_fake{serial:08x}{index:04x}")
}

impl Told<'_> {
    fn whole(&self) -> Value {
        let mut whole = self.ending();
        whole["id"] = json!(id(self.serial));
        whole["message"] = self.message();
        whole
    }

    /// Why the answer ends, and what it took.
    pub(super) fn ending(&self) -> Value {
        let reason = match self.answer.content {
            Content::Calls(_) => "TOOL_CALL",
            Content::Text(_) if self.answer.is_cut_at_limit => "MAX_TOKENS",
            Content::Text(_) => "COMPLETE",
        };
        let mut ending = json!({ "finish_reason": reason });
        if !self.directives.is_without_usage {
            ending["usage"] = chat_usage(self.answer.usage);
        }
        ending
    }

    fn message(&self) -> Value {
        let thought = self.thinks.then(|| json!({ "type": "thinking", "thinking": THOUGHT }));
        let mut content: Vec<Value> = thought.into_iter().collect();
        let mut message = json!({ "role": "assistant" });
        match &self.answer.content {
            Content::Text(text) => {
                let citations = self.sources.cited_by(text, content.len());
                content.push(json!({ "type": "text", "text": text }));
                if !citations.is_empty() {
                    message["citations"] = json!(citations);
                }
            }
            Content::Calls(calls) => {
                let called = calls.iter().enumerate().map(|(index, call)| {
                    let id = call_id(self.serial, index, &call.name);
                    let function = json!({ "name": call.name, "arguments": call.arguments });
                    json!({ "id": id, "type": "function", "function": function })
                });
                message["tool_calls"] = called.collect();
                if !self.thinks {
                    message["tool_plan"] = json!(PLAN);
                }
            }
        }
        if !content.is_empty() {
            message["content"] = json!(content);
        }
        message
    }
}
