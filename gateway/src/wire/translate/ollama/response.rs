//! A whole answer of Ollama's chat, into the internal representation.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, JsonObject, Response, Stop, Thought, ToolCall, Usage},
        likelihoods::{self, ReadLikelihood},
        nonsense,
    },
    usage::ollama_report,
};

/// A whole answer, or a line of a stream.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) message: Option<Message>,
    #[serde(default)]
    pub(super) done: bool,
    pub(super) done_reason: Option<String>,
    pub(super) error: Option<String>,
    pub(super) logprobs: Option<Vec<ReadLikelihood>>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) content: Option<String>,
    pub(super) thinking: Option<String>,
    pub(super) tool_calls: Option<Vec<CallOfTool>>,
}

#[derive(Deserialize)]
pub(super) struct CallOfTool {
    /// Older servers give none.
    id: Option<String>,
    function: CalledFunction,
}

#[derive(Deserialize)]
struct CalledFunction {
    name: String,
    arguments: Option<Box<RawValue>>,
}

impl CallOfTool {
    /// # Errors
    ///
    /// `Nonsense` where the arguments are no object.
    pub(super) fn read(
        self,
        ordinal: usize,
        context: &TranslationContext,
    ) -> Result<ToolCall, WireError> {
        let CalledFunction { name, arguments } = self.function;
        let arguments = match arguments {
            Some(arguments) => JsonObject::from_json(arguments),
            None => JsonObject::read(""),
        };
        let arguments = arguments.ok_or_else(|| {
            nonsense(format!("the arguments of its call of `{name}` are no JSON object"))
        })?;
        Ok(ToolCall { id: context.tool_call_id(self.id.as_deref(), ordinal), name, arguments })
    }
}

/// Reads a whole answer.
///
/// # Errors
///
/// `Nonsense` where it is none.
pub(in crate::wire::translate) fn read_response(
    body: &[u8],
    context: &TranslationContext,
) -> Result<Response, WireError> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is not an answer of a chat ({error})")))?;
    if let Some(error) = answer.error {
        return Err(nonsense(format!("it is an error: {error}")));
    }
    let message = answer.message.ok_or_else(|| nonsense("it has no message"))?;
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    let thought = said(message.thinking)
        .map(|text| AssistantPart::Thought(Thought { text, signature: None, is_redacted: false }));
    let text = said(message.content).map(AssistantPart::Text);
    let mut parts: Vec<_> = thought.into_iter().chain(text).collect();
    let calls = message.tool_calls.unwrap_or_default();
    let has_calls = !calls.is_empty();
    for (ordinal, call) in calls.into_iter().enumerate() {
        parts.push(AssistantPart::ToolCall(call.read(ordinal, context)?));
    }
    Ok(Response {
        parts,
        stop: read_stop(answer.done_reason.as_deref(), has_calls),
        likelihoods: likelihoods::read(answer.logprobs),
        stop_sequence: None,
        usage: std::str::from_utf8(body).map(read_usage).unwrap_or_default(),
    })
}

pub(super) fn read_stop(reason: Option<&str>, has_calls: bool) -> Stop {
    match reason {
        Some("length") => Stop::OutputLimit,
        _ if has_calls => Stop::ToolCalls,
        _ => Stop::EndOfTurn,
    }
}

pub(super) fn read_usage(answer: &str) -> Usage {
    ollama_report(answer).map(|report| report.tokens.into()).unwrap_or_default()
}
