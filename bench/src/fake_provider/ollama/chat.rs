//! `POST /api/chat`: one object, or one a line, and that unless told otherwise.

use serde_json::{Value, json};

use super::{CREATED_AT, DURATION_NANOS, chat_request::ChatRequest};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    reply::{Payload, Prepared},
    script::{Frame, PIECE, Script},
    vendor::Fault,
};

const THOUGHT: &str = "The user asks for something. I had better think first.";

/// The answer to a request's body.
pub(super) fn prepare(body: &[u8]) -> Result<Prepared, Fault> {
    let request = ChatRequest::read(body)?;
    let model = request.model()?;
    let directives = Directives::of(&model)?;
    let answer = Answer::to(&request.question(body.len())?, &directives);
    let told =
        Told { model: &model, thinks: request.thinks(), answer: &answer, directives: &directives };
    let payload = if request.is_streaming() {
        Payload::Stream(told.script())
    } else {
        Payload::Whole(told.whole().to_string())
    };
    let usage = answer.usage;
    Ok(Prepared { model, directives, usage, payload })
}

struct Told<'a> {
    model: &'a str,
    thinks: bool,
    answer: &'a Answer,
    directives: &'a Directives,
}

impl Told<'_> {
    fn whole(&self) -> Value {
        let mut message = json!({ "role": "assistant", "content": "" });
        if self.thinks {
            message["thinking"] = json!(THOUGHT);
        }
        match &self.answer.content {
            Content::Text(text) => message["content"] = json!(text),
            Content::Calls(calls) => message["tool_calls"] = called(calls),
        }
        self.ending(&message)
    }

    fn script(&self) -> Script {
        let Directives { chunks, is_stamped, .. } = *self.directives;
        let mut script = Script::default();
        if self.thinks {
            let piece = json!({ "role": "assistant", "content": "", "thinking": PIECE });
            script.push_run(Frame::around(&self.line(&piece)), THOUGHT.to_owned(), chunks, false);
        }
        match &self.answer.content {
            Content::Text(text) => {
                let piece = json!({ "role": "assistant", "content": PIECE });
                let frame = Frame::around(&self.line(&piece));
                script.push_run(frame, text.clone(), chunks, is_stamped);
            }
            Content::Calls(calls) => {
                let message =
                    json!({ "role": "assistant", "content": "", "tool_calls": called(calls) });
                script.push_fixed(self.line(&message));
            }
        }
        let last = self.ending(&json!({ "role": "assistant", "content": "" }));
        script.push_fixed(format!("{last}\n"));
        script
    }

    fn line(&self, message: &Value) -> String {
        let line = json!({
            "model": self.model, "created_at": CREATED_AT, "message": message, "done": false,
        });
        format!("{line}\n")
    }

    fn ending(&self, message: &Value) -> Value {
        let reason = if self.answer.is_cut_at_limit { "length" } else { "stop" };
        let mut ending = json!({
            "model": self.model, "created_at": CREATED_AT, "message": message, "done": true,
            "done_reason": reason, "total_duration": 4 * DURATION_NANOS,
            "load_duration": DURATION_NANOS,
        });
        if !self.directives.is_without_usage {
            let usage = self.answer.usage;
            ending["prompt_eval_count"] = json!(usage.input);
            ending["prompt_eval_duration"] = json!(DURATION_NANOS);
            ending["eval_count"] = json!(usage.output);
            ending["eval_duration"] = json!(DURATION_NANOS);
        }
        ending
    }
}

/// Calls, with their arguments as objects.
fn called(calls: &[ToolCall]) -> Value {
    let called = calls.iter().map(|call| {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        json!({ "function": { "name": call.name, "arguments": arguments } })
    });
    called.collect()
}
