//! What the model said before, with each signature on the part that it was on.
//!
//! A signature stands before its part, alone or behind the summary of the thought that it proves;
//! behind the last part it came by itself, with an empty text. The summary is not sent: the model
//! reads its thoughts out of the signature.
//!
//! Clients of chat completions keep all thoughts of a message before its text and its calls. A model
//! that demands signatures signs the first of parallel calls, and text only where no call follows,
//! so a text leaves its signature to a call that has none of its own. Of more signatures than calls
//! the last are the calls'.
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>

use std::collections::VecDeque;

use super::{
    media::write_image,
    parts::{FunctionCall, Part, PartContent},
};
use crate::wire::{
    WireError,
    translate::{
        gemini::code,
        ir::{AssistantPart, Thought, Vendor},
        losses::Losses,
        server_tools::LEFT_OUT,
    },
};

/// Nothing where only thoughts were there.
///
/// # Errors
///
/// `Unsupported` for a picture by a URL that does not say which kind it is.
pub(super) fn write_assistant<'a>(
    parts: &'a [AssistantPart],
    has_ids_and_signatures: bool,
    losses: &mut Losses,
) -> Result<Vec<Part<'a>>, WireError> {
    let mut written = Vec::with_capacity(parts.len());
    let mut signatures = VecDeque::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            AssistantPart::Thought(thought) => signatures.extend(own_signature(thought)),
            AssistantPart::Text(text) if text.is_empty() => {}
            AssistantPart::Text(text) => {
                let owed = calls_before_another_signature(&parts[index + 1..]);
                let is_left = has_ids_and_signatures && signatures.len() <= owed;
                let signature = if is_left { None } else { signatures.pop_front() };
                written.push(Part::signed(PartContent::Text(text.into()), signature));
            }
            AssistantPart::ToolCall(call) => {
                let owed = calls_before_another_signature(&parts[index..]);
                let surplus = signatures.len().saturating_sub(owed);
                written.extend(signatures.drain(..surplus).map(alone));
                let call = FunctionCall::new(call, has_ids_and_signatures);
                let content = PartContent::FunctionCall(call);
                written.push(Part::signed(content, signatures.pop_front()));
            }
            AssistantPart::Image(image) => {
                let picture = write_image(image, losses)?;
                written.push(picture.signed_by(signatures.pop_front()));
            }
            AssistantPart::ServerToolUse(used) => match code::written(used) {
                Some((code, outcome)) => {
                    let content = PartContent::ExecutableCode(code);
                    written.push(Part::signed(content, signatures.pop_front()));
                    let outcome = outcome.map(PartContent::CodeExecutionResult);
                    written.extend(outcome.map(Part::from));
                }
                None => losses.hint_field(LEFT_OUT.into()),
            },
            // OpenAI keeps what was spoken, and it is refused by its id.
            AssistantPart::Speech(_) | AssistantPart::Citation(_) => {}
            AssistantPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    if !written.is_empty() {
        written.extend(signatures.into_iter().map(alone));
    }
    Ok(written)
}

/// What another vendor signed, or nobody, means nothing to this one.
fn own_signature(thought: &Thought) -> Option<&str> {
    let signature = thought.signature.as_ref()?;
    (signature.vendor == Vendor::Google).then_some(&*signature.opaque)
}

fn alone(signature: &str) -> Part<'_> {
    Part::signed(PartContent::Text("".into()), Some(signature))
}

fn calls_before_another_signature(following: &[AssistantPart]) -> usize {
    let is_signature = |part: &AssistantPart| match part {
        AssistantPart::Thought(thought) => own_signature(thought).is_some(),
        _ => false,
    };
    let until = following.iter().take_while(|part| !is_signature(part));
    until.filter(|part| matches!(part, AssistantPart::ToolCall(_))).count()
}
