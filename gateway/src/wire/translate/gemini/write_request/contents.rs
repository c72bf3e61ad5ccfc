//! Turns, into the contents of a request: one for each side in turn.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    generation::has_ids_and_signatures,
    media::{write_audio, write_document, write_image},
    parts::{FunctionResponse, Part, PartContent, Payload},
    signatures::write_assistant,
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{AssistantPart, ResultPart, ToolResult, Turn, UserPart},
        losses::Losses,
    },
};

#[derive(Serialize)]
pub(super) struct Content<'a> {
    role: Role,
    parts: Vec<Part<'a>>,
}

#[derive(Debug, Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Role {
    User,
    Model,
}

/// What one side says, as long as the other has not spoken.
struct Draft<'a> {
    role: Role,
    /// Each with the place of its call among all calls.
    results: Vec<(usize, Part<'a>)>,
    said: Vec<Part<'a>>,
}

/// The calls that were made so far, by their ids.
#[derive(Default)]
struct Calls<'a>(HashMap<&'a str, Call<'a>>);

#[derive(Clone, Copy)]
struct Call<'a> {
    place: usize,
    tool: &'a str,
}

impl<'a> Draft<'a> {
    fn new(role: Role) -> Self {
        Self { role, results: Vec::new(), said: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.results.is_empty() && self.said.is_empty()
    }

    /// Adds what the same side says next.
    fn extend(&mut self, next: Self) {
        self.results.extend(next.results);
        self.said.extend(next.said);
    }

    /// Results stand right behind their calls, and in the same order: where they have no ids, the
    /// order alone tells apart those of one tool.
    fn into_content(mut self) -> Content<'a> {
        self.results.sort_by_key(|(place, _)| *place);
        let results = self.results.into_iter().map(|(_, part)| part);
        Content { role: self.role, parts: results.chain(self.said).collect() }
    }
}

impl<'a> Calls<'a> {
    fn note(&mut self, parts: &'a [AssistantPart]) {
        for part in parts {
            if let AssistantPart::ToolCall(call) = part {
                let place = self.0.len();
                self.0.insert(&call.id, Call { place, tool: &call.name });
            }
        }
    }

    /// # Errors
    ///
    /// `Unsupported` where the conversation does not hold the call, which alone names the tool.
    fn answered_by(&self, result: &ToolResult) -> Result<Call<'a>, WireError> {
        self.0.get(result.call_id.as_str()).copied().ok_or_else(|| {
            WireError::unsupported(
                "messages",
                "the result of a tool call that is not in the conversation cannot be translated \
                 for this provider; send the call before its result",
            )
        })
    }
}

/// The results of parallel calls must share one content.
///
/// # Errors
///
/// `Unsupported` where a part has no like here.
pub(super) fn write_contents<'a>(
    turns: &'a [Turn],
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<Content<'a>>, WireError> {
    let has_ids_and_signatures = has_ids_and_signatures(target);
    let mut calls = Calls::default();
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for turn in turns {
        let draft = match turn {
            Turn::System(_) => continue,
            Turn::User(parts) => write_user(parts, &calls, has_ids_and_signatures, losses)?,
            Turn::Assistant(parts) => {
                calls.note(parts);
                let said = write_assistant(parts, has_ids_and_signatures, losses)?;
                Draft { said, ..Draft::new(Role::Model) }
            }
        };
        match drafts.last_mut() {
            Some(last) if last.role == draft.role => last.extend(draft),
            _ if draft.is_empty() => {}
            _ => drafts.push(draft),
        }
    }
    if has_ids_and_signatures {
        let firsts = drafts.iter_mut().filter_map(|it| it.said.iter_mut().find(|it| it.is_call()));
        firsts.for_each(Part::excuse);
    }
    Ok(drafts.into_iter().map(Draft::into_content).collect())
}

/// What a result has beside text moves behind the results.
fn write_user<'a>(
    parts: &'a [UserPart],
    calls: &Calls<'a>,
    has_ids: bool,
    losses: &mut Losses,
) -> Result<Draft<'a>, WireError> {
    let mut draft = Draft::new(Role::User);
    for part in parts {
        match part {
            UserPart::Text(text) => draft.said.extend(Part::text(text)),
            UserPart::Image(image) => draft.said.push(write_image(image, losses)?),
            UserPart::Document(document) => draft.said.extend(write_document(document)?),
            UserPart::Audio(audio) => draft.said.push(write_audio(audio)),
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::ToolResult(result) => {
                let call = calls.answered_by(result)?;
                draft.results.push((call.place, write_tool_result(result, call.tool, has_ids)));
                for part in &result.parts {
                    match part {
                        ResultPart::Text(_) => {}
                        ResultPart::Image(image) => draft.said.push(write_image(image, losses)?),
                        ResultPart::Document(document) => {
                            draft.said.extend(write_document(document)?);
                        }
                    }
                }
            }
        }
    }
    Ok(draft)
}

fn write_tool_result<'a>(result: &'a ToolResult, tool: &'a str, has_ids: bool) -> Part<'a> {
    let texts: Vec<&str> = result
        .parts
        .iter()
        .filter_map(|part| match part {
            ResultPart::Text(text) => Some(text.as_str()),
            ResultPart::Image(_) | ResultPart::Document(_) => None,
        })
        .collect();
    let response = Payload::new(texts.join("\n"), result.is_error);
    let id = has_ids.then_some(result.call_id.as_str());
    PartContent::FunctionResponse(FunctionResponse { id, name: tool, response }).into()
}
