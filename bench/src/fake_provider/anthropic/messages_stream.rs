//! A message as a stream of events.

use serde_json::{Value, json};

use super::{
    messages::{message_id, stop_reason, tool_use_id},
    search,
    thinking::Thought,
    usage::{FinalUsage, MessageUsage},
};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    ledger::Usage,
    script::{Frame, PIECE, Script},
};

/// The whole stream, from `message_start` to `message_stop`.
pub(super) fn script(
    thought: Option<&Thought>,
    answer: &Answer,
    directives: &Directives,
    model: &str,
    serial: u64,
) -> Script {
    let mut script = Script::default();
    script.push_fixed(event("message_start", start(answer, directives, model, serial)));
    if let Some(thought) = thought {
        push_thought(&mut script, thought, directives.chunks);
    }
    let first = usize::from(thought.is_some());
    match &answer.content {
        Content::Text(_) if answer.has_searched() => search::push(&mut script, first, serial),
        Content::Text(text) => push_text(&mut script, first, text, directives),
        Content::Calls(calls) => {
            for (ordinal, call) in calls.iter().enumerate() {
                let id = tool_use_id(serial, ordinal);
                push_call(&mut script, first + ordinal, &id, call, directives.chunks);
            }
        }
    }
    let mut end = json!({
        "delta": { "stop_reason": stop_reason(answer), "stop_sequence": null },
    });
    if !directives.is_without_usage {
        end["usage"] = json!(FinalUsage::from(answer.usage));
    }
    script.push_fixed(event("message_delta", end));
    script.push_fixed(event("message_stop", json!({})));
    script
}

fn start(answer: &Answer, directives: &Directives, model: &str, serial: u64) -> Value {
    let mut message = json!({
        "model": model, "id": message_id(serial), "type": "message", "role": "assistant",
        "content": [], "stop_reason": null, "stop_sequence": null,
    });
    if !directives.is_without_usage {
        // At the start the input is known, and of the output no more than its first token.
        let usage = Usage { output: answer.usage.output.min(1), reasoning: 0, ..answer.usage };
        message["usage"] = json!(MessageUsage::from(usage));
    }
    json!({ "message": message })
}

fn push_thought(script: &mut Script, thought: &Thought, chunks: usize) {
    let block = json!({ "type": "thinking", "thinking": "", "signature": "" });
    script.push_fixed(event("content_block_start", json!({ "index": 0, "content_block": block })));
    let delta = |delta: Value| event("content_block_delta", json!({ "index": 0, "delta": delta }));
    let piece = delta(json!({ "type": "thinking_delta", "thinking": PIECE }));
    script.push_run(Frame::around(&piece), thought.text.to_owned(), chunks, false);
    script.push_fixed(delta(json!({ "type": "signature_delta", "signature": thought.signature })));
    script.push_fixed(event("content_block_stop", json!({ "index": 0 })));
}

fn push_text(script: &mut Script, index: usize, text: &str, directives: &Directives) {
    let block = json!({ "type": "text", "text": "" });
    let start = json!({ "index": index, "content_block": block });
    script.push_fixed(event("content_block_start", start));
    script.push_fixed(event("ping", json!({})));
    let delta = json!({ "type": "text_delta", "text": PIECE });
    let frame =
        Frame::around(&event("content_block_delta", json!({ "index": index, "delta": delta })));
    script.push_run(frame, text.to_owned(), directives.chunks, directives.is_stamped);
    script.push_fixed(event("content_block_stop", json!({ "index": index })));
}

fn push_call(script: &mut Script, index: usize, id: &str, call: &ToolCall, chunks: usize) {
    let block = json!({ "type": "tool_use", "id": id, "name": call.name, "input": {} });
    let start = json!({ "index": index, "content_block": block });
    script.push_fixed(event("content_block_start", start));
    let delta = |json: &str| {
        let delta = json!({ "type": "input_json_delta", "partial_json": json });
        event("content_block_delta", json!({ "index": index, "delta": delta }))
    };
    script.push_fixed(delta(""));
    script.push_run(Frame::around(&delta(PIECE)), call.arguments.clone(), chunks, false);
    script.push_fixed(event("content_block_stop", json!({ "index": index })));
}

/// An event whose name is also its type.
pub(super) fn event(name: &str, rest: Value) -> String {
    let mut data = serde_json::Map::from_iter([("type".to_owned(), json!(name))]);
    if let Value::Object(rest) = rest {
        data.extend(rest);
    }
    format!("event: {name}\ndata: {}\n\n", Value::Object(data))
}
