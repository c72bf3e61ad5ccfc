//! A client's Anthropic messages request, into the internal representation.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::refuse::Untranslatable;
use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{
            Arguments, AssistantPart, Image, Request, Tool, ToolCall, ToolChoice, ToolResult, Turn,
            UserPart,
        },
    },
};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    system: Content<Block>,
    messages: Vec<Message>,
    tools: Option<Vec<ToolDefinition>>,
    tool_choice: Option<Choice>,
    stop_sequences: Option<Vec<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_tokens: Option<i64>,
    output_config: Option<OutputConfig>,
    stream: Option<bool>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Content<Block>,
}

/// A block of any kind: what depends on the kind stays unread until the kind is known.
#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    source: Option<Box<RawValue>>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Box<RawValue>>,
    tool_use_id: Option<String>,
    content: Option<Box<RawValue>>,
    is_error: Option<bool>,
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
struct ToolDefinition {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: String,
    description: Option<String>,
    input_schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Deserialize)]
struct OutputConfig {
    format: Option<OutputFormat>,
}

#[derive(Deserialize)]
struct OutputFormat {
    schema: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Metadata {
    user_id: Option<String>,
}

/// # Errors
///
/// `Invalid` where the body is not a messages request, `Unsupported` naming the field that cannot
/// be carried over.
pub(in crate::wire::translate) fn read(body: &[u8]) -> Result<Request, WireError> {
    let refused: Untranslatable = parse(body)?;
    refused.refuse()?;
    let body: Body = parse(body)?;
    let system = texts(body.system)?.join("\n\n");
    let mut turns = Vec::with_capacity(body.messages.len() + 1);
    if !system.is_empty() {
        turns.push(Turn::System(system));
    }
    for message in body.messages {
        turns.push(read_message(message)?);
    }
    let one_tool_at_a_time = body.tool_choice.as_ref().and_then(|it| it.disable_parallel_tool_use);
    Ok(Request {
        turns,
        tools: body.tools.into_iter().flatten().map(read_tool).collect::<Result<_, _>>()?,
        tool_choice: body.tool_choice.map(read_tool_choice).transpose()?,
        parallel_tool_calls: one_tool_at_a_time.map(|is_disabled| !is_disabled),
        stop: body.stop_sequences.unwrap_or_default(),
        temperature: body.temperature,
        top_p: body.top_p,
        output_limit: body.max_tokens,
        answer_schema: body.output_config.and_then(|output| output.format?.schema),
        stream: body.stream.unwrap_or(false),
        user: body.metadata.and_then(|metadata| metadata.user_id),
    })
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a messages request: {error}"))
    })
}

fn read_message(message: Message) -> Result<Turn, WireError> {
    match message.role.as_str() {
        "system" => Ok(Turn::System(texts(message.content)?.join("\n\n"))),
        "user" => read_user(message.content).map(Turn::User),
        "assistant" => read_assistant(message.content).map(Turn::Assistant),
        role => Err(unsupported(format!("messages of role `{role}`"))),
    }
}

fn read_user(content: Content<Block>) -> Result<Vec<UserPart>, WireError> {
    match content {
        Content::Text(text) => Ok(vec![UserPart::Text(text)]),
        Content::Parts(blocks) => blocks.into_iter().map(read_user_block).collect(),
    }
}

fn read_user_block(block: Block) -> Result<UserPart, WireError> {
    match (block.kind.as_str(), block.tool_use_id) {
        ("tool_result", Some(call_id)) => {
            read_tool_result(call_id, block.content, block.is_error).map(UserPart::ToolResult)
        }
        ("tool_result", None) => Err(invalid("a `tool_result` block needs its `tool_use_id`")),
        ("text", _) => read_text(block.text).map(UserPart::Text),
        ("image", _) => read_image(block.source).map(UserPart::Image),
        (kind, _) => Err(unsupported_block(kind)),
    }
}

fn read_tool_result(
    call_id: String,
    content: Option<Box<RawValue>>,
    is_error: Option<bool>,
) -> Result<ToolResult, WireError> {
    let is_error = is_error.unwrap_or(false);
    let mut result = ToolResult { call_id, texts: Vec::new(), images: Vec::new(), is_error };
    let content = content.map(|raw| parse(raw.get().as_bytes())).transpose()?.unwrap_or_default();
    let blocks: Vec<Block> = match content {
        Content::Text(text) => return Ok(ToolResult { texts: vec![text], ..result }),
        Content::Parts(blocks) => blocks,
    };
    for block in blocks {
        match block.kind.as_str() {
            "text" => result.texts.push(read_text(block.text)?),
            "image" => result.images.push(read_image(block.source)?),
            kind => return Err(unsupported_block(kind)),
        }
    }
    Ok(result)
}

/// What the model thought is signed for its own provider and of no use to another, so it is left
/// out of the history.
fn read_assistant(content: Content<Block>) -> Result<Vec<AssistantPart>, WireError> {
    let blocks = match content {
        Content::Text(text) => return Ok(vec![AssistantPart::Text(text)]),
        Content::Parts(blocks) => blocks,
    };
    let said = blocks.into_iter().filter(|block| !is_thought(&block.kind));
    said.map(read_assistant_block).collect()
}

fn is_thought(kind: &str) -> bool {
    matches!(kind, "thinking" | "redacted_thinking")
}

fn read_assistant_block(block: Block) -> Result<AssistantPart, WireError> {
    match (block.kind.as_str(), block.id, block.name) {
        ("text", _, _) => read_text(block.text).map(AssistantPart::Text),
        ("tool_use", Some(id), Some(name)) => match block.input.and_then(Arguments::from_json) {
            Some(arguments) => Ok(AssistantPart::ToolCall(ToolCall { id, name, arguments })),
            None => Err(invalid(format!("the `input` of tool use `{id}` is not an object"))),
        },
        ("tool_use", _, _) => Err(invalid("a `tool_use` block needs its `id` and `name`")),
        (kind, _, _) => Err(unsupported_block(kind)),
    }
}

fn texts(content: Content<Block>) -> Result<Vec<String>, WireError> {
    match content {
        Content::Text(text) => Ok(vec![text]),
        Content::Parts(blocks) => blocks.into_iter().map(|block| read_text(block.text)).collect(),
    }
}

fn read_text(text: Option<String>) -> Result<String, WireError> {
    text.ok_or_else(|| invalid("a `text` block needs its `text`"))
}

fn read_image(source: Option<Box<RawValue>>) -> Result<Image, WireError> {
    let source = source.ok_or_else(|| invalid("an `image` block needs its `source`"))?;
    let source: Source = parse(source.get().as_bytes())?;
    match (source.kind.as_str(), source.url, source.media_type, source.data) {
        ("url", Some(url), _, _) => Ok(Image::Url(url)),
        ("base64", _, Some(media_type), Some(data)) => Ok(Image::Base64 { media_type, data }),
        (kind, ..) => Err(unsupported(format!("an image whose source is `{kind}`"))),
    }
}

fn read_tool(tool: ToolDefinition) -> Result<Tool, WireError> {
    if tool.kind.as_deref().is_some_and(|kind| kind != "custom") {
        let detail = format!("the provider's own tool `{}` cannot be translated", tool.name);
        return Err(WireError::unsupported("tools", detail));
    }
    Ok(Tool {
        name: tool.name,
        description: tool.description,
        schema: tool.input_schema,
        strict: tool.strict,
    })
}

fn read_tool_choice(choice: Choice) -> Result<ToolChoice, WireError> {
    match (choice.kind.as_str(), choice.name) {
        ("auto", _) => Ok(ToolChoice::Auto),
        ("none", _) => Ok(ToolChoice::None),
        ("any", _) => Ok(ToolChoice::Any),
        ("tool", Some(name)) => Ok(ToolChoice::Named(name)),
        _ => Err(WireError::unsupported(
            "tool_choice",
            "`tool_choice` must be auto, none, any or a named tool to be translated",
        )),
    }
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
