//! An answer as a client of completions reads it: its text alone.

use serde::Serialize;

use super::likelihoods::{self, WrittenLogprobs};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, Response, Stop},
        json, no_place_for,
        openai_response::WrittenUsage,
    },
};

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    usage: WrittenUsage,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: String,
    index: u32,
    logprobs: Option<WrittenLogprobs<'a>>,
    finish_reason: &'static str,
}

pub(in crate::wire::translate) fn write(
    response: &Response,
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    let mut text = String::new();
    for part in &response.parts {
        match part {
            AssistantPart::Text(said) => text.push_str(said),
            AssistantPart::Image(_) => return Err(no_place_for("a picture")),
            AssistantPart::Speech(_) => return Err(no_place_for("speech")),
            AssistantPart::Thought(_)
            | AssistantPart::ToolCall(_)
            | AssistantPart::ServerToolUse(_)
            | AssistantPart::Citation(_)
            | AssistantPart::CacheMark(_) => {}
        }
    }
    let choice = Choice {
        text,
        index: 0,
        logprobs: likelihoods::write(&response.likelihoods, &mut 0),
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
