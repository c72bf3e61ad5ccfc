//! Text and calls of tools, whole or as server-sent events.

use serde_json::{Value, json};

use super::{generation_request::GenerationRequest, run::wrapped};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    ledger::Usage,
    reply::{Payload, Prepared},
    script::{Frame, PIECE, Script},
};

/// What fills events up, so that their lengths say less of what is in them.
const PADDING: &str = "abdefghijklmnopqrstuvwxyz";

/// The answer to a request.
pub(super) fn prepare(
    model: String,
    directives: Directives,
    request: &GenerationRequest,
    body_bytes: usize,
) -> Prepared {
    let answer = Answer::to(&request.question(body_bytes), &directives);
    let payload = if request.is_streaming() {
        Payload::Stream(script(&answer, &directives))
    } else {
        let result = result(&answer, &directives, request.is_structured());
        Payload::Whole(wrapped(&result).to_string())
    };
    let usage = answer.usage;
    Prepared { model, directives, usage, payload }
}

fn result(answer: &Answer, directives: &Directives, is_structured: bool) -> Value {
    let mut result = match &answer.content {
        Content::Text(text) if is_structured => {
            // What was cut off at the limit is no object any more.
            let object = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            json!({ "response": object })
        }
        Content::Text(text) => json!({ "response": text }),
        Content::Calls(calls) => json!({ "response": Value::Null, "tool_calls": called(calls) }),
    };
    if !directives.is_without_usage {
        result["usage"] = usage(answer.usage);
    }
    result
}

fn script(answer: &Answer, directives: &Directives) -> Script {
    let mut script = Script::default();
    match &answer.content {
        Content::Text(text) => {
            let frame = Frame::around(&event(&json!({ "response": PIECE, "p": PADDING })));
            script.push_run(frame, text.clone(), directives.chunks, directives.is_stamped);
        }
        Content::Calls(calls) => {
            script.push_fixed(event(&json!({ "response": "", "tool_calls": called(calls) })));
        }
    }
    if !directives.is_without_usage {
        script.push_fixed(event(&json!({ "response": "", "usage": usage(answer.usage) })));
    }
    script.push_fixed("data: [DONE]\n\n");
    script
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn called(calls: &[ToolCall]) -> Value {
    let called = calls.iter().map(|call| {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        json!({ "name": call.name, "arguments": arguments })
    });
    called.collect()
}

fn usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input, "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
    })
}
