//! Turns, into the messages of Converse.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    ids::Ids,
    is_anthropic,
    media::{Names, WrittenDocument, WrittenMedia, write_audio, write_image},
};
use crate::wire::{
    WireError,
    translate::{
        ir::{
            AssistantPart, CacheMark, JsonObject, ResultPart, SystemPart, Thought, ToolResult,
            Turn, UserPart, Vendor,
        },
        losses::Losses,
    },
};

#[derive(Serialize)]
pub(super) struct Message<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Assistant,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SystemBlock<'a> {
    Text(&'a str),
    CachePoint(CachePoint),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Block<'a> {
    Text(&'a str),
    Image(WrittenMedia<'a>),
    Document(WrittenDocument<'a>),
    Audio(WrittenMedia<'a>),
    ToolUse(Call<'a>),
    ToolResult(WrittenResult<'a>),
    ReasoningContent(Reasoning<'a>),
    CachePoint(CachePoint),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    tool_use_id: Cow<'a, str>,
    name: &'a str,
    input: &'a JsonObject,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenResult<'a> {
    tool_use_id: Cow<'a, str>,
    content: Vec<ResultBlock<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum ResultBlock<'a> {
    Text(&'a str),
    Image(WrittenMedia<'a>),
    Document(WrittenDocument<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Reasoning<'a> {
    ReasoningText { text: &'a str, signature: &'a str },
    RedactedContent(&'a str),
}

/// Everything before it may be kept by the provider's prompt cache.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct CachePoint {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

/// A mark for the cache where the model has one; a hint where it has none, or forgets earlier.
pub(super) fn write_cache_mark(
    mark: CacheMark,
    model: &str,
    losses: &mut Losses,
) -> Option<CachePoint> {
    let keeps_an_hour = is_anthropic(model);
    let has_a_cache = keeps_an_hour || model.contains("amazon.nova");
    let is_for_an_hour = mark == CacheMark::OneHour;
    if !has_a_cache || (is_for_an_hour && !keeps_an_hour) {
        losses.hint_field("cache_control".into());
    }
    let ttl = (is_for_an_hour && keeps_an_hour).then_some("1h");
    has_a_cache.then_some(CachePoint { r#type: "default", ttl })
}

/// System messages stand before the conversation, wherever the client put them.
pub(super) fn write_system<'a>(
    turns: &'a [Turn],
    model: &str,
    losses: &mut Losses,
) -> Vec<SystemBlock<'a>> {
    let mut blocks = Vec::new();
    for turn in turns {
        let Turn::System(parts) = turn else { continue };
        for part in parts {
            match part {
                SystemPart::Text(text) => blocks.extend(said(text).map(SystemBlock::Text)),
                SystemPart::CacheMark(_)
                    if !matches!(blocks.last(), Some(SystemBlock::Text(_))) => {}
                SystemPart::CacheMark(mark) => blocks
                    .extend(write_cache_mark(*mark, model, losses).map(SystemBlock::CachePoint)),
            }
        }
    }
    blocks
}

/// One message for each side in turn: the results of parallel tool calls must share one.
///
/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_messages<'a>(
    turns: &'a [Turn],
    model: &str,
    losses: &mut Losses,
) -> Result<Vec<Message<'a>>, WireError> {
    let mut writer = Writer { model, losses, ids: Ids::default(), names: Names::default() };
    let mut messages: Vec<Message<'_>> = Vec::new();
    for turn in turns {
        let (role, blocks) = match turn {
            Turn::System(_) => continue,
            Turn::User(parts) => (Role::User, writer.user(parts)?),
            Turn::Assistant(parts) => (Role::Assistant, writer.assistant(parts)),
        };
        match messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => messages.push(Message { role, content: blocks }),
        }
    }
    Ok(messages)
}

/// Writes parts; ids and names are told apart over the whole conversation.
struct Writer<'a, 'w> {
    model: &'w str,
    losses: &'w mut Losses,
    ids: Ids<'a>,
    names: Names,
}

impl<'a> Writer<'a, '_> {
    fn user(&mut self, parts: &'a [UserPart]) -> Result<Vec<Block<'a>>, WireError> {
        let mut blocks = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                UserPart::Text(text) => blocks.extend(said(text).map(Block::Text)),
                UserPart::Image(image) => {
                    blocks.push(Block::Image(write_image(image, self.losses)?));
                }
                UserPart::Document(document) => {
                    blocks.push(Block::Document(self.names.write(document)?));
                }
                UserPart::Audio(audio) => blocks.push(Block::Audio(write_audio(audio)?)),
                UserPart::ToolResult(result) => {
                    blocks.push(Block::ToolResult(self.result(result)?));
                }
                UserPart::CacheMark(mark) => self.mark(*mark, &mut blocks),
            }
        }
        Ok(blocks)
    }

    fn assistant(&mut self, parts: &'a [AssistantPart]) -> Vec<Block<'a>> {
        let mut blocks = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                AssistantPart::Text(text) => blocks.extend(said(text).map(Block::Text)),
                AssistantPart::Thought(thought) => {
                    blocks.extend(self.thought(thought).map(Block::ReasoningContent));
                }
                AssistantPart::ToolCall(call) => blocks.push(Block::ToolUse(Call {
                    tool_use_id: self.ids.write(&call.id),
                    name: &call.name,
                    input: &call.arguments,
                })),
                // Pictures and speech were refused before.
                AssistantPart::Image(_)
                | AssistantPart::Speech(_)
                | AssistantPart::ServerToolUse(_)
                | AssistantPart::Citation(_) => {}
                AssistantPart::CacheMark(mark) => self.mark(*mark, &mut blocks),
            }
        }
        blocks
    }

    /// What another vendor signed, or nobody, is refused by Anthropic's models, and theirs by
    /// all others.
    fn thought(&self, thought: &'a Thought) -> Option<Reasoning<'a>> {
        let signature = thought.signature.as_ref().filter(|_| is_anthropic(self.model))?;
        let opaque = (signature.vendor == Vendor::Anthropic).then_some(&*signature.opaque)?;
        Some(if thought.is_redacted {
            Reasoning::RedactedContent(opaque)
        } else {
            Reasoning::ReasoningText { text: &thought.text, signature: opaque }
        })
    }

    fn result(&mut self, result: &'a ToolResult) -> Result<WrittenResult<'a>, WireError> {
        let mut content = Vec::with_capacity(result.parts.len());
        for part in &result.parts {
            match part {
                ResultPart::Text(text) => content.extend(said(text).map(ResultBlock::Text)),
                ResultPart::Image(image) => {
                    content.push(ResultBlock::Image(write_image(image, self.losses)?));
                }
                ResultPart::Document(document) => {
                    content.push(ResultBlock::Document(self.names.write(document)?));
                }
            }
        }
        let tool_use_id = self.ids.write(&result.call_id);
        let status = result.is_error.then_some("error");
        Ok(WrittenResult { tool_use_id, content, status })
    }

    /// A mark needs something before it, and one is enough.
    fn mark(&mut self, mark: CacheMark, blocks: &mut Vec<Block<'a>>) {
        if !matches!(blocks.last(), None | Some(Block::CachePoint(_))) {
            let point = write_cache_mark(mark, self.model, self.losses);
            blocks.extend(point.map(Block::CachePoint));
        }
    }
}

/// A blank text is refused by the provider, and says nothing.
fn said(text: &str) -> Option<&str> {
    (!text.trim().is_empty()).then_some(text)
}
