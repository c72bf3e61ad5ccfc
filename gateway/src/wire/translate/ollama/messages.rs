//! Turns, into the messages of an Ollama chat.

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        ir::{
            AssistantPart, Image, ImageSource, JsonObject, ResultPart, Thought, ToolCall,
            ToolResult, Turn, UserPart,
        },
        losses::Losses,
        plain_text,
    },
};

#[derive(Default, Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CallOfTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
}

#[derive(Serialize)]
struct CallOfTool<'a> {
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a JsonObject,
}

/// What goes into one message.
#[derive(Default)]
struct Said<'a> {
    texts: Vec<String>,
    images: Vec<&'a str>,
}

/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_messages<'a>(
    turns: &'a [Turn],
    losses: &mut Losses,
) -> Result<Vec<Message<'a>>, WireError> {
    let mut messages = Vec::with_capacity(turns.len());
    let mut calls: Vec<&ToolCall> = Vec::new();
    for turn in turns {
        match turn {
            Turn::System(parts) => {
                let content = plain_text::of_system(parts, losses);
                messages.push(Message { role: "system", content, ..Message::default() });
            }
            Turn::User(parts) => write_user(parts, &calls, losses, &mut messages)?,
            Turn::Assistant(parts) => {
                calls.extend(parts.iter().filter_map(|part| match part {
                    AssistantPart::ToolCall(call) => Some(call),
                    _ => None,
                }));
                messages.extend(write_assistant(parts, losses));
            }
        }
    }
    Ok(messages)
}

/// Tool results first, since each must follow the call that it answers, then what the user says,
/// with the images of the results.
fn write_user<'a>(
    parts: &'a [UserPart],
    calls: &[&'a ToolCall],
    losses: &mut Losses,
    messages: &mut Vec<Message<'a>>,
) -> Result<(), WireError> {
    let mut said = Said::default();
    let mut results: Vec<&ToolResult> = Vec::new();
    for part in parts {
        match part {
            UserPart::Text(text) if text.is_empty() => {}
            UserPart::Text(text) => said.texts.push(text.clone()),
            UserPart::Image(image) => said.images.push(write_image(image, losses)?),
            UserPart::Document(document) => said.texts.push(plain_text::of_document(document)?),
            UserPart::Audio(_) => {
                let detail = "audio cannot be translated for this provider";
                return Err(WireError::unsupported("messages", detail));
            }
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                results.push(result);
                for part in &result.parts {
                    if let ResultPart::Image(image) = part {
                        said.images.push(write_image(image, losses)?);
                    }
                }
            }
        }
    }
    // Nothing but their order tells which of two calls of one tool a result answers.
    let place = |result: &&ToolResult| {
        calls.iter().rposition(|call| call.id == result.call_id).unwrap_or(usize::MAX)
    };
    results.sort_by_key(place);
    for result in results {
        let call = calls.iter().rfind(|call| call.id == result.call_id);
        messages.push(Message {
            role: "tool",
            content: plain_text::of_result(result)?,
            tool_name: call.map(|call| call.name.as_str()),
            ..Message::default()
        });
    }
    if !said.texts.is_empty() || !said.images.is_empty() {
        let content = said.texts.join("\n\n");
        messages.push(Message { role: "user", content, images: said.images, ..Message::default() });
    }
    Ok(())
}

/// # Errors
///
/// `Unsupported` for an image by its address: the server fetches nothing.
fn write_image<'a>(image: &'a Image, losses: &mut Losses) -> Result<&'a str, WireError> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.hint_field("detail".into());
    }
    match &image.source {
        ImageSource::Base64 { media_type: _, data } => Ok(data),
        ImageSource::Url(_) => Err(WireError::unsupported(
            "messages",
            "an image by its URL cannot be translated for this provider; send its content as \
             base64",
        )),
    }
}

/// A thought that somebody signed is another vendor's. Nothing where only thoughts were there.
fn write_assistant<'a>(parts: &'a [AssistantPart], losses: &mut Losses) -> Option<Message<'a>> {
    let mut message = Message { role: "assistant", ..Message::default() };
    for part in parts {
        match part {
            AssistantPart::Text(text) => message.content.push_str(text),
            AssistantPart::ToolCall(ToolCall { id: _, name, arguments }) => {
                message
                    .tool_calls
                    .push(CallOfTool { function: CalledFunction { name, arguments } });
            }
            AssistantPart::Thought(Thought { text, signature: None, is_redacted: false })
                if !text.is_empty() =>
            {
                message.thinking.get_or_insert_with(String::new).push_str(text);
            }
            // Pictures and speech were refused before.
            AssistantPart::Thought(_)
            | AssistantPart::Image(_)
            | AssistantPart::Speech(_)
            | AssistantPart::ServerToolUse(_)
            | AssistantPart::Citation(_) => {}
            AssistantPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    let has_content = !message.content.is_empty() || !message.tool_calls.is_empty();
    has_content.then_some(message)
}
