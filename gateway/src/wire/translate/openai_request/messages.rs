//! The messages of a chat completion request, into turns.

use serde::{Deserialize, de::IgnoredAny};

use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{
            AssistantPart, Audio, Document, JsonObject, ResultPart, Settings, SystemPart, ToolCall,
            ToolResult, Turn, UserPart,
        },
        openai_media,
        reasoning_details::{ReadDetail, thoughts_of},
    },
};

#[derive(Deserialize)]
pub(super) struct Message {
    role: String,
    #[serde(default)]
    content: Content<Part>,
    name: Option<String>,
    refusal: Option<String>,
    reasoning_details: Option<Vec<ReadDetail>>,
    /// What the model has drawn, where the server is one that tells it so.
    images: Option<Vec<Part>>,
    /// What it has spoken, by the name under which OpenAI keeps it.
    audio: Option<IgnoredAny>,
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
    file: Option<File>,
    input_audio: Option<InputAudio>,
}

#[derive(Deserialize)]
struct ImageUrl {
    url: String,
    detail: Option<String>,
}

#[derive(Deserialize)]
struct File {
    file_data: Option<String>,
    filename: Option<String>,
}

#[derive(Deserialize)]
struct InputAudio {
    data: String,
    format: String,
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

/// # Errors
///
/// `Invalid` where the message breaks its own dialect, `Unsupported` where no other has its like.
pub(super) fn read_message(message: Message, settings: &mut Settings) -> Result<Turn, WireError> {
    if message.name.is_some() {
        settings.hints.push("messages.name".into());
    }
    match message.role.as_str() {
        "system" | "developer" => {
            let texts = texts(message.content)?;
            Ok(Turn::System(texts.into_iter().map(SystemPart::Text).collect()))
        }
        "user" => read_user(message.content).map(Turn::User),
        "assistant" => read_assistant(message).map(Turn::Assistant),
        "tool" => read_tool_message(message).map(|result| Turn::User(vec![result])),
        role => Err(unsupported(format!("messages of role `{role}`"))),
    }
}

fn read_user(content: Content<Part>) -> Result<Vec<UserPart>, WireError> {
    match content {
        Content::Text(text) => Ok(vec![UserPart::Text(text)]),
        Content::Parts(parts) => parts.into_iter().map(read_user_part).collect(),
    }
}

fn read_user_part(part: Part) -> Result<UserPart, WireError> {
    match part {
        Part { kind, text: Some(text), .. } if kind == "text" => Ok(UserPart::Text(text)),
        Part { kind, image_url: Some(image), .. } if kind == "image_url" => {
            openai_media::image("messages", image.url, image.detail).map(UserPart::Image)
        }
        Part { kind, file: Some(file), .. } if kind == "file" => {
            read_file(file).map(UserPart::Document)
        }
        Part { kind, input_audio: Some(InputAudio { data, format }), .. }
            if kind == "input_audio" =>
        {
            Ok(UserPart::Audio(Audio { format, data }))
        }
        Part { kind, .. } => Err(unsupported_part(&kind)),
    }
}

fn read_file(file: File) -> Result<Document, WireError> {
    let data = file
        .file_data
        .ok_or_else(|| unsupported("a file that is kept at a provider, by its id,"))?;
    openai_media::file("messages", &data, file.filename)
}

fn read_assistant(message: Message) -> Result<Vec<AssistantPart>, WireError> {
    if message.audio.is_some() {
        return Err(unsupported("what a model has spoken, by its id,"));
    }
    let thoughts = thoughts_of(message.reasoning_details.unwrap_or_default(), None);
    let mut parts: Vec<_> = thoughts.into_iter().map(AssistantPart::Thought).collect();
    let said = texts(message.content)?.into_iter().chain(message.refusal);
    parts.extend(said.map(AssistantPart::Text));
    for part in message.images.into_iter().flatten() {
        let ImageUrl { url, detail } =
            part.image_url.ok_or_else(|| invalid("an image needs its `image_url`"))?;
        let image = openai_media::image("messages", url, detail)?;
        parts.push(AssistantPart::Image(image));
    }
    for call in message.tool_calls.into_iter().flatten() {
        parts.push(AssistantPart::ToolCall(read_tool_call(call)?));
    }
    Ok(parts)
}

fn read_tool_call(call: CallOfTool) -> Result<ToolCall, WireError> {
    let function = call.function.ok_or_else(|| unsupported("tool calls other than functions"))?;
    let arguments = JsonObject::read(&function.arguments).ok_or_else(|| {
        invalid(format!("the arguments of tool call `{}` are not a JSON object", call.id))
    })?;
    Ok(ToolCall { id: call.id, name: function.name, arguments })
}

fn read_tool_message(message: Message) -> Result<UserPart, WireError> {
    let call_id = message
        .tool_call_id
        .ok_or_else(|| invalid("a message of role `tool` needs its `tool_call_id`"))?;
    let parts = texts(message.content)?.into_iter().map(ResultPart::Text).collect();
    Ok(UserPart::ToolResult(ToolResult { call_id, parts, is_error: false }))
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

fn unsupported_part(kind: &str) -> WireError {
    unsupported(format!("content parts of type `{kind}` in this place"))
}

fn unsupported(what: impl std::fmt::Display) -> WireError {
    WireError::unsupported("messages", format!("{what} cannot be translated for this provider"))
}

fn invalid(detail: impl Into<String>) -> WireError {
    WireError::invalid(Some("messages"), detail)
}
