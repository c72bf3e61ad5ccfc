//! `POST /v1/chat/completions`

use serde::Serialize;
use serde_json::Value;

use super::{
    CREATED,
    chat_request::ChatRequest,
    chat_stream,
    likelihoods::{self, Asked},
    likeness::Likeness,
};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    fault::Fault,
    reply::{Payload, Prepared},
    script::json_of,
};

pub(super) const FINGERPRINT: &str = "fp_fake000001";

/// The answer to a request's body; `serial` makes its ids.
pub(in crate::fake_provider) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    prepare_for(None, body, serial)
}

/// The answer to a request's body, where the model may be named elsewhere.
pub(in crate::fake_provider) fn prepare_for(
    model: Option<String>,
    body: &[u8],
    serial: u64,
) -> Result<Prepared, Fault> {
    let request = ChatRequest::read(body)?;
    let model = model.or_else(|| request.model.clone()).ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    directives.likeness.check(body)?;
    let answer = Answer::to(&request.question(body.len())?, &directives);
    let usage = answer.usage;
    let likelihoods = request.likelihoods()?;
    let payload = if request.is_streaming() {
        let wishes = StreamWishes { usage: request.wants_usage_in_stream(), likelihoods };
        Payload::Stream(chat_stream::script(&answer, &directives, &model, serial, wishes))
    } else {
        Payload::Whole(json_of(&completion(&answer, &directives, &model, serial, likelihoods)))
    };
    Ok(Prepared { model, directives, usage, payload })
}

/// What a stream tells beside the answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct StreamWishes {
    pub(super) usage: bool,
    pub(super) likelihoods: Option<Asked>,
}

pub(super) fn completion_id(serial: u64) -> String {
    format!("chatcmpl-fake{serial:016x}")
}

pub(super) fn call_id(serial: u64, index: usize) -> String {
    format!("call_fake{serial:012x}{index:04x}")
}

pub(super) fn finish_reason(answer: &Answer) -> &'static str {
    match answer.content {
        Content::Calls(_) => "tool_calls",
        Content::Text(_) if answer.is_cut_at_limit => "length",
        Content::Text(_) => "stop",
    }
}

#[derive(Debug, Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
    service_tier: &'static str,
    system_fingerprint: &'static str,
}

#[derive(Debug, Serialize)]
struct Choice<'a> {
    index: u32,
    message: Message<'a>,
    logprobs: Option<Value>,
    finish_reason: &'static str,
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<Vec<Call<'a>>>,
    refusal: Option<()>,
    annotations: [(); 0],
}

#[derive(Debug, Serialize)]
struct Call<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: &'a str,
}

fn completion<'a>(
    answer: &'a Answer,
    directives: &Directives,
    model: &'a str,
    serial: u64,
    likelihoods: Option<Asked>,
) -> Completion<'a> {
    let (content, tool_calls) = match &answer.content {
        Content::Text(text) => (Some(text.as_str()), None),
        Content::Calls(calls) => (None, Some(tool_calls(calls, directives.likeness, serial))),
    };
    Completion {
        id: completion_id(serial),
        object: "chat.completion",
        created: CREATED,
        model,
        choices: [Choice {
            index: 0,
            message: Message {
                role: "assistant",
                content,
                tool_calls,
                refusal: None,
                annotations: [],
            },
            logprobs: content
                .zip(likelihoods)
                .map(|(text, asked)| likelihoods::told(likelihoods::tokens(text), asked)),
            finish_reason: finish_reason(answer),
        }],
        usage: (!directives.is_without_usage).then(|| directives.likeness.usage(answer.usage)),
        service_tier: "default",
        system_fingerprint: FINGERPRINT,
    }
}

fn tool_calls(calls: &[ToolCall], likeness: Likeness, serial: u64) -> Vec<Call<'_>> {
    calls
        .iter()
        .enumerate()
        .map(|(index, ToolCall { name, arguments })| Call {
            id: likeness.call_id(serial, index),
            kind: "function",
            function: Function { name, arguments },
        })
        .collect()
}
