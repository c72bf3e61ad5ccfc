//! An answer as a client of completions reads it: its text alone.

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, Response, Stop},
        json,
        openai_response::WrittenUsage,
    },
};

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [Choice; 1],
    usage: WrittenUsage,
}

#[derive(Serialize)]
struct Choice {
    text: String,
    index: u32,
    logprobs: Option<()>,
    finish_reason: &'static str,
}

pub(in crate::wire::translate) fn write(
    response: &Response,
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    let texts = response.parts.iter().filter_map(|part| match part {
        AssistantPart::Text(text) => Some(text.as_str()),
        AssistantPart::Thought(_)
        | AssistantPart::ToolCall(_)
        | AssistantPart::ServerToolUse(_)
        | AssistantPart::Citation(_)
        | AssistantPart::CacheMark(_) => None,
    });
    let choice = Choice {
        text: texts.collect(),
        index: 0,
        logprobs: None,
        finish_reason: write_stop(response.stop),
    };
    json(&Completion {
        id: &context.id,
        object: "text_completion",
        created: context.created_at_seconds,
        model: &context.model,
        choices: [choice],
        usage: response.usage.into(),
    })
}

/// No tool can be called here, so nothing ends with a call.
pub(super) const fn write_stop(stop: Stop) -> &'static str {
    match stop {
        Stop::EndOfTurn | Stop::Sequence | Stop::ToolCalls => "stop",
        Stop::OutputLimit => "length",
        Stop::Refusal => "content_filter",
    }
}
