//! The `demo` provider: answers from inside the gateway, without network or key.
//!
//! It speaks OpenAI's dialect like any provider: streaming at a readable pace, usage, tool calls,
//! embeddings. What it says is made from the question, so that no two conversations read the
//! same, and it never claims to be a model.

mod embeddings;
mod prose;
mod request;
mod stream;

use bytes::Bytes;
use serde_json::{Value, json};

use self::request::Question;
use super::UpstreamBody;
use crate::{kernel::config::UsageShape, wire::Dialect};

/// Answers a request that the pipeline has let through.
pub(super) fn answer(dialect: Dialect, body: &Bytes, is_streaming: bool) -> UpstreamBody {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if dialect == Dialect::OpenAiEmbeddings {
        return whole(dialect, &embeddings::answer(&body));
    }
    let question = Question::read(&body);
    let reply = Reply::to(&question);
    if is_streaming {
        return stream::answer(&question, &reply);
    }
    whole(dialect, &reply.completion(&question))
}

fn whole(dialect: Dialect, answer: &Value) -> UpstreamBody {
    UpstreamBody::whole(dialect, UsageShape::default(), Bytes::from(answer.to_string()))
}

/// What the demo says.
struct Reply {
    text: String,
    tool_call: Option<(String, String)>,
    finish_reason: &'static str,
    usage: Value,
}

impl Reply {
    fn to(question: &Question) -> Self {
        let tool_call = question.tool_to_call();
        let whole = if tool_call.is_some() { String::new() } else { prose::about(question) };
        let limit = question.output_limit.unwrap_or(usize::MAX);
        let words: Vec<&str> = whole.split_inclusive(' ').collect();
        let is_cut = words.len() > limit;
        let text: String = words.into_iter().take(limit).collect();
        let finish_reason = match (&tool_call, is_cut) {
            (Some(_), _) => "tool_calls",
            (None, true) => "length",
            (None, false) => "stop",
        };
        let called = tool_call
            .as_ref()
            .map_or(0, |(name, arguments)| name.len().div_ceil(4) + arguments.len().div_ceil(4));
        let input = question.bytes.div_ceil(4);
        let output = text.split_inclusive(' ').count() + called;
        let usage = json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
        });
        Self { text, tool_call, finish_reason, usage }
    }

    fn completion(&self, question: &Question) -> Value {
        let message = match &self.tool_call {
            Some((name, arguments)) => json!({
                "role": "assistant",
                "content": null,
                "refusal": null,
                "tool_calls": [{
                    "id": question.call_id(),
                    "type": "function",
                    "function": { "name": name, "arguments": arguments },
                }],
            }),
            None => json!({ "role": "assistant", "content": self.text, "refusal": null }),
        };
        json!({
            "id": question.completion_id(),
            "object": "chat.completion",
            "created": 1_767_225_600,
            "model": question.model,
            "choices": [{
                "index": 0,
                "message": message,
                "logprobs": null,
                "finish_reason": self.finish_reason,
            }],
            "usage": self.usage,
        })
    }
}
