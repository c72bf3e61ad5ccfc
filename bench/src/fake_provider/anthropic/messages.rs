//! `POST /v1/messages` and `POST /v1/messages/count_tokens`

use serde_json::{Value, json};

use super::{
    messages_request::MessagesRequest, messages_stream, search, thinking::Thought,
    usage::MessageUsage,
};
use crate::fake_provider::{
    answer::{Answer, Content, tokens_in},
    directives::Directives,
    fault::Fault,
    reply::{Payload, Prepared},
};

/// The answer to a request's body; `serial` makes its ids.
pub(in crate::fake_provider) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let model = MessagesRequest::read(body)?.model()?;
    prepare_for(model, body, serial)
}

/// The answer to a request's body that leaves it to others to name the model.
pub(in crate::fake_provider) fn prepare_for(
    model: String,
    body: &[u8],
    serial: u64,
) -> Result<Prepared, Fault> {
    let request = MessagesRequest::read(body)?;
    request.limit()?;
    let directives = Directives::of(&model)?;
    let thought = request.thought()?;
    let mut answer = Answer::to(&request.question(body.len())?, &directives);
    if request.offers_search()? && directives.searches {
        answer.usage.units.searches = 1;
    }
    let usage = answer.usage;
    let payload = if request.is_streaming() {
        Payload::Stream(messages_stream::script(
            thought.as_ref(),
            &answer,
            &directives,
            &model,
            serial,
        ))
    } else {
        let message = message(thought.as_ref(), &answer, &directives, &model, serial);
        Payload::Whole(message.to_string())
    };
    Ok(Prepared { model, directives, usage, payload })
}

/// How many input tokens a request would have. It costs nothing.
pub(in crate::fake_provider) fn count_tokens(body: &[u8]) -> Result<String, Fault> {
    let request = MessagesRequest::read(body)?;
    let directives = Directives::of(&request.model()?)?;
    request.question(body.len())?;
    let count = directives.input_tokens.unwrap_or_else(|| tokens_in(body.len()));
    Ok(json!({ "input_tokens": count }).to_string())
}

pub(super) fn message_id(serial: u64) -> String {
    format!("msg_01fake{serial:018x}")
}

pub(super) fn tool_use_id(serial: u64, index: usize) -> String {
    format!("toolu_01fake{serial:012x}{index:04x}")
}

pub(super) fn stop_reason(answer: &Answer) -> &'static str {
    match answer.content {
        Content::Calls(_) => "tool_use",
        Content::Text(_) if answer.is_cut_at_limit => "max_tokens",
        Content::Text(_) => "end_turn",
    }
}

fn message(
    thought: Option<&Thought>,
    answer: &Answer,
    directives: &Directives,
    model: &str,
    serial: u64,
) -> Value {
    let mut content: Vec<Value> = match &answer.content {
        Content::Text(_) if answer.has_searched() => search::blocks(serial),
        Content::Text(text) => vec![json!({ "type": "text", "text": text })],
        Content::Calls(calls) => calls
            .iter()
            .enumerate()
            .map(|(index, call)| {
                let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
                let id = tool_use_id(serial, index);
                json!({ "type": "tool_use", "id": id, "name": call.name, "input": input })
            })
            .collect(),
    };
    if let Some(Thought { text, signature }) = thought {
        let block = json!({ "type": "thinking", "thinking": text, "signature": signature });
        content.insert(0, block);
    }
    let mut message = json!({
        "model": model, "id": message_id(serial), "type": "message", "role": "assistant",
        "content": content, "stop_reason": stop_reason(answer), "stop_sequence": null,
    });
    if !directives.is_without_usage {
        message["usage"] = json!(MessageUsage::from(answer.usage));
    }
    message
}
