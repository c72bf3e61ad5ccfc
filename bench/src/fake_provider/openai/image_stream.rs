//! A picture that is shown on its way.
//!
//! Source: openai's `ImageGenPartialImageEvent`, `ImageGenCompletedEvent` and those of edits.

use serde_json::{Value, json};

use super::{
    CREATED,
    images::{Deed, Made},
};
use crate::fake_provider::{picture::PNG, script::Script};

/// The whole stream: each event is a piece.
pub(super) fn script(made: &Made<'_>, partial_images: usize) -> Script {
    let api = match made.deed {
        Deed::Generation => "image_generation",
        Deed::Edit | Deed::Variation => "image_edit",
    };
    let mut script = Script::default();
    for index in 0..partial_images {
        let more = json!({ "partial_image_index": index });
        script.push_piece(event(&format!("{api}.partial_image"), made, more));
    }
    let more = made.usage.as_ref().map_or_else(|| json!({}), |usage| json!({ "usage": usage }));
    script.push_piece(event(&format!("{api}.completed"), made, more));
    script
}

fn event(name: &str, made: &Made<'_>, more: Value) -> String {
    let mut event = json!({
        "type": name, "b64_json": PNG, "created_at": CREATED, "size": made.size,
        "quality": made.quality, "background": "opaque", "output_format": "png",
    });
    if let (Value::Object(event), Value::Object(more)) = (&mut event, more) {
        event.extend(more);
    }
    format!("event: {name}\ndata: {event}\n\n")
}
