//! Turns, into the `input` of a Responses request: what a turn holds is one item each here.

use std::borrow::Cow;

use serde::Serialize;

use super::super::{encrypted_content, server_tools::WrittenUse};
use crate::wire::{
    WireError,
    translate::{
        ir::{
            AssistantPart, Document, DocumentSource, Image, ImageSource, ResultPart, SystemPart,
            Thought, ToolResult, Turn, UserPart,
        },
        losses::Losses,
        server_tools::LEFT_OUT,
    },
};

/// The name of a file that has none, since it needs one.
const UNNAMED_FILE: &str = "document.pdf";

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item<'a> {
    Message {
        role: &'static str,
        content: Content<'a>,
    },
    Reasoning {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        /// Required, also where there is none.
        summary: Vec<Summary<'a>>,
        encrypted_content: &'a str,
    },
    FunctionCall {
        call_id: &'a str,
        name: &'a str,
        arguments: &'a str,
    },
    FunctionCallOutput {
        call_id: &'a str,
        output: Content<'a>,
    },
    #[serde(untagged)]
    ServerTool(WrittenUse),
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Part<'a> {
    #[serde(rename = "input_text")]
    Text { text: Cow<'a, str> },
    #[serde(rename = "input_image")]
    Image { image_url: Cow<'a, str>, detail: &'a str },
    #[serde(rename = "input_file")]
    File {
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_data: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_url: Option<&'a str>,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "summary_text")]
pub(super) struct Summary<'a> {
    text: &'a str,
}

/// What is said before the conversation, and the conversation.
pub(super) struct Input<'a> {
    pub(super) instructions: Option<String>,
    pub(super) items: Vec<Item<'a>>,
}

/// The prompt cache is left to the provider: only its newest models take marks.
///
/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_input<'a>(
    turns: &'a [Turn],
    losses: &mut Losses,
) -> Result<Input<'a>, WireError> {
    let mut instructions: Vec<&str> = Vec::new();
    let mut items = Vec::with_capacity(turns.len());
    for turn in turns {
        match turn {
            Turn::System(parts) if items.is_empty() => {
                instructions.extend(system_texts(parts, losses));
            }
            Turn::System(parts) => {
                let content = Content::Text(system_texts(parts, losses).join("\n\n").into());
                items.push(Item::Message { role: "system", content });
            }
            Turn::User(parts) => write_user(parts, losses, &mut items)?,
            Turn::Assistant(parts) => write_assistant(parts, losses, &mut items),
        }
    }
    let instructions = (!instructions.is_empty()).then(|| instructions.join("\n\n"));
    Ok(Input { instructions, items })
}

fn system_texts<'a>(parts: &'a [SystemPart], losses: &mut Losses) -> Vec<&'a str> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            SystemPart::Text(text) => texts.push(text.as_str()),
            SystemPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    texts
}

fn write_user<'a>(
    parts: &'a [UserPart],
    losses: &mut Losses,
    items: &mut Vec<Item<'a>>,
) -> Result<(), WireError> {
    let mut said = Vec::new();
    for part in parts {
        match part {
            UserPart::Text(text) => said.push(input_text(text)),
            UserPart::Image(image) => said.push(write_image(image)),
            UserPart::Document(document) => said.extend(write_document(document)),
            UserPart::Audio(_) => {
                return Err(WireError::unsupported(
                    "messages",
                    "audio cannot be translated for this provider",
                ));
            }
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                items.extend(write_said(std::mem::take(&mut said)));
                items.push(write_tool_result(result));
            }
        }
    }
    items.extend(write_said(said));
    Ok(())
}

fn write_said(said: Vec<Part<'_>>) -> Option<Item<'_>> {
    (!said.is_empty()).then(|| Item::Message { role: "user", content: content_of(said) })
}

/// One text is as well a string, which every server of this API takes.
fn content_of(mut parts: Vec<Part<'_>>) -> Content<'_> {
    match parts.as_mut_slice() {
        [] => Content::Text("".into()),
        [Part::Text { text }] => Content::Text(std::mem::take(text)),
        _ => Content::Parts(parts),
    }
}

/// There is no flag for a failed tool, so the text says it.
fn write_tool_result(result: &ToolResult) -> Item<'_> {
    let mut parts = Vec::with_capacity(result.parts.len() + 1);
    for part in &result.parts {
        match part {
            ResultPart::Text(text) => parts.push(input_text(text)),
            ResultPart::Image(image) => parts.push(write_image(image)),
            ResultPart::Document(document) => parts.extend(write_document(document)),
        }
    }
    if result.is_error {
        match parts.first_mut() {
            Some(Part::Text { text }) => *text = format!("Error: {text}").into(),
            _ => parts.insert(0, input_text("Error: ")),
        }
    }
    Item::FunctionCallOutput { call_id: &result.call_id, output: content_of(parts) }
}

fn input_text(text: &str) -> Part<'_> {
    Part::Text { text: text.into() }
}

fn write_image(image: &Image) -> Part<'_> {
    let image_url = match &image.source {
        ImageSource::Url(url) => url.into(),
        ImageSource::Base64 { media_type, data } => data_url(media_type, data).into(),
    };
    Part::Image { image_url, detail: image.detail.as_deref().unwrap_or("auto") }
}

/// A document of plain text is text; what is said of a document comes before it.
fn write_document(document: &Document) -> Vec<Part<'_>> {
    let title = document.title.as_deref();
    let context = document.context.as_deref().map(input_text);
    let file = match &document.source {
        DocumentSource::Text(text) => {
            let above = document.title.iter().chain(&document.context);
            let lines: Vec<&str> = above.map(String::as_str).chain([text.as_str()]).collect();
            return vec![Part::Text { text: lines.join("\n\n").into() }];
        }
        DocumentSource::Base64 { media_type, data } => Part::File {
            filename: title.or(Some(UNNAMED_FILE)),
            file_data: Some(data_url(media_type, data)),
            file_url: None,
        },
        DocumentSource::Url(url) => {
            Part::File { filename: title, file_data: None, file_url: Some(url) }
        }
    };
    context.into_iter().chain([file]).collect()
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}

/// A thought without what it led to is refused here, so none ends a turn.
fn write_assistant<'a>(parts: &'a [AssistantPart], losses: &mut Losses, items: &mut Vec<Item<'a>>) {
    for part in parts {
        match part {
            AssistantPart::Text(text) if text.is_empty() => {}
            AssistantPart::Text(text) => {
                let content = Content::Text(text.into());
                items.push(Item::Message { role: "assistant", content });
            }
            AssistantPart::Thought(thought) => items.extend(write_thought(thought)),
            AssistantPart::ToolCall(call) => items.push(Item::FunctionCall {
                call_id: &call.id,
                name: &call.name,
                arguments: call.arguments.text(),
            }),
            AssistantPart::ServerToolUse(used) => match WrittenUse::of_own(used) {
                Some(written) => items.push(Item::ServerTool(written)),
                None => losses.hint_field(LEFT_OUT.into()),
            },
            // Pictures and speech were refused before.
            AssistantPart::Image(_) | AssistantPart::Speech(_) | AssistantPart::Citation(_) => {}
            AssistantPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    while matches!(items.last(), Some(Item::Reasoning { .. })) {
        items.pop();
    }
}

/// What another vendor signed, or nobody, is of no use to this one.
fn write_thought(thought: &Thought) -> Option<Item<'_>> {
    let own = encrypted_content::Own::of(thought.signature.as_ref()?)?;
    let summary = Some(Summary { text: &thought.text }).filter(|it| !it.text.is_empty());
    Some(Item::Reasoning {
        id: own.id,
        summary: summary.into_iter().collect(),
        encrypted_content: own.content,
    })
}
