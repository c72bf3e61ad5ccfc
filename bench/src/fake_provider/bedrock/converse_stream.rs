//! A conversation's answer as a stream of events. Each is a line, its type before its payload,
//! until it is framed.

use serde_json::{Value, json};

use super::{
    converse::Told, converse_request::tool_use_id, frames, frames::PADDING, thought,
    thought::Reasoning,
};
use crate::fake_provider::{
    answer::{Content, ToolCall},
    anthropic::thinking::Thought,
    script::{Frame, PIECE, Script},
};

/// The whole stream, from `messageStart` to `metadata`.
pub(super) fn script(told: &Told<'_>) -> Script {
    let mut script = Script::default();
    script.push_fixed(line("messageStart", json!({ "role": "assistant" })));
    if let Some(reasoning) = &told.reasoning {
        push_reasoning(&mut script, reasoning, told.directives.chunks);
    }
    let first = usize::from(told.reasoning.is_some());
    match &told.answer.content {
        Content::Text(text) => {
            let frame = Frame::around(&delta(first, &json!({ "text": PIECE })));
            let directives = told.directives;
            script.push_run(frame, text.clone(), directives.chunks, directives.is_stamped);
            script.push_fixed(stop(first));
        }
        Content::Calls(calls) => {
            for (ordinal, call) in calls.iter().enumerate() {
                let id = tool_use_id(told.serial, ordinal);
                push_call(&mut script, first + ordinal, &id, call, told.directives.chunks);
            }
        }
    }
    script.push_fixed(line("messageStop", json!({ "stopReason": told.stop_reason() })));
    let mut metadata = json!({});
    told.add_metadata(&mut metadata);
    script.push_fixed(line("metadata", metadata));
    script.sealed_by(frames::event_of_line)
}

fn push_reasoning(script: &mut Script, reasoning: &Reasoning, chunks: usize) {
    let content = |content: Value| delta(0, &json!({ "reasoningContent": content }));
    match reasoning {
        Reasoning::Shown(Thought { text, signature }) => {
            let frame = Frame::around(&content(json!({ "text": PIECE })));
            script.push_run(frame, (*text).to_owned(), chunks, false);
            script.push_fixed(content(json!({ "signature": signature })));
        }
        Reasoning::Redacted => {
            script.push_fixed(content(json!({ "redactedContent": thought::secret() })));
        }
    }
    script.push_fixed(stop(0));
}

fn push_call(script: &mut Script, index: usize, id: &str, call: &ToolCall, chunks: usize) {
    let start = json!({ "toolUse": { "toolUseId": id, "name": call.name } });
    script.push_fixed(line(
        "contentBlockStart",
        json!({ "contentBlockIndex": index, "start": start }),
    ));
    let frame = Frame::around(&delta(index, &json!({ "toolUse": { "input": PIECE } })));
    script.push_run(frame, call.arguments.clone(), chunks, false);
    script.push_fixed(stop(index));
}

fn delta(index: usize, delta: &Value) -> String {
    line("contentBlockDelta", json!({ "contentBlockIndex": index, "delta": delta }))
}

fn stop(index: usize) -> String {
    line("contentBlockStop", json!({ "contentBlockIndex": index }))
}

fn line(kind: &str, mut payload: Value) -> String {
    payload["p"] = json!(PADDING);
    format!("{kind} {payload}")
}
