//! A finished answer, into the object that a client reads.

use super::output::{Answer, Item, OutputText, item_id, status_of, thought_id};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, Response},
        json, likelihoods, no_place_for,
    },
};

/// An answer of which nothing has come yet.
pub(in crate::wire::translate) fn write_begun(
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    json(&Answer::begun(context))
}

pub(in crate::wire::translate) fn write(
    response: &Response,
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    let status = status_of(response.stop);
    let mut likelihoods = likelihoods::write(&response.likelihoods);
    let mut output: Vec<Item> = Vec::with_capacity(response.parts.len());
    for part in &response.parts {
        let index = output.len();
        match part {
            AssistantPart::Text(text) => {
                // A provider tells them for the answer as a whole: the first text has them.
                let text = OutputText::likely(text.clone(), std::mem::take(&mut likelihoods));
                match output.last_mut() {
                    Some(Item::Message { content, .. }) => content.push(text),
                    _ => {
                        let id = item_id("msg", context, index);
                        output.push(Item::message(id, status, vec![text]));
                    }
                }
            }
            AssistantPart::Thought(thought) => {
                let id = thought_id(thought.signature.as_ref(), context, index);
                output.push(Item::thought(id, thought));
            }
            AssistantPart::ToolCall(call) => {
                let id = item_id("fc", context, index);
                let arguments = call.arguments.text();
                output.push(Item::call(id, status, &call.id, &call.name, arguments, context));
            }
            AssistantPart::Image(image) => {
                output.push(Item::picture(item_id("ig", context, index), image)?);
            }
            AssistantPart::Speech(_) => return Err(no_place_for("speech")),
            AssistantPart::CacheMark(_) => {}
        }
    }
    json(&Answer::ended(context, &output, response.stop, response.usage))
}
