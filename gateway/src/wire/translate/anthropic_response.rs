//! The answer of Anthropic messages: read from a provider, written to a client.
//!
//! A client keeps the signature of a thought and sends it back. Anthropic's own stands as it came;
//! another vendor's has its format before it, so that it goes back to that vendor alone.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    TranslationContext,
    anthropic_citations::{ReadCitation, WrittenCitation, pieces},
    anthropic_server_tools::{ResultBlock, UseCounts, Uses, WrittenUse},
    ir::{
        AssistantPart, Citation, JsonObject, Response, ServerToolUse, Signature, Stop, Thought,
        ToolCall, Usage, Vendor,
    },
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
    citations: Option<Vec<ReadCitation>>,
    tool_use_id: Option<String>,
    content: Option<Box<RawValue>>,
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
    let mut uses = Uses::default();
    let mut said = 0;
    for mut block in body.content {
        let citations = block.citations.take();
        let told = read_server_tool(&mut block, &mut uses)?;
        parts.extend(told.map(AssistantPart::ServerToolUse));
        let Some(part) = read_block(block)? else { continue };
        let begins_at = said;
        if let AssistantPart::Text(text) = &part {
            said += text.chars().count();
        }
        parts.push(part);
        let cited = citations.into_iter().flatten();
        let cited = cited.filter_map(|citation| citation.of(begins_at..said));
        parts.extend(cited.map(AssistantPart::Citation));
    }
    parts.extend(uses.rest().into_iter().map(AssistantPart::ServerToolUse));
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

/// A use of the provider's own tool, when its result is there.
fn read_server_tool(
    block: &mut Block,
    uses: &mut Uses,
) -> Result<Option<ServerToolUse>, WireError> {
    match (block.kind.as_str(), block.id.take_if(|_| block.kind == "server_tool_use")) {
        ("server_tool_use", Some(id)) => {
            let (name, input) = (block.name.take(), block.input.take());
            let (Some(name), Some(input)) = (name, input.and_then(JsonObject::from_json)) else {
                return Err(nonsense("a use of its own tool has no name or no input"));
            };
            uses.ask(id, name, input);
            Ok(None)
        }
        (kind, _) if Uses::is_result(kind) => {
            let id = block.tool_use_id.take().unwrap_or_default();
            Ok(uses.answer(&id, kind, block.content.take()))
        }
        _ => Ok(None),
    }
}

/// What is neither thought, said nor asked of a tool is left out.
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
        // No other API has a turn that is to be gone on with; it is not whole.
        Some("max_tokens" | "model_context_window_exceeded" | "pause_turn") => Stop::OutputLimit,
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
    Thinking {
        thinking: &'a str,
        signature: Cow<'a, str>,
    },
    RedactedThinking {
        data: Cow<'a, str>,
    },
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<WrittenCitation<'a>>,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a RawValue,
    },
    ServerToolUse {
        id: String,
        name: &'static str,
        input: Box<RawValue>,
    },
    #[serde(untagged)]
    ServerToolResult(ResultBlock<'a>),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    server_tool_use: Option<UseCounts>,
}

#[derive(Serialize)]
struct WrittenOutputDetails {
    thinking_tokens: i64,
}

impl WrittenUsage {
    /// Of an answer within which tools of the provider's were used so often.
    pub(super) fn new(usage: Usage, uses: UseCounts) -> Self {
        let thinking_tokens = usage.reasoning;
        Self {
            input_tokens: usage.input,
            cache_creation_input_tokens: usage.cache_write,
            cache_read_input_tokens: usage.cache_read,
            output_tokens: usage.output,
            output_tokens_details: (thinking_tokens > 0)
                .then_some(WrittenOutputDetails { thinking_tokens }),
            server_tool_use: uses.told(),
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
        usage: WrittenUsage::new(response.usage, count_uses(&response.parts)),
    })
}

fn count_uses(parts: &[AssistantPart]) -> UseCounts {
    let mut counts = UseCounts::default();
    for part in parts {
        if let AssistantPart::ServerToolUse(used) = part {
            counts.add(used);
        }
    }
    counts
}

/// A passage that rests on a source is a block of its own. A picture and speech have no place among
/// the blocks of an answer.
fn write_parts(parts: &[AssistantPart]) -> Result<Vec<WrittenBlock<'_>>, WireError> {
    let mut blocks = Vec::with_capacity(parts.len());
    let mut said = 0;
    for (place, part) in parts.iter().enumerate() {
        match part {
            AssistantPart::Text(text) => {
                let end = said + text.chars().count();
                let cited = citations_of(&parts[place..], said, end);
                blocks.extend(pieces(text, said, &cited).into_iter().map(|(text, cited)| {
                    let citations = cited.into_iter().map(WrittenCitation::from).collect();
                    WrittenBlock::Text { text, citations }
                }));
                said = end;
            }
            AssistantPart::Thought(thought) => blocks.push(write_thought(thought)),
            AssistantPart::ToolCall(call) => blocks.push(WrittenBlock::ToolUse {
                id: &call.id,
                name: &call.name,
                input: call.arguments.json(),
            }),
            AssistantPart::ServerToolUse(used) => {
                let WrittenUse { id, name, input, result } = WrittenUse::of(used);
                blocks.push(WrittenBlock::ServerToolUse { id, name, input });
                blocks.extend(result.map(WrittenBlock::ServerToolResult));
            }
            AssistantPart::Image(_) => return Err(no_place_for("a picture")),
            AssistantPart::Speech(_) => return Err(no_place_for("speech")),
            AssistantPart::Citation(_) | AssistantPart::CacheMark(_) => {}
        }
    }
    Ok(blocks)
}

/// The citations of a text, which come behind it; the last text has also those of its very end.
fn citations_of(following: &[AssistantPart], begin: usize, end: usize) -> Vec<&Citation> {
    let is_last = !following[1..].iter().any(|part| matches!(part, AssistantPart::Text(_)));
    let cited = following.iter().filter_map(|part| match part {
        AssistantPart::Citation(citation) => Some(citation),
        _ => None,
    });
    cited
        .filter(|it| (begin..end).contains(&it.passage.start) || is_last && it.passage.start >= end)
        .collect()
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
