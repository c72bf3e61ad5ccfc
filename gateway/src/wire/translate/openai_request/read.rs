//! A client's chat completion request, into the internal representation.

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
    messages: Vec<Message>,
    tools: Option<Vec<ToolDefinition>>,
    tool_choice: Option<Box<RawValue>>,
    parallel_tool_calls: Option<bool>,
    stop: Option<Content<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_completion_tokens: Option<i64>,
    max_tokens: Option<i64>,
    response_format: Option<ResponseFormat>,
    stream: Option<bool>,
    user: Option<String>,
    safety_identifier: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Content<Part>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallOfTool>>,
    tool_call_id: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    refusal: Option<String>,
    image_url: Option<ImageUrl>,
}

#[derive(Deserialize)]
struct ImageUrl {
    url: String,
}

#[derive(Deserialize)]
struct CallOfTool {
    id: String,
    function: Option<CalledFunction>,
}

#[derive(Deserialize)]
struct CalledFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
struct ToolDefinition {
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<JsonSchema>,
}

#[derive(Deserialize)]
struct JsonSchema {
    schema: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct NamedChoice {
    function: Option<NamedFunction>,
}

#[derive(Deserialize)]
struct NamedFunction {
    name: String,
}

/// # Errors
///
/// `Invalid` where the body is not a chat completion request, `Unsupported` naming the field that
/// cannot be carried over.
pub(in crate::wire::translate) fn read(body: &[u8]) -> Result<Request, WireError> {
    let refused: Untranslatable = parse(body)?;
    refused.refuse()?;
    let body: Body = parse(body)?;
    Ok(Request {
        turns: body.messages.into_iter().map(read_message).collect::<Result<_, _>>()?,
        tools: body.tools.into_iter().flatten().map(read_tool).collect::<Result<_, _>>()?,
        tool_choice: body.tool_choice.as_deref().map(read_tool_choice).transpose()?,
        parallel_tool_calls: body.parallel_tool_calls,
        stop: body.stop.map(read_stop).unwrap_or_default(),
        temperature: body.temperature,
        top_p: body.top_p,
        output_limit: body.max_completion_tokens.or(body.max_tokens),
        answer_schema: body.response_format.map(read_response_format).transpose()?.flatten(),
        stream: body.stream.unwrap_or(false),
        user: body.user.or(body.safety_identifier),
    })
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a chat completion request: {error}"))
    })
}

fn read_message(message: Message) -> Result<Turn, WireError> {
    match message.role.as_str() {
        "system" | "developer" => Ok(Turn::System(texts(message.content)?.join("\n\n"))),
        "user" => read_user(message.content).map(Turn::User),
        "assistant" => read_assistant(message).map(Turn::Assistant),
        "tool" => read_tool_message(message).map(|result| Turn::User(vec![result])),
        role => Err(unsupported_message(format!("messages of role `{role}`"))),
    }
}

fn read_user(content: Content<Part>) -> Result<Vec<UserPart>, WireError> {
    match content {
        Content::Text(text) => Ok(vec![UserPart::Text(text)]),
        Content::Parts(parts) => parts.into_iter().map(read_user_part).collect(),
    }
}

fn read_user_part(part: Part) -> Result<UserPart, WireError> {
    match (part.kind.as_str(), part.text, part.image_url) {
        ("text", Some(text), _) => Ok(UserPart::Text(text)),
        ("image_url", _, Some(image)) => read_image(image.url).map(UserPart::Image),
        _ => Err(unsupported_part(&part.kind)),
    }
}

fn read_image(url: String) -> Result<Image, WireError> {
    let Some(inline) = url.strip_prefix("data:") else { return Ok(Image::Url(url)) };
    match inline.split_once(";base64,") {
        Some((media_type, data)) => {
            Ok(Image::Base64 { media_type: media_type.to_owned(), data: data.to_owned() })
        }
        None => Err(invalid_message("an image in a `data:` URL must be base64")),
    }
}

fn read_assistant(message: Message) -> Result<Vec<AssistantPart>, WireError> {
    let said = texts(message.content)?.into_iter().chain(message.refusal);
    let mut parts: Vec<_> = said.map(AssistantPart::Text).collect();
    for call in message.tool_calls.into_iter().flatten() {
        parts.push(AssistantPart::ToolCall(read_tool_call(call)?));
    }
    Ok(parts)
}

fn read_tool_call(call: CallOfTool) -> Result<ToolCall, WireError> {
    let function =
        call.function.ok_or_else(|| unsupported_message("tool calls other than functions"))?;
    let arguments = Arguments::read(&function.arguments).ok_or_else(|| {
        invalid_message(format!("the arguments of tool call `{}` are not a JSON object", call.id))
    })?;
    Ok(ToolCall { id: call.id, name: function.name, arguments })
}

fn read_tool_message(message: Message) -> Result<UserPart, WireError> {
    let call_id = message
        .tool_call_id
        .ok_or_else(|| invalid_message("a message of role `tool` needs its `tool_call_id`"))?;
    let texts = texts(message.content)?;
    Ok(UserPart::ToolResult(ToolResult { call_id, texts, images: Vec::new(), is_error: false }))
}

fn texts(content: Content<Part>) -> Result<Vec<String>, WireError> {
    match content {
        Content::Text(text) => Ok(vec![text]),
        Content::Parts(parts) => parts.into_iter().map(read_text).collect(),
    }
}

fn read_text(part: Part) -> Result<String, WireError> {
    part.text.or(part.refusal).ok_or_else(|| unsupported_part(&part.kind))
}

fn read_tool(tool: ToolDefinition) -> Result<Tool, WireError> {
    let function = tool.function.ok_or_else(|| {
        WireError::unsupported("tools", "only tools of type `function` translate")
    })?;
    Ok(Tool {
        name: function.name,
        description: function.description,
        schema: function.parameters,
        strict: function.strict,
    })
}

fn read_tool_choice(choice: &RawValue) -> Result<ToolChoice, WireError> {
    match choice.get() {
        r#""auto""# => Ok(ToolChoice::Auto),
        r#""none""# => Ok(ToolChoice::None),
        r#""required""# => Ok(ToolChoice::Any),
        named => match serde_json::from_str(named) {
            Ok(NamedChoice { function: Some(function) }) => Ok(ToolChoice::Named(function.name)),
            _ => Err(WireError::unsupported(
                "tool_choice",
                "`tool_choice` must be auto, none, required or a function to be translated",
            )),
        },
    }
}

fn read_stop(stop: Content<String>) -> Vec<String> {
    match stop {
        Content::Text(text) => vec![text],
        Content::Parts(texts) => texts,
    }
}

fn read_response_format(format: ResponseFormat) -> Result<Option<Box<RawValue>>, WireError> {
    match (format.kind.as_str(), format.json_schema.and_then(|named| named.schema)) {
        ("text", _) => Ok(None),
        ("json_schema", Some(schema)) => Ok(Some(schema)),
        _ => Err(WireError::unsupported(
            "response_format",
            "`response_format` must be `text`, or a `json_schema` with its schema, to be translated",
        )),
    }
}

fn unsupported_part(kind: &str) -> WireError {
    unsupported_message(format!("content parts of type `{kind}` in this place"))
}

fn unsupported_message(what: impl std::fmt::Display) -> WireError {
    WireError::unsupported("messages", format!("{what} cannot be translated for this provider"))
}

fn invalid_message(detail: impl Into<String>) -> WireError {
    WireError::invalid(Some("messages"), detail)
}
