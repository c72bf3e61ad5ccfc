//! The answer of Anthropic messages: read from a provider, written to a client.
//!
//! A client keeps the signature of a thought and sends it back. Anthropic's own stands as it came;
//! another vendor's has its format before it, so that it goes back to that vendor alone.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    TranslationContext,
    ir::{AssistantPart, JsonObject, Response, Signature, Stop, Thought, ToolCall, Usage, Vendor},
    json, no_place_for, nonsense,
};
use crate::wire::WireError;

#[derive(Deserialize)]
struct Body {
    content: Vec<Block>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    #[serde(default)]
    usage: UsageObject,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Box<RawValue>>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
}

/// A provider's usage object; in a stream, each event may leave out what it does not change.
#[derive(Default, Deserialize)]
pub(super) struct UsageObject {
    input_tokens: Option<i64>,
    cache_read_input_tokens: Option<i64>,
    cache_creation_input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct OutputDetails {
    thinking_tokens: Option<i64>,
}

impl UsageObject {
    /// Lays this report over an earlier one: counts are cumulative, so the later one holds.
    pub(super) fn update(self, usage: &mut Usage) {
        let reasoning = self.output_tokens_details.and_then(|it| it.thinking_tokens);
        lay(&mut usage.input, self.input_tokens);
        lay(&mut usage.cache_read, self.cache_read_input_tokens);
        lay(&mut usage.cache_write, self.cache_creation_input_tokens);
        lay(&mut usage.output, self.output_tokens);
        lay(&mut usage.reasoning, reasoning);
    }
}

fn lay(earlier: &mut i64, later: Option<i64>) {
    if let Some(later) = later {
        *earlier = later.max(0);
    }
}

/// # Errors
///
/// `Nonsense` where the body is not a message, or a tool use lacks its id, name or object.
pub(super) fn read(body: &[u8]) -> Result<Response, WireError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is not a message ({error})")))?;
    let mut parts = Vec::with_capacity(body.content.len());
    for block in body.content {
        parts.extend(read_block(block)?);
    }
    let mut usage = Usage::default();
    body.usage.update(&mut usage);
    Ok(Response {
        parts,
        stop: read_stop(body.stop_reason.as_deref()),
        likelihoods: Vec::new(),
        stop_sequence: body.stop_sequence,
        usage,
    })
}

/// What is neither thought, said nor asked of a tool (the provider's own tools) is left out.
fn read_block(block: Block) -> Result<Option<AssistantPart>, WireError> {
    match (block.kind.as_str(), block.text, block.id, block.name) {
        ("text", Some(text), _, _) => Ok(Some(AssistantPart::Text(text))),
        ("thinking", ..) => Ok(Some(AssistantPart::Thought(Thought {
            text: block.thinking.unwrap_or_default(),
            signature: block.signature.filter(|it| !it.is_empty()).map(own_signature),
            is_redacted: false,
        }))),
        ("redacted_thinking", ..) => Ok(Some(AssistantPart::Thought(Thought {
            text: String::new(),
            signature: block.data.map(own_signature),
            is_redacted: true,
        }))),
        ("tool_use", _, Some(id), Some(name)) => {
            let arguments = block.input.and_then(JsonObject::from_json).ok_or_else(|| {
                nonsense(format!("the input of its use of `{name}` is no object"))
            })?;
            Ok(Some(AssistantPart::ToolCall(ToolCall { id, name, arguments })))
        }
        ("tool_use", ..) => Err(nonsense("a tool use has no id or no name")),
        _ => Ok(None),
    }
}

fn own_signature(opaque: String) -> Signature {
    Signature { vendor: Vendor::Anthropic, opaque }
}

pub(super) fn read_stop(reason: Option<&str>) -> Stop {
    match reason {
        Some("max_tokens" | "model_context_window_exceeded") => Stop::OutputLimit,
        Some("tool_use") => Stop::ToolCalls,
        Some("stop_sequence") => Stop::Sequence,
        Some("refusal") => Stop::Refusal,
        _ => Stop::EndOfTurn,
    }
}

#[derive(Serialize)]
pub(super) struct Message<'a> {
    pub id: &'a str,
    pub r#type: &'static str,
    pub role: &'static str,
    pub model: &'a str,
    pub content: Vec<WrittenBlock<'a>>,
    pub stop_reason: Option<&'static str>,
    pub stop_sequence: Option<&'a str>,
    pub usage: WrittenUsage,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum WrittenBlock<'a> {
    Thinking { thinking: &'a str, signature: Cow<'a, str> },
    RedactedThinking { data: Cow<'a, str> },
    Text { text: &'a str },
    ToolUse { id: &'a str, name: &'a str, input: &'a RawValue },
}

/// The usage object that a client reads.
#[derive(Serialize)]
pub(super) struct WrittenUsage {
    input_tokens: i64,
    cache_creation_input_tokens: i64,
    cache_read_input_tokens: i64,
    output_tokens: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens_details: Option<WrittenOutputDetails>,
}

#[derive(Serialize)]
struct WrittenOutputDetails {
    thinking_tokens: i64,
}

impl From<Usage> for WrittenUsage {
    fn from(usage: Usage) -> Self {
        let thinking_tokens = usage.reasoning;
        Self {
            input_tokens: usage.input,
            cache_creation_input_tokens: usage.cache_write,
            cache_read_input_tokens: usage.cache_read,
            output_tokens: usage.output,
            output_tokens_details: (thinking_tokens > 0)
                .then_some(WrittenOutputDetails { thinking_tokens }),
        }
    }
}

pub(super) fn write(
    response: &Response,
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    json(&Message {
        id: &context.id,
        r#type: "message",
        role: "assistant",
        model: &context.model,
        content: write_parts(&response.parts)?,
        stop_reason: Some(write_stop(response.stop)),
        stop_sequence: response.stop_sequence.as_deref(),
        usage: response.usage.into(),
    })
}

/// A picture and speech have no place among the blocks of an answer.
fn write_parts(parts: &[AssistantPart]) -> Result<Vec<WrittenBlock<'_>>, WireError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            AssistantPart::Image(_) => return Err(no_place_for("a picture")),
            AssistantPart::Speech(_) => return Err(no_place_for("speech")),
            other => blocks.extend(write_part(other)),
        }
    }
    Ok(blocks)
}

fn write_part(part: &AssistantPart) -> Option<WrittenBlock<'_>> {
    match part {
        AssistantPart::Text(text) => Some(WrittenBlock::Text { text }),
        AssistantPart::Thought(thought) => Some(write_thought(thought)),
        AssistantPart::ToolCall(call) => Some(WrittenBlock::ToolUse {
            id: &call.id,
            name: &call.name,
            input: call.arguments.json(),
        }),
        AssistantPart::Image(_) | AssistantPart::Speech(_) | AssistantPart::CacheMark(_) => None,
    }
}

/// Clients expect a signature in every thought; an empty one where nobody signed.
fn write_thought(thought: &Thought) -> WrittenBlock<'_> {
    let signature = thought.signature.as_ref();
    let signature =
        signature.map_or(Cow::Borrowed(""), |it| write_signature(it.vendor, &it.opaque));
    if is_shown_as_redacted(thought) {
        return WrittenBlock::RedactedThinking { data: signature };
    }
    WrittenBlock::Thinking { thinking: &thought.text, signature }
}

/// A thought that is encrypted, and one of another vendor's of which only the signature is told:
/// as thinking, it would be an empty one, which clients show and Anthropic's models never have.
fn is_shown_as_redacted(thought: &Thought) -> bool {
    let is_foreign = |signature: &Signature| signature.vendor != Vendor::Anthropic;
    thought.is_redacted
        || thought.text.is_empty() && thought.signature.as_ref().is_some_and(is_foreign)
}

pub(super) fn write_signature(vendor: Vendor, opaque: &str) -> Cow<'_, str> {
    match vendor {
        Vendor::Anthropic => Cow::Borrowed(opaque),
        Vendor::Google | Vendor::OpenAi => Cow::Owned(format!("{}:{opaque}", vendor.format())),
    }
}

pub(super) fn write_stop(stop: Stop) -> &'static str {
    match stop {
        Stop::EndOfTurn => "end_turn",
        Stop::OutputLimit => "max_tokens",
        Stop::ToolCalls => "tool_use",
        Stop::Sequence => "stop_sequence",
        Stop::Refusal => "refusal",
    }
}
