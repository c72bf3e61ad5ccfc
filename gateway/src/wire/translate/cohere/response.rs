//! A whole answer of Cohere's chat, into the internal representation.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{citations::ReadCitation, likelihoods::LogprobItem};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        content::Content,
        ir::{AssistantPart, JsonObject, Response, Stop, Thought, ToolCall, Usage},
        nonsense,
    },
    usage::cohere_report,
};

#[derive(Deserialize)]
struct Body {
    message: Message,
    finish_reason: Option<String>,
    usage: Option<Box<RawValue>>,
    logprobs: Option<Vec<LogprobItem>>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Content<Block>,
    tool_plan: Option<String>,
    tool_calls: Option<Vec<CallOfTool>>,
    citations: Option<Vec<ReadCitation>>,
}

#[derive(Deserialize)]
struct Block {
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Deserialize)]
struct CallOfTool {
    id: Option<String>,
    function: CalledFunction,
}

#[derive(Deserialize)]
struct CalledFunction {
    name: String,
    arguments: Option<String>,
}

/// Reads a whole answer. What is planned before a call is said before it.
///
/// # Errors
///
/// `Nonsense` where it is none, where it has failed halfway, or where a finished tool call has
/// arguments that are no JSON object.
pub(in crate::wire::translate) fn read_response(
    body: &[u8],
    context: &TranslationContext,
) -> Result<Response, WireError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is not an answer of a chat ({error})")))?;
    let reason = body.finish_reason.as_deref();
    if let Some(failure) = reason.and_then(failure) {
        return Err(nonsense(failure));
    }
    let likelihoods = body.logprobs.into_iter().flatten();
    let likelihoods = likelihoods.filter_map(LogprobItem::into_likelihood).collect();
    let Message { content, tool_plan, tool_calls, citations } = body.message;
    let mut parts = match content {
        Content::Text(text) => vec![AssistantPart::Text(text)],
        Content::Parts(blocks) => blocks.into_iter().filter_map(read_block).collect(),
    };
    let begins_at = beginnings(&parts);
    parts.extend(tool_plan.map(AssistantPart::Text));
    parts.retain(|part| !matches!(part, AssistantPart::Text(text) if text.is_empty()));
    for citation in citations.into_iter().flatten() {
        let block = citation.content_index.unwrap_or(0);
        let cited = citation.citations(begins_at.get(block).copied().unwrap_or(0));
        parts.extend(cited.into_iter().map(AssistantPart::Citation));
    }
    let is_cut = reason == Some("MAX_TOKENS");
    for (index, call) in tool_calls.into_iter().flatten().enumerate() {
        parts.extend(read_tool_call(call, index, is_cut, context)?.map(AssistantPart::ToolCall));
    }
    let has_calls = parts.iter().any(|part| matches!(part, AssistantPart::ToolCall(_)));
    Ok(Response {
        parts,
        stop: read_stop(reason, has_calls),
        likelihoods,
        stop_sequence: None,
        usage: read_usage(body.usage.as_deref()),
    })
}

/// Where in all that is said each block begins, in characters.
fn beginnings(parts: &[AssistantPart]) -> Vec<usize> {
    let mut said = 0;
    let begins_at = parts.iter().map(|part| {
        let begins_at = said;
        if let AssistantPart::Text(text) = part {
            said += text.chars().count();
        }
        begins_at
    });
    begins_at.collect()
}

fn read_block(block: Block) -> Option<AssistantPart> {
    let thought = block.thinking.filter(|text| !text.is_empty());
    let thought = thought
        .map(|text| AssistantPart::Thought(Thought { text, signature: None, is_redacted: false }));
    thought.or_else(|| block.text.map(AssistantPart::Text))
}

/// A call that the output limit cut in the middle of its arguments is no call: none is told.
fn read_tool_call(
    call: CallOfTool,
    index: usize,
    is_cut: bool,
    context: &TranslationContext,
) -> Result<Option<ToolCall>, WireError> {
    let name = call.function.name;
    match JsonObject::read(call.function.arguments.as_deref().unwrap_or_default()) {
        Some(arguments) => {
            let id = context.tool_call_id(call.id.as_deref(), index);
            Ok(Some(ToolCall { id, name, arguments }))
        }
        None if is_cut => Ok(None),
        None => Err(nonsense(format!("the arguments of its call of `{name}` are no JSON object"))),
    }
}

/// Why an answer is none, though it was begun.
pub(super) fn failure(reason: &str) -> Option<&'static str> {
    match reason {
        "ERROR" => Some("the model failed in the middle of its answer"),
        "TIMEOUT" => Some("the model did not finish its answer in time"),
        _ => None,
    }
}

pub(super) fn read_stop(reason: Option<&str>, has_calls: bool) -> Stop {
    match reason {
        Some("MAX_TOKENS") => Stop::OutputLimit,
        Some("STOP_SEQUENCE") => Stop::Sequence,
        _ if has_calls => Stop::ToolCalls,
        _ => Stop::EndOfTurn,
    }
}

pub(super) fn read_usage(raw: Option<&RawValue>) -> Usage {
    let report = raw.and_then(|raw| cohere_report(raw.get()));
    report.map(|report| report.tokens.into()).unwrap_or_default()
}
