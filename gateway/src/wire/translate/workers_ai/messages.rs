//! Turns, into the messages that Workers AI reads.

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        ir::{AssistantPart, Image, ImageSource, ResultPart, ToolCall, Turn, UserPart},
        losses::Losses,
        plain_text,
    },
};

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum Message<'a> {
    System {
        content: String,
    },
    User {
        content: Content,
    },
    Assistant {
        content: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<CallOfTool<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        content: String,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
pub(super) struct ImageUrl {
    url: String,
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
                messages.push(Message::System { content: plain_text::of_system(parts, losses) });
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
    let mut said = Vec::new();
    for part in parts {
        match part {
            UserPart::Text(text) if text.is_empty() => {}
            UserPart::Text(text) => said.push(Part::Text { text: text.clone() }),
            UserPart::Image(image) => said.push(write_image(image, losses)?),
            UserPart::Document(document) => {
                said.push(Part::Text { text: plain_text::of_document(document)? });
            }
            UserPart::Audio(_) => {
                let detail = "audio cannot be translated for this provider";
                return Err(WireError::unsupported("messages", detail));
            }
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                let call = calls.iter().rfind(|call| call.id == result.call_id);
                messages.push(Message::Tool {
                    tool_call_id: &result.call_id,
                    name: call.map(|call| call.name.as_str()),
                    content: plain_text::of_result(result)?,
                });
                for part in &result.parts {
                    if let ResultPart::Image(image) = part {
                        said.push(write_image(image, losses)?);
                    }
                }
            }
        }
    }
    let content = match said.as_mut_slice() {
        [] => return Ok(()),
        [Part::Text { text }] => Content::Text(std::mem::take(text)),
        _ => Content::Parts(said),
    };
    messages.push(Message::User { content });
    Ok(())
}

/// # Errors
///
/// `Unsupported` for an image by its address: nothing is fetched here.
fn write_image(image: &Image, losses: &mut Losses) -> Result<Part, WireError> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.hint_field("detail".into());
    }
    match &image.source {
        ImageSource::Base64 { media_type, data } => {
            let url = format!("data:{media_type};base64,{data}");
            Ok(Part::ImageUrl { image_url: ImageUrl { url } })
        }
        ImageSource::Url(_) => Err(WireError::unsupported(
            "messages",
            "an image by its URL cannot be translated for this provider; send its content as \
             base64",
        )),
    }
}

/// A content has to be there beside calls, too. Nothing where only thoughts were there.
fn write_assistant<'a>(parts: &'a [AssistantPart], losses: &mut Losses) -> Option<Message<'a>> {
    let mut content = String::new();
    let mut tool_calls = Vec::new();
    for part in parts {
        match part {
            AssistantPart::Text(text) => content.push_str(text),
            AssistantPart::ToolCall(call) => tool_calls.push(write_tool_call(call)),
            // Pictures and speech were refused before.
            AssistantPart::Thought(_)
            | AssistantPart::Image(_)
            | AssistantPart::Speech(_)
            | AssistantPart::ServerToolUse(_)
            | AssistantPart::Citation(_) => {}
            AssistantPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    let has_content = !content.is_empty() || !tool_calls.is_empty();
    has_content.then_some(Message::Assistant { content, tool_calls })
}

fn write_tool_call(call: &ToolCall) -> CallOfTool<'_> {
    let function = CalledFunction { name: &call.name, arguments: call.arguments.text() };
    CallOfTool { id: &call.id, r#type: "function", function }
}
