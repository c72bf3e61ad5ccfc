//! A finished answer, into the object that a client reads.

use super::output::{Answer, Item, OutputText, item_id, status_of, thought_id};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, Response},
        json,
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
    let mut output: Vec<Item> = Vec::with_capacity(response.parts.len());
    for part in &response.parts {
        let index = output.len();
        match part {
            AssistantPart::Text(text) => match output.last_mut() {
                Some(Item::Message { content, .. }) => content.push(OutputText::new(text.clone())),
                _ => output.push(Item::message(
                    item_id("msg", context, index),
                    status,
                    vec![OutputText::new(text.clone())],
                )),
            },
            AssistantPart::Thought(thought) => {
                let id = thought_id(thought.signature.as_ref(), context, index);
                output.push(Item::thought(id, thought));
            }
            AssistantPart::ToolCall(call) => {
                let id = item_id("fc", context, index);
                let arguments = call.arguments.text();
                output.push(Item::call(id, status, &call.id, &call.name, arguments, context));
            }
            AssistantPart::CacheMark(_) => {}
        }
    }
    json(&Answer::ended(context, &output, response.stop, response.usage))
}
