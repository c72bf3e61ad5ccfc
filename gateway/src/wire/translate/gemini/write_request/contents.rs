//! Turns, into the contents of a request: one for each side in turn.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    media::{write_audio, write_document, write_image},
    parts::{FunctionResponse, Part, PartContent, Payload},
    signatures::{demands_signatures, write_assistant},
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{AssistantPart, ResultPart, ToolResult, Turn, UserPart},
        losses::Losses,
    },
};

/// Known by the id of the call: the name of the tool that was called.
type CalledTools<'a> = HashMap<&'a str, &'a str>;

#[derive(Serialize)]
pub(super) struct Content<'a> {
    role: Role,
    parts: Vec<Part<'a>>,
    /// How many of the parts are results of tools; they are the first ones.
    #[serde(skip)]
    results: usize,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Model,
}

impl<'a> Content<'a> {
    fn new(role: Role) -> Self {
        Self { role, parts: Vec::new(), results: 0 }
    }

    fn push_result(&mut self, part: Part<'a>) {
        self.parts.insert(self.results, part);
        self.results += 1;
    }

    /// Adds what the same side says next.
    fn extend(&mut self, mut next: Self) {
        let said = next.parts.split_off(next.results);
        next.parts.into_iter().for_each(|result| self.push_result(result));
        self.parts.extend(said);
    }

    fn calls(&mut self) -> impl Iterator<Item = &mut Part<'a>> {
        self.parts.iter_mut().filter(|part| matches!(part.content, PartContent::FunctionCall(_)))
    }
}

/// The results of parallel calls must share one content, right behind the calls.
///
/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_contents<'a>(
    turns: &'a [Turn],
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<Content<'a>>, WireError> {
    let demands_signatures = demands_signatures(target);
    let mut called = CalledTools::new();
    let mut contents: Vec<Content<'_>> = Vec::new();
    for turn in turns {
        let content = match turn {
            Turn::System(_) => continue,
            Turn::User(parts) => write_user(parts, &called, losses)?,
            Turn::Assistant(parts) => {
                called.extend(parts.iter().filter_map(called_tool));
                let parts = write_assistant(parts, demands_signatures, losses);
                Content { parts, ..Content::new(Role::Model) }
            }
        };
        match contents.last_mut() {
            Some(last) if last.role == content.role => last.extend(content),
            _ if content.parts.is_empty() => {}
            _ => contents.push(content),
        }
    }
    if demands_signatures {
        contents.iter_mut().filter_map(|content| content.calls().next()).for_each(Part::excuse);
    }
    Ok(contents)
}

fn called_tool(part: &AssistantPart) -> Option<(&str, &str)> {
    match part {
        AssistantPart::ToolCall(call) => Some((&call.id, &call.name)),
        _ => None,
    }
}

/// What a result has beside text moves behind the results.
fn write_user<'a>(
    parts: &'a [UserPart],
    called: &CalledTools<'a>,
    losses: &mut Losses,
) -> Result<Content<'a>, WireError> {
    let mut content = Content::new(Role::User);
    for part in parts {
        match part {
            UserPart::Text(text) => content.parts.extend(Part::text(text)),
            UserPart::Image(image) => content.parts.push(write_image(image, losses)?),
            UserPart::Document(document) => content.parts.extend(write_document(document)?),
            UserPart::Audio(audio) => content.parts.push(write_audio(audio)),
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                content.push_result(write_tool_result(result, called)?);
                for part in &result.parts {
                    match part {
                        ResultPart::Text(_) => {}
                        ResultPart::Image(image) => content.parts.push(write_image(image, losses)?),
                        ResultPart::Document(document) => {
                            content.parts.extend(write_document(document)?);
                        }
                    }
                }
            }
        }
    }
    Ok(content)
}

/// # Errors
///
/// `Unsupported` where the conversation does not hold the call, which alone names the tool.
fn write_tool_result<'a>(
    result: &'a ToolResult,
    called: &CalledTools<'a>,
) -> Result<Part<'a>, WireError> {
    let id = result.call_id.as_str();
    let name = called.get(id).copied().ok_or_else(|| {
        WireError::unsupported(
            "messages",
            "the result of a tool call that is not in the conversation cannot be translated for \
             this provider; send the call before its result",
        )
    })?;
    let texts: Vec<&str> = result
        .parts
        .iter()
        .filter_map(|part| match part {
            ResultPart::Text(text) => Some(text.as_str()),
            ResultPart::Image(_) | ResultPart::Document(_) => None,
        })
        .collect();
    let response = Payload::new(texts.join("\n"), result.is_error);
    Ok(PartContent::FunctionResponse(FunctionResponse { id, name, response }).into())
}
