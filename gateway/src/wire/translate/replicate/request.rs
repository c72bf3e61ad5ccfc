//! The internal representation, into the input of a language model at Replicate.

use serde::Serialize;

use super::prompt::{self, Prompt};
use crate::wire::{
    LimitField, WireError,
    translate::{
        Target,
        ir::{Asked, Request, Settings},
        json,
        losses::Losses,
        offered_tools,
    },
};

#[derive(Serialize)]
struct Body<'a> {
    input: Input<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<bool>,
}

#[derive(Serialize)]
struct Input<'a> {
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
}

/// The body of a request.
///
/// # Errors
///
/// `Unsupported`, naming the field that cannot be said.
pub(in crate::wire::translate) fn write_request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let Settings {
        answer_format,
        effort,
        thinking,
        top_k,
        seed,
        frequency_penalty,
        presence_penalty,
        log_probabilities,
        media: _,
        voice: _,
        demands: _,
        hints: _,
    } = &request.settings;
    if !offered_tools::without_choice(request, losses)?.is_empty() {
        losses.demand_field("tools".into())?;
    }
    losses.demand(answer_format.as_ref())?;
    losses.demand(log_probabilities.as_ref())?;
    losses.hint(effort.as_ref());
    losses.hint(thinking.as_ref());
    losses.hint(request.user.as_ref());
    let Prompt { system, text } = prompt::of_turns(&request.turns, losses)?;
    let is_newer = target.limit_field == LimitField::MaxCompletionTokens;
    json(&Body {
        input: Input {
            prompt: &text,
            system_prompt: system.as_deref(),
            max_tokens: request.output_limit.filter(|_| !is_newer),
            max_completion_tokens: request.output_limit.filter(|_| is_newer),
            temperature: request.temperature,
            top_p: request.top_p,
            top_k: Asked::value_of(top_k.as_ref()),
            stop_sequences: write_stop(&request.stop, losses)?,
            seed: Asked::value_of(seed.as_ref()),
            frequency_penalty: Asked::value_of(frequency_penalty.as_ref()),
            presence_penalty: Asked::value_of(presence_penalty.as_ref()),
        },
        stream: request.stream.then_some(true),
    })
}

/// They are one text with commas between them.
fn write_stop(stop: &[String], losses: &mut Losses) -> Result<Option<String>, WireError> {
    if stop.iter().any(|sequence| sequence.contains(',')) {
        losses.demand_field("stop".into())?;
        return Ok(None);
    }
    Ok((!stop.is_empty()).then(|| stop.join(",")))
}
