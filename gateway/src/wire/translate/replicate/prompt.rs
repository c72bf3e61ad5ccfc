//! A conversation as the one text that a model reads.

use crate::wire::{
    WireError,
    translate::{
        ir::{AssistantPart, Turn, UserPart},
        losses::Losses,
        plain_text,
    },
};

/// What a model is told.
pub(super) struct Prompt {
    pub(super) system: Option<String>,
    pub(super) text: String,
}

/// # Errors
///
/// `Unsupported` where something in the conversation is no text.
pub(super) fn of_turns(turns: &[Turn], losses: &mut Losses) -> Result<Prompt, WireError> {
    let mut system = Vec::new();
    let mut said = Vec::with_capacity(turns.len());
    for turn in turns {
        match turn {
            Turn::System(parts) => system.push(plain_text::of_system(parts, losses)),
            Turn::User(parts) => said.push(("User", of_user(parts, losses)?)),
            Turn::Assistant(parts) => said.push(("Assistant", of_assistant(parts, losses)?)),
        }
    }
    system.retain(|text| !text.is_empty());
    let system = (!system.is_empty()).then(|| system.join("\n\n"));
    let text = match said.as_mut_slice() {
        [("User", text)] => std::mem::take(text),
        turns => {
            let mut lines: Vec<_> =
                turns.iter().map(|(speaker, text)| format!("{speaker}: {text}")).collect();
            lines.push("Assistant:".to_owned());
            lines.join("\n\n")
        }
    };
    Ok(Prompt { system, text })
}

fn of_user(parts: &[UserPart], losses: &mut Losses) -> Result<String, WireError> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            UserPart::Text(text) => texts.push(text.clone()),
            UserPart::Document(document) => texts.push(plain_text::of_document(document)?),
            UserPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            UserPart::Image(_) | UserPart::Audio(_) => {
                return Err(unsupported("pictures and sound cannot"));
            }
            UserPart::ToolResult(_) => return Err(unsupported("results of tools cannot")),
        }
    }
    Ok(texts.join("\n\n"))
}

fn of_assistant(parts: &[AssistantPart], losses: &mut Losses) -> Result<String, WireError> {
    let mut texts = String::new();
    for part in parts {
        match part {
            AssistantPart::Text(text) => texts.push_str(text),
            // Pictures and speech were refused before, and what tools of other providers did is
            // told by the text that rests on it.
            AssistantPart::Thought(_)
            | AssistantPart::Image(_)
            | AssistantPart::Speech(_)
            | AssistantPart::ServerToolUse(_)
            | AssistantPart::Citation(_) => {}
            AssistantPart::CacheMark(_) => losses.hint_field("cache_control".into()),
            AssistantPart::ToolCall(_) => return Err(unsupported("calls of tools cannot")),
        }
    }
    Ok(texts)
}

fn unsupported(what: &str) -> WireError {
    WireError::unsupported(
        "messages",
        format!(
            "{what} be told to models at Replicate, which read one text; choose a model of another \
             provider"
        ),
    )
}
