//! `:generateContent` and `:streamGenerateContent`

use serde_json::{Map, Value, json};

use super::{
    generate_stream, grounding, request::GenerateRequest, service::Service, thought_signature,
    usage,
};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    picture::PNG,
    reply::{Payload, Prepared},
    search,
    vendor_call::VendorCall,
};

/// What the model shows of its thoughts where it is asked to.
const THOUGHT: &str = "**Reading the question**\n\nThe user asks for something. Let me think about \
     it before I answer: “quick” \u{1F914} and <b>careful</b>.\n";

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Manner {
    Whole,
    /// As server-sent events.
    Events,
    /// As one JSON array that comes element by element.
    Array,
}

/// The answer to a call of a model.
pub(super) fn prepare(
    model: String,
    call: &VendorCall<'_>,
    service: Service,
    manner: Manner,
) -> Result<Prepared, Fault> {
    let request = GenerateRequest::read(call.body, service)?;
    let directives = Directives::of(&model)?;
    let mut answer = Answer::to(&request.question(), &directives);
    if request.offers_search() && directives.searches {
        answer.usage.units.searches = 1;
        answer.content = Content::Text(search::said());
    }
    // There is no charge for writing to Google's cache.
    let mut usage = Usage { cache_write: 0, ..answer.usage };
    if directives.is_blocked() {
        usage = Usage { output: 0, reasoning: 0, ..usage };
    }
    let reply = Reply {
        thought: request.wants_thoughts().then_some(THOUGHT),
        draws: request.wants_picture(),
        answer: &answer,
        usage,
        directives: &directives,
        model: &model,
        service,
        serial: call.serial,
    };
    let payload = match manner {
        Manner::Whole => Payload::Whole(reply.whole().to_string()),
        Manner::Events => Payload::Stream(generate_stream::events(&reply)),
        Manner::Array => Payload::Array(generate_stream::array(&reply)),
    };
    Ok(Prepared { model, directives, usage, payload })
}

/// All that an answer is made of.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    pub(super) thought: Option<&'static str>,
    /// A picture stands behind the text.
    pub(super) draws: bool,
    pub(super) answer: &'a Answer,
    pub(super) usage: Usage,
    pub(super) directives: &'a Directives,
    pub(super) model: &'a str,
    pub(super) service: Service,
    pub(super) serial: u64,
}

impl Reply<'_> {
    fn whole(&self) -> Value {
        if self.directives.is_blocked() {
            return self.blocked();
        }
        let mut parts = Vec::new();
        if let Some(thought) = self.thought {
            parts.push(thought_part(thought));
        }
        match &self.answer.content {
            _ if self.directives.finish().is_some() => parts.clear(),
            Content::Text(text) => {
                let signature = thought_signature::of_text();
                parts.push(json!({ "text": text, "thoughtSignature": signature }));
                parts.extend(self.draws.then(picture_part));
            }
            Content::Calls(calls) => {
                parts.extend(calls.iter().enumerate().map(|(index, call)| self.call(index, call)));
            }
        }
        self.chunk(&parts, Some(self.finish_reason()), self.usage)
    }

    /// Answers a prompt that the vendor's filter does not let through.
    pub(super) fn blocked(&self) -> Value {
        let mut answer = json!({ "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" } });
        self.finish_answer(&mut answer, self.usage);
        answer
    }

    /// An answer, or a piece of one, with these parts.
    pub(super) fn chunk(&self, parts: &[Value], finish: Option<&str>, usage: Usage) -> Value {
        let mut candidate = Map::new();
        if !parts.is_empty() {
            candidate.insert("content".to_owned(), json!({ "parts": parts, "role": "model" }));
        }
        if let Some(reason) = finish {
            candidate.insert("finishReason".to_owned(), json!(reason));
            if self.answer.has_searched() {
                candidate.insert("groundingMetadata".to_owned(), grounding::metadata());
            }
        }
        if self.service == Service::AiStudio {
            candidate.insert("index".to_owned(), json!(0));
        }
        let mut answer = json!({ "candidates": [candidate] });
        self.finish_answer(&mut answer, usage);
        answer
    }

    fn finish_answer(&self, answer: &mut Value, usage: Usage) {
        if !self.directives.is_without_usage {
            answer["usageMetadata"] = usage::metadata(usage, self.directives, self.service);
        }
        answer["modelVersion"] = json!(self.model);
        if self.service == Service::Vertex {
            answer["createTime"] = json!("2025-11-13T02:13:20.000000Z");
        }
        answer["responseId"] = json!(format!("fake{:012x}", self.serial));
    }

    /// The part that calls a function. Of several at once the first has the signature.
    pub(super) fn call(&self, index: usize, call: &ToolCall) -> Value {
        let args: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        let mut function = json!({ "name": call.name, "args": args });
        if self.service == Service::AiStudio {
            function["id"] = json!(format!("fake{:08x}{index:04x}", self.serial));
        }
        let mut part = json!({ "functionCall": function });
        if index == 0 {
            part["thoughtSignature"] = json!(thought_signature::of_call(&call.name));
        }
        part
    }

    pub(super) fn finish_reason(&self) -> &'static str {
        match self.directives.finish() {
            Some(reason) => reason,
            None if self.answer.is_cut_at_limit => "MAX_TOKENS",
            None => "STOP",
        }
    }
}

pub(super) fn picture_part() -> Value {
    json!({ "inlineData": { "mimeType": "image/png", "data": PNG } })
}

/// A part that is a thought.
pub(super) fn thought_part(text: &str) -> Value {
    json!({ "text": text, "thought": true })
}
