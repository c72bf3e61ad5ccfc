//! Turns, into the messages of a chat completion request.

use std::borrow::Cow;

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        ir::{
            AssistantPart, Audio, Document, DocumentSource, Image, ImageSource, ResultPart,
            SystemPart, ToolCall, ToolResult, Turn, UserPart,
        },
        losses::Losses,
    },
};

/// The name of a file that has none, since it needs one.
const UNNAMED_FILE: &str = "document.pdf";

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum Message<'a> {
    System {
        content: String,
    },
    User {
        content: UserContent<'a>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        images: Vec<Part<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<CallOfTool<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum UserContent<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl<'a> },
    File { file: File<'a> },
    InputAudio { input_audio: InputAudio<'a> },
}

#[derive(Serialize)]
pub(super) struct ImageUrl<'a> {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct File<'a> {
    filename: &'a str,
    file_data: String,
}

#[derive(Serialize)]
pub(super) struct InputAudio<'a> {
    data: &'a str,
    format: &'a str,
}

#[derive(Serialize)]
pub(super) struct CallOfTool<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// The prompt cache needs no marks here, and thoughts are of no use to another model.
///
/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_messages<'a>(
    turns: &'a [Turn],
    losses: &mut Losses,
) -> Result<Vec<Message<'a>>, WireError> {
    let mut messages = Vec::with_capacity(turns.len());
    for turn in turns {
        match turn {
            Turn::System(parts) => messages.push(write_system(parts, losses)),
            Turn::User(parts) => write_user(parts, losses, &mut messages)?,
            Turn::Assistant(parts) => messages.extend(write_assistant(parts)),
        }
    }
    Ok(messages)
}

fn write_system<'a>(parts: &[SystemPart], losses: &mut Losses) -> Message<'a> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            SystemPart::Text(text) => texts.push(text.as_str()),
            SystemPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    Message::System { content: texts.join("\n\n") }
}

/// Tool results first, since each must follow the call that it answers, then what the user says.
/// A tool message holds only text here, so what else a result has moves into the user's message.
fn write_user<'a>(
    parts: &'a [UserPart],
    losses: &mut Losses,
    messages: &mut Vec<Message<'a>>,
) -> Result<(), WireError> {
    let mut said = Vec::new();
    for part in parts {
        match part {
            UserPart::Text(text) => said.push(Part::Text { text: text.into() }),
            UserPart::Image(image) => said.push(write_image(image)),
            UserPart::Document(document) => said.push(write_document(document)?),
            UserPart::Audio(audio) => said.push(write_audio(audio)),
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                messages.push(write_tool_result(result));
                for part in &result.parts {
                    match part {
                        ResultPart::Text(_) => {}
                        ResultPart::Image(image) => said.push(write_image(image)),
                        ResultPart::Document(document) => said.push(write_document(document)?),
                    }
                }
            }
        }
    }
    match said.as_mut_slice() {
        [] => {}
        [Part::Text { text }] => {
            let content = UserContent::Text(std::mem::take(text));
            messages.push(Message::User { content });
        }
        _ => messages.push(Message::User { content: UserContent::Parts(said) }),
    }
    Ok(())
}

/// There is no flag for a failed tool, so the text says it.
fn write_tool_result(result: &ToolResult) -> Message<'_> {
    let texts: Vec<&str> = result
        .parts
        .iter()
        .filter_map(|part| match part {
            ResultPart::Text(text) => Some(text.as_str()),
            ResultPart::Image(_) | ResultPart::Document(_) => None,
        })
        .collect();
    let text = texts.join("\n");
    let content = if result.is_error { format!("Error: {text}") } else { text };
    Message::Tool { tool_call_id: &result.call_id, content }
}

fn write_image(image: &Image) -> Part<'_> {
    let url = match &image.source {
        ImageSource::Url(url) => url.clone(),
        ImageSource::Base64 { media_type, data } => data_url(media_type, data),
    };
    Part::ImageUrl { image_url: ImageUrl { url, detail: image.detail.as_deref() } }
}

/// A document of plain text is text; what it is called and what is said of it come first.
fn write_document(document: &Document) -> Result<Part<'_>, WireError> {
    match &document.source {
        DocumentSource::Text(text) => {
            let above = document.title.iter().chain(&document.context);
            let lines: Vec<&str> = above.map(String::as_str).chain([text.as_str()]).collect();
            Ok(Part::Text { text: lines.join("\n\n").into() })
        }
        DocumentSource::Base64 { media_type, data } => Ok(Part::File {
            file: File {
                filename: document.title.as_deref().unwrap_or(UNNAMED_FILE),
                file_data: data_url(media_type, data),
            },
        }),
        DocumentSource::Url(_) => Err(WireError::unsupported(
            "messages",
            "a document by its URL cannot be translated for this provider; send its content as \
             base64",
        )),
    }
}

fn write_audio(audio: &Audio) -> Part<'_> {
    Part::InputAudio { input_audio: InputAudio { data: &audio.data, format: &audio.format } }
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// Nothing where only thoughts were there.
fn write_assistant(parts: &[AssistantPart]) -> Option<Message<'_>> {
    let mut content = None;
    let mut images = Vec::new();
    let mut tool_calls = Vec::new();
    for part in parts {
        match part {
            AssistantPart::Image(image) => images.push(write_image(image)),
            AssistantPart::Text(text) => content.get_or_insert_with(String::new).push_str(text),
            AssistantPart::ToolCall(call) => tool_calls.push(write_tool_call(call)),
            AssistantPart::Thought(_)
            | AssistantPart::Speech(_)
            | AssistantPart::ServerToolUse(_)
            | AssistantPart::Citation(_)
            | AssistantPart::CacheMark(_) => {}
        }
    }
    let is_empty = content.is_none() && images.is_empty() && tool_calls.is_empty();
    (!is_empty).then_some(Message::Assistant { content, images, tool_calls })
}

fn write_tool_call(call: &ToolCall) -> CallOfTool<'_> {
    let function = CalledFunction { name: &call.name, arguments: call.arguments.text() };
    CallOfTool { id: &call.id, r#type: "function", function }
}
