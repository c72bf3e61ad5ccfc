//! The messages of an Anthropic messages request, into turns.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        anthropic_server_tools::Uses,
        content::Content,
        ir::{
            AssistantPart, CacheMark, Document, DocumentSource, Image, ImageSource, JsonObject,
            ResultPart, Signature, SystemPart, Thought, ToolCall, ToolResult, Turn, UserPart,
            Vendor,
        },
    },
};

#[derive(Deserialize)]
pub(super) struct Message {
    role: String,
    content: Content<Block>,
}

/// A block of any kind: what depends on the kind stays unread until the kind is known.
#[derive(Deserialize)]
pub(super) struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    source: Option<Box<RawValue>>,
    title: Option<String>,
    context: Option<String>,
    citations: Option<Box<RawValue>>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Box<RawValue>>,
    tool_use_id: Option<String>,
    content: Option<Box<RawValue>>,
    is_error: Option<bool>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    cache_control: Option<CacheControl>,
}

#[derive(Deserialize)]
pub(super) struct CacheControl {
    ttl: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
    media_type: Option<String>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct Citations {
    #[serde(default)]
    enabled: bool,
}

impl CacheControl {
    pub(super) fn mark(self) -> CacheMark {
        match self.ttl.as_deref() {
            Some("1h") => CacheMark::OneHour,
            _ => CacheMark::FiveMinutes,
        }
    }
}

pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a messages request: {error}"))
    })
}

/// # Errors
///
/// `Invalid` where the message breaks its own dialect, `Unsupported` where no other has its like.
pub(super) fn read_message(message: Message) -> Result<Turn, WireError> {
    match message.role.as_str() {
        "system" => read_system(message.content).map(Turn::System),
        "user" => read_user(message.content).map(Turn::User),
        "assistant" => read_assistant(message.content).map(Turn::Assistant),
        role => Err(unsupported(format!("messages of role `{role}`"))),
    }
}

/// # Errors
///
/// `Invalid` where a block has no text.
pub(super) fn read_system(content: Content<Block>) -> Result<Vec<SystemPart>, WireError> {
    let blocks = match content {
        Content::Text(text) => return Ok(vec![SystemPart::Text(text)]),
        Content::Parts(blocks) => blocks,
    };
    let mut parts = Vec::with_capacity(blocks.len());
    for block in blocks {
        parts.push(SystemPart::Text(read_text(block.text)?));
        parts.extend(block.cache_control.map(|control| SystemPart::CacheMark(control.mark())));
    }
    Ok(parts)
}

fn read_user(content: Content<Block>) -> Result<Vec<UserPart>, WireError> {
    let blocks = match content {
        Content::Text(text) => return Ok(vec![UserPart::Text(text)]),
        Content::Parts(blocks) => blocks,
    };
    let mut parts = Vec::with_capacity(blocks.len());
    for mut block in blocks {
        let cache_control = block.cache_control.take();
        parts.push(read_user_block(block)?);
        parts.extend(cache_control.map(|control| UserPart::CacheMark(control.mark())));
    }
    Ok(parts)
}

fn read_user_block(block: Block) -> Result<UserPart, WireError> {
    match block.kind.as_str() {
        "text" => read_text(block.text).map(UserPart::Text),
        "image" => read_image(block.source).map(UserPart::Image),
        "document" => read_document(block).map(UserPart::Document),
        "tool_result" => read_tool_result(block).map(UserPart::ToolResult),
        kind => Err(unsupported_block(kind)),
    }
}

fn read_tool_result(block: Block) -> Result<ToolResult, WireError> {
    let call_id = block
        .tool_use_id
        .ok_or_else(|| invalid("a `tool_result` block needs its `tool_use_id`"))?;
    let content = block.content.map(|raw| parse(raw.get().as_bytes())).transpose()?;
    let parts = match content.unwrap_or_default() {
        Content::Text(text) => vec![ResultPart::Text(text)],
        Content::Parts(blocks) => {
            blocks.into_iter().map(read_result_block).collect::<Result<_, _>>()?
        }
    };
    Ok(ToolResult { call_id, parts, is_error: block.is_error.unwrap_or(false) })
}

fn read_result_block(block: Block) -> Result<ResultPart, WireError> {
    match block.kind.as_str() {
        "text" => read_text(block.text).map(ResultPart::Text),
        "image" => read_image(block.source).map(ResultPart::Image),
        "document" => read_document(block).map(ResultPart::Document),
        kind => Err(unsupported_block(kind)),
    }
}

fn read_assistant(content: Content<Block>) -> Result<Vec<AssistantPart>, WireError> {
    let blocks = match content {
        Content::Text(text) => return Ok(vec![AssistantPart::Text(text)]),
        Content::Parts(blocks) => blocks,
    };
    let mut parts = Vec::with_capacity(blocks.len());
    let mut uses = Uses::default();
    for mut block in blocks {
        let cache_control = block.cache_control.take();
        match block.kind.as_str() {
            "server_tool_use" => ask(block, &mut uses)?,
            kind if Uses::is_result(kind) => {
                let id = block.tool_use_id.ok_or_else(|| {
                    invalid(format!("a `{}` block needs its `tool_use_id`", shown(&block.kind)))
                })?;
                let told = uses.answer(&id, &block.kind, block.content);
                parts.extend(told.map(AssistantPart::ServerToolUse));
            }
            _ => parts.push(read_assistant_block(block)?),
        }
        parts.extend(cache_control.map(|control| AssistantPart::CacheMark(control.mark())));
    }
    parts.extend(uses.rest().into_iter().map(AssistantPart::ServerToolUse));
    Ok(parts)
}

/// A use of the provider's own tool; its result follows.
fn ask(block: Block, uses: &mut Uses) -> Result<(), WireError> {
    let (Some(id), Some(name)) = (block.id, block.name) else {
        return Err(invalid("a `server_tool_use` block needs its `id` and `name`"));
    };
    let input = block.input.and_then(JsonObject::from_json);
    let input = input.ok_or_else(|| {
        invalid(format!("the `input` of server tool use `{}` is not an object", shown(&id)))
    })?;
    uses.ask(id, name, input);
    Ok(())
}

/// Enough of what the client wrote to find it again.
fn shown(word: &str) -> String {
    word.chars().take(64).collect()
}

fn read_assistant_block(block: Block) -> Result<AssistantPart, WireError> {
    match (block.kind.as_str(), block.id, block.name) {
        ("text", _, _) => read_text(block.text).map(AssistantPart::Text),
        ("thinking", _, _) => Ok(AssistantPart::Thought(Thought {
            text: block.thinking.unwrap_or_default(),
            signature: block.signature.as_deref().and_then(read_signature),
            is_redacted: false,
        })),
        ("redacted_thinking", _, _) => Ok(AssistantPart::Thought(Thought {
            text: String::new(),
            signature: block.data.as_deref().and_then(read_signature),
            is_redacted: true,
        })),
        ("tool_use", Some(id), Some(name)) => match block.input.and_then(JsonObject::from_json) {
            Some(arguments) => Ok(AssistantPart::ToolCall(ToolCall { id, name, arguments })),
            None => Err(invalid(format!("the `input` of tool use `{id}` is not an object"))),
        },
        ("tool_use", _, _) => Err(invalid("a `tool_use` block needs its `id` and `name`")),
        (kind, _, _) => Err(unsupported_block(kind)),
    }
}

/// Anthropic's own signature stands as it came; another vendor's has its format before it.
fn read_signature(written: &str) -> Option<Signature> {
    let foreign = written.split_once(':').and_then(|(format, opaque)| {
        Vendor::of_format(format).map(|vendor| Signature { vendor, opaque: opaque.to_owned() })
    });
    let own = || Signature { vendor: Vendor::Anthropic, opaque: written.to_owned() };
    (!written.is_empty()).then(|| foreign.unwrap_or_else(own))
}

fn read_text(text: Option<String>) -> Result<String, WireError> {
    text.ok_or_else(|| invalid("a `text` block needs its `text`"))
}

fn read_image(source: Option<Box<RawValue>>) -> Result<Image, WireError> {
    let source = read_source(source, "image")?;
    let source = match (source.kind.as_str(), source.url, source.media_type, source.data) {
        ("url", Some(url), _, _) => ImageSource::Url(url),
        ("base64", _, Some(media_type), Some(data)) => ImageSource::Base64 { media_type, data },
        (kind, ..) => return Err(unsupported(format!("an image whose source is `{kind}`"))),
    };
    Ok(Image { source, detail: None })
}

fn read_document(block: Block) -> Result<Document, WireError> {
    let citations = block.citations.map(|raw| parse::<Citations>(raw.get().as_bytes()));
    let is_cited = citations.transpose()?.is_some_and(|citations| citations.enabled);
    let source = read_source(block.source, "document")?;
    let source = match (source.kind.as_str(), source.url, source.media_type, source.data) {
        ("url", Some(url), _, _) => DocumentSource::Url(url),
        ("base64", _, Some(media_type), Some(data)) => DocumentSource::Base64 { media_type, data },
        ("text", _, _, Some(text)) => DocumentSource::Text(text),
        (kind, ..) => return Err(unsupported(format!("a document whose source is `{kind}`"))),
    };
    Ok(Document { source, title: block.title, context: block.context, is_cited })
}

fn read_source(source: Option<Box<RawValue>>, kind: &str) -> Result<Source, WireError> {
    let source = source.ok_or_else(|| invalid(format!("a block `{kind}` needs its `source`")))?;
    parse(source.get().as_bytes())
}

fn unsupported_block(kind: &str) -> WireError {
    unsupported(format!("blocks of type `{kind}` in this place"))
}

fn unsupported(what: impl std::fmt::Display) -> WireError {
    WireError::unsupported("messages", format!("{what} cannot be translated for this provider"))
}

fn invalid(detail: impl Into<String>) -> WireError {
    WireError::invalid(Some("messages"), detail)
}
