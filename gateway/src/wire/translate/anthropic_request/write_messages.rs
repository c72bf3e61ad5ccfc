//! Turns, into the messages of an Anthropic messages request.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::value::RawValue;

use super::thinking::is_own;
use crate::wire::{
    WireError,
    translate::{
        anthropic_citations::{WrittenCitation, pieces},
        ir::{
            AssistantPart, CacheMark, Citation, Document, DocumentSource, Image, ImageSource,
            JsonObject, OwnWords, ResultPart, ServerToolUse, Source as CitedSource, SystemPart,
            Thought, ToolResult, Turn, UserPart, Vendor,
        },
        losses::Losses,
        server_tools::LEFT_OUT,
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

/// A block, and whether the provider's prompt cache may keep everything up to it.
#[derive(Serialize)]
pub(super) struct Block<'a> {
    #[serde(flatten)]
    content: BlockContent<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockContent<'a> {
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        citations: Vec<WrittenCitation<'a>>,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<&'a str>,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a JsonObject,
    },
    ServerToolUse {
        id: &'a str,
        name: &'a str,
        input: &'a JsonObject,
    },
    ToolResult {
        tool_use_id: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<Block<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    #[serde(untagged)]
    ServerToolResult(ServerToolResult<'a>),
}

/// The result of the provider's own tool, as it came.
#[derive(Serialize)]
struct ServerToolResult<'a> {
    r#type: &'a str,
    tool_use_id: &'a str,
    content: &'a RawValue,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Url { url: &'a str },
    Base64 { media_type: &'a str, data: &'a str },
    Text { media_type: &'static str, data: Cow<'a, str> },
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct CacheControl {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

impl From<CacheMark> for CacheControl {
    fn from(mark: CacheMark) -> Self {
        let ttl = match mark {
            CacheMark::FiveMinutes => None,
            CacheMark::OneHour => Some("1h"),
        };
        Self { r#type: "ephemeral", ttl }
    }
}

impl<'a> From<BlockContent<'a>> for Block<'a> {
    fn from(content: BlockContent<'a>) -> Self {
        Self { content, cache_control: None }
    }
}

/// What stands before the conversation: one text, or blocks where some are marked for the cache.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum System<'a> {
    Text(String),
    Blocks(Vec<Block<'a>>),
}

impl System<'_> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Blocks(blocks) => blocks.is_empty(),
        }
    }
}

/// System messages stand before the conversation, wherever the client put them: not every model
/// takes one in between.
pub(super) fn write_system(turns: &[Turn]) -> System<'_> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for turn in turns {
        let Turn::System(parts) = turn else { continue };
        for part in parts {
            match part {
                SystemPart::Text(text) => blocks.extend(write_text(text)),
                SystemPart::CacheMark(mark) => mark_last(&mut blocks, *mark),
            }
        }
    }
    if blocks.iter().any(|block| block.cache_control.is_some()) {
        return System::Blocks(blocks);
    }
    let texts: Vec<&str> = blocks
        .iter()
        .filter_map(|block| match block.content {
            BlockContent::Text { text, .. } => Some(text),
            _ => None,
        })
        .collect();
    System::Text(texts.join("\n\n"))
}

/// One message for each side in turn: the results of parallel tool calls must share one.
///
/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_messages<'a>(
    turns: &'a [Turn],
    losses: &mut Losses,
) -> Result<Vec<Message<'a>>, WireError> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for turn in turns {
        let (role, blocks) = match turn {
            Turn::System(_) => continue,
            Turn::User(parts) => (Role::User, write_user(parts, losses)?),
            Turn::Assistant(parts) => (Role::Assistant, write_assistant(parts, losses)),
        };
        match messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => messages.push(Message { role, content: blocks }),
        }
    }
    Ok(messages)
}

fn write_user<'a>(parts: &'a [UserPart], losses: &mut Losses) -> Result<Vec<Block<'a>>, WireError> {
    let mut blocks = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            UserPart::Text(text) => blocks.extend(write_text(text)),
            UserPart::Image(image) => blocks.push(write_image(image, losses)),
            UserPart::Document(document) => blocks.push(write_document(document)?),
            UserPart::Audio(_) => return Err(unsupported("audio")),
            UserPart::ToolResult(result) => blocks.push(write_tool_result(result, losses)?),
            UserPart::CacheMark(mark) => mark_last(&mut blocks, *mark),
        }
    }
    Ok(blocks)
}

fn write_assistant<'a>(parts: &'a [AssistantPart], losses: &mut Losses) -> Vec<Block<'a>> {
    let mut blocks = Vec::with_capacity(parts.len());
    let mut said = 0;
    for (place, part) in parts.iter().enumerate() {
        match part {
            AssistantPart::Text(text) => {
                let end = said + text.chars().count();
                blocks.extend(write_cited(text, said, &own_citations(&parts[place..], said, end)));
                said = end;
            }
            AssistantPart::Thought(thought) => blocks.extend(write_thought(thought)),
            AssistantPart::ToolCall(call) => blocks.push(
                BlockContent::ToolUse { id: &call.id, name: &call.name, input: &call.arguments }
                    .into(),
            ),
            AssistantPart::ServerToolUse(used) => match used.own_of(Vendor::Anthropic) {
                Some(own) => blocks.extend(write_server_tool(used, own)),
                None => losses.hint_field(LEFT_OUT.into()),
            },
            // Pictures and speech were refused before.
            AssistantPart::Image(_) | AssistantPart::Speech(_) | AssistantPart::Citation(_) => {}
            AssistantPart::CacheMark(mark) => mark_last(&mut blocks, *mark),
        }
    }
    blocks
}

/// What rests on Anthropic's own search, by its reference; nobody else has one.
fn own_citations(following: &[AssistantPart], begin: usize, end: usize) -> Vec<&Citation> {
    let cited = following.iter().filter_map(|part| match part {
        AssistantPart::Citation(citation) => Some(citation),
        _ => None,
    });
    let is_own = |citation: &&Citation| match &citation.source {
        CitedSource::Web { encrypted_index, .. } => encrypted_index.is_some(),
        CitedSource::Document { .. } => false,
    };
    cited.filter(is_own).filter(|it| (begin..end).contains(&it.passage.start)).collect()
}

fn write_cited<'a>(
    text: &'a str,
    begins_at: usize,
    citations: &[&'a Citation],
) -> impl Iterator<Item = Block<'a>> {
    let pieces = pieces(text, begins_at, citations).into_iter();
    pieces.filter(|(text, _)| !text.is_empty()).map(|(text, cited)| {
        let citations = cited.into_iter().map(WrittenCitation::from).collect();
        BlockContent::Text { text, citations }.into()
    })
}

fn write_server_tool<'a>(used: &'a ServerToolUse, own: &'a OwnWords) -> Vec<Block<'a>> {
    let asked = BlockContent::ServerToolUse { id: &used.id, name: &own.name, input: &own.input };
    let result = own.result.as_ref().map(|(kind, content)| {
        let tool_use_id = &used.id;
        BlockContent::ServerToolResult(ServerToolResult { r#type: kind, tool_use_id, content })
    });
    [asked].into_iter().chain(result).map(Block::from).collect()
}

fn mark_last(blocks: &mut [Block<'_>], mark: CacheMark) {
    if let Some(last) = blocks.last_mut() {
        last.cache_control = Some(mark.into());
    }
}

/// An empty text block is refused by the provider, and says nothing.
fn write_text(text: &str) -> Option<Block<'_>> {
    let citations = Vec::new();
    (!text.is_empty()).then(|| BlockContent::Text { text, citations }.into())
}

/// What another vendor signed, or nobody, is refused by this one.
fn write_thought(thought: &Thought) -> Option<Block<'_>> {
    let signature = &thought.signature.as_ref().filter(|_| is_own(thought))?.opaque;
    let content = if thought.is_redacted {
        BlockContent::RedactedThinking { data: signature }
    } else {
        BlockContent::Thinking { thinking: &thought.text, signature }
    };
    Some(content.into())
}

fn write_tool_result<'a>(
    result: &'a ToolResult,
    losses: &mut Losses,
) -> Result<Block<'a>, WireError> {
    let mut content = Vec::with_capacity(result.parts.len());
    for part in &result.parts {
        match part {
            ResultPart::Text(text) => content.extend(write_text(text)),
            ResultPart::Image(image) => content.push(write_image(image, losses)),
            ResultPart::Document(document) => content.push(write_document(document)?),
        }
    }
    let tool_use_id = &result.call_id;
    Ok(BlockContent::ToolResult { tool_use_id, content, is_error: result.is_error }.into())
}

fn write_image<'a>(image: &'a Image, losses: &mut Losses) -> Block<'a> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.hint_field("detail".into());
    }
    let source = match &image.source {
        ImageSource::Url(url) => Source::Url { url },
        ImageSource::Base64 { media_type, data } => Source::Base64 { media_type, data },
    };
    BlockContent::Image { source }.into()
}

/// # Errors
///
/// `Unsupported` for what is neither a PDF nor text: this API takes nothing else.
fn write_document(document: &Document) -> Result<Block<'_>, WireError> {
    let text = |data| Source::Text { media_type: "text/plain", data };
    let source = match &document.source {
        DocumentSource::Url(url) => Source::Url { url },
        DocumentSource::Text(data) => text(data.into()),
        DocumentSource::Base64 { media_type, data } if media_type == "application/pdf" => {
            Source::Base64 { media_type, data }
        }
        DocumentSource::Base64 { media_type, data } if media_type.starts_with("text/") => {
            text(decoded(data)?.into())
        }
        DocumentSource::Base64 { media_type, .. } => {
            return Err(unsupported(format!("a file of type `{}`", shown(media_type))));
        }
    };
    let (title, context) = (document.title.as_deref(), document.context.as_deref());
    Ok(BlockContent::Document { source, title, context }.into())
}

fn decoded(data: &str) -> Result<String, WireError> {
    let bytes = STANDARD.decode(data).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        WireError::invalid("messages", "a file of plain text must be UTF-8 in base64")
    })
}

/// Enough of what the client wrote to find it again.
fn shown(media_type: &str) -> String {
    media_type.chars().take(64).collect()
}

fn unsupported(what: impl std::fmt::Display) -> WireError {
    WireError::unsupported("messages", format!("{what} cannot be translated for this provider"))
}
