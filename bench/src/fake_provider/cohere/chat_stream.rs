//! A chat as a stream of events.

use serde_json::{Value, json};

use super::{
    chat::{PLAN, THOUGHT, Told, call_id},
    endpoint::id,
};
use crate::fake_provider::{
    answer::{Content, ToolCall},
    script::{Frame, PIECE, Script},
};

/// The whole stream, from `message-start` to `[DONE]`.
pub(super) fn script(told: &Told<'_>) -> Script {
    let mut script = Script::default();
    let message = json!({
        "role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": [],
    });
    let start = json!({ "id": id(told.serial), "delta": { "message": message } });
    script.push_fixed(event("message-start", start));
    let chunks = told.directives.chunks;
    if told.thinks {
        push_content(&mut script, 0, "thinking", THOUGHT, chunks, false);
        script.push_fixed(event("content-end", json!({ "index": 0 })));
    }
    match &told.answer.content {
        Content::Text(text) => {
            let index = usize::from(told.thinks);
            push_content(&mut script, index, "text", text, chunks, told.directives.is_stamped);
            for (ordinal, citation) in told.sources.cited_by(text, index).iter().enumerate() {
                let message = json!({ "citations": citation });
                script.push_fixed(delta("citation-start", Some(ordinal), &message));
                script.push_fixed(event("citation-end", json!({ "index": ordinal })));
            }
            script.push_fixed(event("content-end", json!({ "index": index })));
        }
        Content::Calls(calls) => {
            if !told.thinks {
                let piece = delta("tool-plan-delta", None, &json!({ "tool_plan": PLAN }));
                script.push_fixed(piece);
            }
            for (index, call) in calls.iter().enumerate() {
                push_call(&mut script, told.serial, index, call, chunks);
            }
        }
    }
    script.push_fixed(event("message-end", json!({ "delta": told.ending() })));
    script.push_fixed("data: [DONE]\n\n");
    script
}

fn push_content(
    script: &mut Script,
    index: usize,
    kind: &str,
    text: &str,
    chunks: usize,
    is_stamped: bool,
) {
    let opened = json!({ "content": { "type": kind, kind: "" } });
    script.push_fixed(delta("content-start", Some(index), &opened));
    let piece = json!({ "content": { kind: PIECE } });
    let frame = Frame::around(&delta("content-delta", Some(index), &piece));
    script.push_run(frame, text.to_owned(), chunks, is_stamped);
}

fn push_call(script: &mut Script, serial: u64, index: usize, call: &ToolCall, chunks: usize) {
    let opened = json!({ "tool_calls": {
        "id": call_id(serial, index, &call.name), "type": "function",
        "function": { "name": call.name, "arguments": "" },
    } });
    script.push_fixed(delta("tool-call-start", Some(index), &opened));
    let piece = json!({ "tool_calls": { "function": { "arguments": PIECE } } });
    let frame = Frame::around(&delta("tool-call-delta", Some(index), &piece));
    script.push_run(frame, call.arguments.clone(), chunks, false);
    script.push_fixed(event("tool-call-end", json!({ "index": index })));
}

fn delta(kind: &str, index: Option<usize>, message: &Value) -> String {
    let mut data = json!({});
    if let Some(index) = index {
        data["index"] = json!(index);
    }
    data["delta"] = json!({ "message": message });
    event(kind, data)
}

/// An event whose name is also its type.
fn event(kind: &str, rest: Value) -> String {
    let mut data = serde_json::Map::from_iter([("type".to_owned(), json!(kind))]);
    if let Value::Object(rest) = rest {
        data.extend(rest);
    }
    format!("event: {kind}\ndata: {}\n\n", Value::Object(data))
}
