//! A chat completion as a stream of chunks.

use serde_json::{Value, json};

use super::{
    CREATED,
    chat::{FINGERPRINT, StreamWishes, completion_id, finish_reason},
    likelihoods,
    likeness::{Likeness, Told},
};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    script::{Frame, PIECE, Script},
};

/// The whole stream, from the chunk that names the role to `[DONE]`.
pub(super) fn script(
    answer: &Answer,
    directives: &Directives,
    model: &str,
    serial: u64,
    wishes: StreamWishes,
) -> Script {
    let told = directives.likeness.told_in_stream();
    let is_asked = matches!(told, Told::WhenAsked | Told::InXGroq) && wishes.usage;
    let reports_usage = is_asked && !directives.is_without_usage;
    let likeness = directives.likeness;
    let stream = Stream { id: completion_id(serial), model, likeness, serial, reports_usage };
    let mut script = Script::default();
    match &answer.content {
        Content::Text(text) => {
            let start = json!({ "role": "assistant", "content": "", "refusal": null });
            script.push_fixed(stream.delta(&start, None));
            if let Some(asked) = wishes.likelihoods {
                for token in likelihoods::tokens(text) {
                    let mut piece = stream.choice(&json!({ "content": token }), None);
                    let told = likelihoods::told([token].into_iter(), asked);
                    piece["choices"][0]["logprobs"] = told;
                    script.push_piece(event(&piece));
                }
            } else {
                let frame = Frame::around(&stream.delta(&json!({ "content": PIECE }), None));
                script.push_run(frame, text.clone(), directives.chunks, directives.is_stamped);
            }
        }
        Content::Calls(calls) => stream.push_calls(&mut script, calls, directives.chunks),
    }
    let usage = directives.likeness.usage(answer.usage);
    let mut last = stream.choice(&json!({}), Some(finish_reason(answer)));
    if !directives.is_without_usage {
        match told {
            Told::WhenAsked => {}
            Told::InXGroq => last["x_groq"] = json!({ "id": "req_fake", "usage": usage }),
            Told::InLastChunk => last["usage"] = usage.clone(),
            Told::InChoice => last["choices"][0]["usage"] = usage.clone(),
        }
    }
    script.push_fixed(event(&last));
    if reports_usage {
        script.push_fixed(event(&stream.chunk(&json!([]), &usage)));
    }
    script.push_fixed("data: [DONE]\n\n");
    script
}

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

struct Stream<'a> {
    id: String,
    model: &'a str,
    likeness: Likeness,
    serial: u64,
    reports_usage: bool,
}

impl Stream<'_> {
    fn delta(&self, delta: &Value, finish_reason: Option<&str>) -> String {
        event(&self.choice(delta, finish_reason))
    }

    fn choice(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        let choice = json!({
            "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
        });
        self.chunk(&json!([choice]), &Value::Null)
    }

    /// One chunk. Where usage is to be reported, every chunk has the field, as OpenAI's do.
    fn chunk(&self, choices: &Value, usage: &Value) -> Value {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": CREATED,
            "model": self.model, "service_tier": "default", "system_fingerprint": FINGERPRINT,
            "choices": choices,
        });
        if self.reports_usage {
            chunk["usage"] = usage.clone();
        }
        chunk
    }

    fn push_calls(&self, script: &mut Script, calls: &[ToolCall], chunks: usize) {
        for (index, call) in calls.iter().enumerate() {
            if self.likeness.tells_calls_whole() {
                self.push_whole_call(script, index, call);
                continue;
            }
            let opened = json!({
                "index": index, "id": self.likeness.call_id(self.serial, index), "type": "function",
                "function": { "name": call.name, "arguments": "" },
            });
            let mut delta = json!({ "tool_calls": [opened] });
            if index == 0 {
                delta = json!({
                    "role": "assistant", "content": null, "tool_calls": delta["tool_calls"],
                    "refusal": null,
                });
            }
            script.push_fixed(self.delta(&delta, None));
            let piece = json!({ "index": index, "function": { "arguments": PIECE } });
            let frame = Frame::around(&self.delta(&json!({ "tool_calls": [piece] }), None));
            script.push_run(frame, call.arguments.clone(), chunks, false);
        }
    }

    fn push_whole_call(&self, script: &mut Script, index: usize, call: &ToolCall) {
        let piece = json!({
            "index": index, "id": self.likeness.call_id(self.serial, index), "type": "function",
            "function": { "name": call.name, "arguments": PIECE },
        });
        let delta = json!({ "role": "assistant", "content": "", "tool_calls": [piece] });
        script.push_run(Frame::around(&self.delta(&delta, None)), call.arguments.clone(), 1, false);
    }
}
