//! A whole answer of Workers AI, into the internal representation.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::call::WrittenCall;
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, Response, Usage},
        nonsense,
        openai_response::{self, read_stop},
    },
    usage::workers_ai_report,
};

#[derive(Deserialize)]
struct Body {
    result: Option<Box<RawValue>>,
    errors: Option<Vec<ToldError>>,
}

/// One of the errors that Cloudflare tells.
#[derive(Deserialize)]
pub(super) struct ToldError {
    #[serde(default)]
    message: String,
}

/// What the first error of a list says; none where the list has none.
pub(super) fn first_of(errors: Option<Vec<ToldError>>) -> Option<String> {
    errors?.into_iter().next().map(|error| error.message)
}

#[derive(Deserialize)]
struct Generated {
    response: Option<Box<RawValue>>,
    tool_calls: Option<Vec<WrittenCall>>,
    finish_reason: Option<String>,
    usage: Option<Box<RawValue>>,
    /// What OpenAI's form has in place of all of it.
    choices: Option<IgnoredAny>,
}

/// Reads a whole answer, in either form.
///
/// # Errors
///
/// `Nonsense` where it is none.
pub(in crate::wire::translate) fn read_response(
    body: &[u8],
    context: &TranslationContext,
) -> Result<Response, WireError> {
    let not_one = |error| nonsense(format!("it is no text generation ({error})"));
    let body: Body = serde_json::from_slice(body).map_err(not_one)?;
    if let Some(message) = first_of(body.errors) {
        return Err(nonsense(format!("it is an error: {message}")));
    }
    let result = body.result.ok_or_else(|| nonsense("it has no result"))?;
    let generated: Generated = serde_json::from_str(result.get()).map_err(not_one)?;
    if generated.choices.is_some() {
        return openai_response::read(result.get().as_bytes(), context);
    }
    if generated.response.is_none() && generated.tool_calls.is_none() {
        return Err(nonsense("it has neither a text nor tool calls"));
    }
    let text = generated.response.map(|raw| text_of(&raw)).filter(|text| !text.is_empty());
    let mut parts: Vec<_> = text.into_iter().map(AssistantPart::Text).collect();
    let calls = generated.tool_calls.unwrap_or_default();
    let has_calls = !calls.is_empty();
    for (ordinal, call) in calls.into_iter().enumerate() {
        parts.push(AssistantPart::ToolCall(call.whole(ordinal, context)?));
    }
    Ok(Response {
        parts,
        stop: read_stop(generated.finish_reason.as_deref(), has_calls, false),
        likelihoods: Vec::new(),
        stop_sequence: None,
        usage: read_usage(generated.usage.as_deref()),
    })
}

/// A text; where an object was asked for, it comes as one, and in streams a number as a number.
pub(super) fn text_of(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

pub(super) fn read_usage(raw: Option<&RawValue>) -> Usage {
    let report = raw.and_then(|raw| workers_ai_report(raw.get()));
    report.map(|report| report.tokens.into()).unwrap_or_default()
}
