//! An answer of Converse, into the internal representation.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::citations::ReadCitation;
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{
            AssistantPart, JsonObject, Response, Signature, Stop, Thought, ToolCall, Usage, Vendor,
        },
        nonsense,
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    output: Output,
    stop_reason: Option<String>,
    #[serde(default)]
    usage: UsageObject,
    additional_model_response_fields: Option<ModelFields>,
}

#[derive(Deserialize)]
struct Output {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Vec<Block>,
}

/// A block of any kind: the one member that is there says which.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    text: Option<String>,
    tool_use: Option<Call>,
    reasoning_content: Option<Reasoning>,
    citations_content: Option<Cited>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    tool_use_id: Option<String>,
    name: String,
    input: Option<Box<RawValue>>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reasoning {
    reasoning_text: Option<ReasoningText>,
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
struct ReasoningText {
    #[serde(default)]
    text: String,
    signature: Option<String>,
}

#[derive(Deserialize)]
struct Cited {
    #[serde(default)]
    content: Vec<CitedText>,
    #[serde(default)]
    citations: Vec<ReadCitation>,
}

#[derive(Deserialize)]
struct CitedText {
    text: Option<String>,
}

/// What the model itself says beside what Converse has a word for, as it was asked to.
#[derive(Debug, Deserialize)]
pub(super) struct ModelFields {
    pub(super) stop_sequence: Option<String>,
}

/// A usage object: cached tokens are counted beside the others.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "they are the names that Amazon gives them")]
pub(super) struct UsageObject {
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    cache_read_input_tokens: Option<i64>,
    cache_write_input_tokens: Option<i64>,
}

impl From<UsageObject> for Usage {
    fn from(usage: UsageObject) -> Self {
        let count = |count: Option<i64>| count.unwrap_or(0).max(0);
        Self {
            input: count(usage.input_tokens),
            cache_read: count(usage.cache_read_input_tokens),
            cache_write: count(usage.cache_write_input_tokens),
            output: count(usage.output_tokens),
            reasoning: 0,
        }
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
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is no answer of Converse ({error})")))?;
    let stop = read_stop(body.stop_reason.as_deref())?;
    let mut parts = Vec::with_capacity(body.output.message.content.len());
    let mut said = 0;
    for mut block in body.output.message.content {
        let citations =
            block.citations_content.as_mut().map(|cited| std::mem::take(&mut cited.citations));
        let ordinal = parts.len();
        let part = read_block(block, context, ordinal)?;
        let begins_at = said;
        if let Some(AssistantPart::Text(text)) = &part {
            said += text.chars().count();
        }
        parts.extend(part);
        parts.extend(cited(citations.unwrap_or_default(), begins_at..said));
    }
    let stop_sequence = body.additional_model_response_fields.and_then(|it| it.stop_sequence);
    let likelihoods = Vec::new();
    Ok(Response { parts, likelihoods, stop, stop_sequence, usage: body.usage.into() })
}

fn cited(
    citations: Vec<ReadCitation>,
    passage: Range<usize>,
) -> impl Iterator<Item = AssistantPart> {
    let cited = citations.into_iter().filter_map(move |citation| citation.of(passage.clone()));
    cited.map(AssistantPart::Citation)
}

/// What is neither thought, said nor asked of a tool of the client's is left out.
fn read_block(
    block: Block,
    context: &TranslationContext,
    ordinal: usize,
) -> Result<Option<AssistantPart>, WireError> {
    match block {
        Block { text: Some(text), .. } => Ok(Some(AssistantPart::Text(text))),
        Block { tool_use: Some(call), .. } => read_call(call, context, ordinal),
        Block { reasoning_content: Some(reasoning), .. } => Ok(read_reasoning(reasoning)),
        Block { citations_content: Some(cited), .. } => {
            let texts = cited.content.into_iter().filter_map(|cited| cited.text);
            Ok(Some(AssistantPart::Text(texts.collect())))
        }
        _ => Ok(None),
    }
}

fn read_call(
    call: Call,
    context: &TranslationContext,
    ordinal: usize,
) -> Result<Option<AssistantPart>, WireError> {
    // The only type that it may have is that of a tool which Amazon has already run.
    if call.kind.is_some() {
        return Ok(None);
    }
    let id = context.tool_call_id(call.tool_use_id.as_deref(), ordinal);
    let name = call.name;
    let arguments = call
        .input
        .and_then(JsonObject::from_json)
        .ok_or_else(|| nonsense(format!("the input of its use of `{name}` is no object")))?;
    Ok(Some(AssistantPart::ToolCall(ToolCall { id, name, arguments })))
}

fn read_reasoning(reasoning: Reasoning) -> Option<AssistantPart> {
    let signature = |opaque: String| Signature { vendor: Vendor::Anthropic, opaque };
    let thought = match (reasoning.reasoning_text, reasoning.redacted_content) {
        (Some(ReasoningText { text, signature: opaque }), _) => Thought {
            text,
            signature: opaque.filter(|opaque| !opaque.is_empty()).map(signature),
            is_redacted: false,
        },
        (None, Some(opaque)) => {
            Thought { text: String::new(), signature: Some(signature(opaque)), is_redacted: true }
        }
        (None, None) => return None,
    };
    Some(AssistantPart::Thought(thought))
}

/// # Errors
///
/// `Nonsense` where the model wrote what Amazon could not read.
pub(super) fn read_stop(reason: Option<&str>) -> Result<Stop, WireError> {
    match reason {
        Some("max_tokens" | "model_context_window_exceeded") => Ok(Stop::OutputLimit),
        Some("tool_use") => Ok(Stop::ToolCalls),
        Some("stop_sequence") => Ok(Stop::Sequence),
        Some("guardrail_intervened" | "content_filtered") => Ok(Stop::Refusal),
        Some(malformed @ ("malformed_model_output" | "malformed_tool_use")) => {
            Err(nonsense(format!("its model wrote something that is no answer ({malformed})")))
        }
        _ => Ok(Stop::EndOfTurn),
    }
}
