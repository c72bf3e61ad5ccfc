//! Turns, into the messages and documents of a Cohere chat.

use std::borrow::Cow;

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        ir::{
            AssistantPart, Document, Image, ImageSource, ResultPart, Thought, ToolCall, ToolResult,
            Turn, UserPart,
        },
        losses::Losses,
        plain_text,
    },
};

/// What was said, and what the model may look into.
#[derive(Default)]
pub(super) struct Conversation<'a> {
    pub(super) messages: Vec<Message<'a>>,
    pub(super) documents: Vec<SourceDocument<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum Message<'a> {
    System {
        content: String,
    },
    User {
        content: Content<UserBlock<'a>>,
    },
    Assistant {
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Content<AssistantBlock<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_plan: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<CallOfTool<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: Vec<ResultBlock<'a>>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content<B> {
    Text(String),
    Blocks(Vec<B>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum UserBlock<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl<'a> },
}

#[derive(Serialize)]
pub(super) struct ImageUrl<'a> {
    url: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum AssistantBlock<'a> {
    Text { text: &'a str },
    Thinking { thinking: &'a str },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResultBlock<'a> {
    Text { text: Cow<'a, str> },
    Document { document: SourceDocument<'a> },
}

#[derive(Serialize)]
pub(super) struct SourceDocument<'a> {
    data: DocumentData<'a>,
}

/// Every member is told to the model, with its name.
#[derive(Serialize)]
struct DocumentData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a str>,
    text: Cow<'a, str>,
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

/// Whether thoughts are sent back, and whether documents are told as text of the messages.
#[derive(Clone, Copy)]
struct Manner {
    is_told_to_think: bool,
    has_text_alone: bool,
}

/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_conversation<'a>(
    turns: &'a [Turn],
    is_told_to_think: bool,
    has_text_alone: bool,
    losses: &mut Losses,
) -> Result<Conversation<'a>, WireError> {
    let manner = Manner { is_told_to_think, has_text_alone };
    let mut conversation = Conversation::default();
    conversation.messages.extend(write_system(turns, losses));
    for turn in turns {
        match turn {
            Turn::System(_) => {}
            Turn::User(parts) => write_user(parts, manner, losses, &mut conversation)?,
            Turn::Assistant(parts) => {
                conversation.messages.extend(write_assistant(parts, manner, losses));
            }
        }
    }
    Ok(conversation)
}

/// System messages stand before the conversation, wherever the client put them.
fn write_system<'a>(turns: &[Turn], losses: &mut Losses) -> Option<Message<'a>> {
    let mut texts = Vec::new();
    for turn in turns {
        if let Turn::System(parts) = turn {
            texts.push(plain_text::of_system(parts, losses));
        }
    }
    texts.retain(|text| !text.is_empty());
    (!texts.is_empty()).then(|| Message::System { content: texts.join("\n\n") })
}

/// Tool results first, since each must follow the call that it answers, then what the user says. A
/// result holds no images here, so they move into the user's message.
fn write_user<'a>(
    parts: &'a [UserPart],
    manner: Manner,
    losses: &mut Losses,
    conversation: &mut Conversation<'a>,
) -> Result<(), WireError> {
    let mut said = Vec::new();
    let has_text_alone = manner.has_text_alone || !says_something(parts);
    for part in parts {
        match part {
            UserPart::Text(text) if text.is_empty() => {}
            UserPart::Text(text) => said.push(UserBlock::Text { text: text.into() }),
            UserPart::Image(image) => said.push(write_image(image)),
            UserPart::Document(document) if has_text_alone => {
                said.push(UserBlock::Text { text: plain_text::of_document(document)?.into() });
            }
            UserPart::Document(document) => {
                conversation.documents.push(write_document(document)?);
            }
            UserPart::Audio(_) => {
                let detail = "audio cannot be translated for this provider";
                return Err(WireError::unsupported("messages", detail));
            }
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                conversation.messages.push(write_tool_result(result)?);
                said.extend(result.parts.iter().filter_map(|part| match part {
                    ResultPart::Image(image) => Some(write_image(image)),
                    ResultPart::Text(_) | ResultPart::Document(_) => None,
                }));
            }
        }
    }
    let content = match said.as_mut_slice() {
        [] => return Ok(()),
        [UserBlock::Text { text }] => Content::Text(std::mem::take(text).into_owned()),
        _ => Content::Blocks(said),
    };
    conversation.messages.push(Message::User { content });
    Ok(())
}

/// Whether there is a message beside documents: one that is empty is refused.
fn says_something(parts: &[UserPart]) -> bool {
    parts.iter().any(|part| match part {
        UserPart::Text(text) => !text.is_empty(),
        UserPart::Image(_) => true,
        _ => false,
    })
}

fn write_image(image: &Image) -> UserBlock<'_> {
    let url = match &image.source {
        ImageSource::Url(url) => url.into(),
        ImageSource::Base64 { media_type, data } => {
            format!("data:{media_type};base64,{data}").into()
        }
    };
    UserBlock::ImageUrl { image_url: ImageUrl { url, detail: image.detail.as_deref() } }
}

fn write_document(document: &Document) -> Result<SourceDocument<'_>, WireError> {
    let text = plain_text::content_of(document)?;
    let (title, context) = (document.title.as_deref(), document.context.as_deref());
    Ok(SourceDocument { data: DocumentData { title, context, text } })
}

/// There is no flag for a failed tool, so the text says it.
fn write_tool_result(result: &ToolResult) -> Result<Message<'_>, WireError> {
    let mut content = Vec::with_capacity(result.parts.len());
    for part in &result.parts {
        match part {
            ResultPart::Text(text) => content.push(ResultBlock::Text { text: text.into() }),
            ResultPart::Document(document) => {
                content.push(ResultBlock::Document { document: write_document(document)? });
            }
            ResultPart::Image(_) => {}
        }
    }
    if content.is_empty() {
        content.push(ResultBlock::Text { text: "".into() });
    }
    if result.is_error {
        match content.first_mut() {
            Some(ResultBlock::Text { text }) => *text = format!("Error: {text}").into(),
            _ => content.insert(0, ResultBlock::Text { text: "Error: ".into() }),
        }
    }
    Ok(Message::Tool { tool_call_id: &result.call_id, content })
}

/// What is said beside calls is the plan behind them. A thought that somebody signed is another
/// vendor's. Nothing where only thoughts were there.
fn write_assistant<'a>(
    parts: &'a [AssistantPart],
    manner: Manner,
    losses: &mut Losses,
) -> Option<Message<'a>> {
    let mut thoughts = Vec::new();
    let mut texts = Vec::new();
    let mut tool_calls = Vec::new();
    for part in parts {
        match part {
            AssistantPart::Text(text) if text.is_empty() => {}
            AssistantPart::Text(text) => texts.push(text.as_str()),
            AssistantPart::ToolCall(call) => tool_calls.push(write_tool_call(call)),
            AssistantPart::Thought(Thought { text, signature: None, is_redacted: false })
                if manner.is_told_to_think && !text.is_empty() =>
            {
                thoughts.push(AssistantBlock::Thinking { thinking: text });
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
    if texts.is_empty() && tool_calls.is_empty() {
        return None;
    }
    let said = texts.concat();
    let has_said = !said.is_empty();
    if !tool_calls.is_empty() {
        let content = (!thoughts.is_empty()).then_some(Content::Blocks(thoughts));
        let tool_plan = has_said.then_some(said);
        return Some(Message::Assistant { content, tool_plan, tool_calls });
    }
    let content = if thoughts.is_empty() {
        Content::Text(said)
    } else {
        thoughts.extend(texts.into_iter().map(|text| AssistantBlock::Text { text }));
        Content::Blocks(thoughts)
    };
    Some(Message::Assistant { content: Some(content), tool_plan: None, tool_calls })
}

fn write_tool_call(call: &ToolCall) -> CallOfTool<'_> {
    let function = CalledFunction { name: &call.name, arguments: call.arguments.text() };
    CallOfTool { id: &call.id, r#type: "function", function }
}
