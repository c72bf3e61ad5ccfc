//! The demo's stream: OpenAI's chunks at a readable pace.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Reply, request::Question};
use crate::providers::UpstreamBody;

/// About the pace of a fast model.
const PAUSE: Duration = Duration::from_millis(12);

/// Streams a reply.
pub(super) fn answer(question: &Question, reply: &Reply) -> UpstreamBody {
    let chunk = |choices: Value, usage: Value| {
        let mut body = json!({
            "id": question.completion_id(),
            "object": "chat.completion.chunk",
            "created": 1_767_225_600,
            "model": question.model,
            "choices": choices,
        });
        if question.wants_usage {
            body["usage"] = usage;
        }
        event(&body.to_string())
    };
    let delta = |delta: Value, finish_reason: Option<&str>| {
        let choices = json!([{
            "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
        }]);
        chunk(choices, Value::Null)
    };
    let first = delta(json!({ "role": "assistant", "content": "" }), None);
    let mut events = Vec::new();
    if let Some((name, arguments)) = &reply.tool_call {
        let head = json!({
            "index": 0, "id": question.call_id(), "type": "function",
            "function": { "name": name, "arguments": "" },
        });
        events.push(delta(json!({ "tool_calls": [head] }), None));
        for part in pieces(arguments) {
            let tail = json!({ "index": 0, "function": { "arguments": part } });
            events.push(delta(json!({ "tool_calls": [tail] }), None));
        }
    }
    for word in reply.text.split_inclusive(' ') {
        events.push(delta(json!({ "content": word }), None));
    }
    events.push(delta(json!({}), Some(reply.finish_reason)));
    if question.wants_usage {
        events.push(chunk(json!([]), reply.usage.clone()));
    }
    events.push(event("[DONE]"));
    let rest = stream::iter(events).then(|event| async {
        sleep(PAUSE).await;
        Ok(event)
    });
    UpstreamBody::Stream { first, rest: rest.boxed() }
}

fn event(data: &str) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

/// The text in pieces of a few characters, as models stream arguments.
fn pieces(text: &str) -> Vec<String> {
    const CHARACTERS: usize = 8;
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(CHARACTERS).map(|piece| piece.iter().collect()).collect()
}
