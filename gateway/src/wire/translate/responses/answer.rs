//! A finished answer, into the object that a client reads.

use super::{
    output::{Answer, Item, OutputText, item_id, status_of, thought_id},
    server_tools::{self, WrittenUse},
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{AssistantPart, Citation, Response},
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
    let mut texts: Vec<PlacedText> = Vec::new();
    let mut said = 0;
    for part in &response.parts {
        let index = output.len();
        match part {
            AssistantPart::Text(text) => {
                // A provider tells them for the answer as a whole: the first text has them.
                let written = OutputText::likely(text.clone(), std::mem::take(&mut likelihoods));
                let (item, place) =
                    if let Some(Item::Message { content: texts, .. }) = output.last_mut() {
                        texts.push(written);
                        (index - 1, texts.len() - 1)
                    } else {
                        let id = item_id("msg", context, index);
                        output.push(Item::message(id, status, vec![written]));
                        (index, 0)
                    };
                texts.push(PlacedText { item, place, begins_at: said });
                said += text.chars().count();
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
            AssistantPart::ServerToolUse(used) => {
                let id = item_id(server_tools::prefix(used), context, index);
                output.push(Item::ServerTool(WrittenUse::of(used, id)));
            }
            AssistantPart::Citation(citation) => annotate(&mut output, &texts, citation),
            AssistantPart::CacheMark(_) => {}
        }
    }
    json(&Answer::ended(context, &output, response.stop, response.usage))
}

/// Where a text stands, and how much was said before it, in characters.
struct PlacedText {
    item: usize,
    place: usize,
    begins_at: usize,
}

fn annotate(output: &mut [Item], texts: &[PlacedText], citation: &Citation) {
    let start = citation.passage.start;
    let Some(text) = texts.iter().rfind(|text| text.begins_at <= start) else { return };
    if let Some(Item::Message { content, .. }) = output.get_mut(text.item)
        && let Some(written) = content.get_mut(text.place)
    {
        written.annotate(citation, text.begins_at);
    }
}
