//! What messages show a model beside text, by the types of their parts.
//!
//! Only parts of messages are looked at: what a caller has named alike in the schema or in the
//! arguments of a tool is no picture.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::kernel::config::Modality;

/// How deep parts may hold parts: a tool's result within a message, a picture within a document.
const MOST_LEVELS: usize = 4;

/// A message, an item or a part: whatever may hold further parts.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    /// Of a message, and of a tool's result of Anthropic's.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    /// Of a tool's result in the Responses API.
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    /// Where a block of Anthropic's has its content from.
    #[serde(borrow)]
    source: Option<&'a RawValue>,
}

/// Adds what a list of messages, items or parts shows, each kind once.
pub(super) fn add(list: &RawValue, shown: &mut Vec<Modality>) {
    // Only parts have a type, and most messages are plain texts.
    if memmem::find(list.get().as_bytes(), b"\"type\"").is_some() {
        add_within(list, shown, MOST_LEVELS);
    }
}

fn add_within(value: &RawValue, shown: &mut Vec<Modality>, levels: usize) {
    let text = value.get();
    if levels == 0 || text.starts_with('"') {
        return;
    }
    if text.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
        for part in list {
            add_part(part, shown, levels);
        }
    } else {
        add_part(value, shown, levels);
    }
}

fn add_part(raw: &RawValue, shown: &mut Vec<Modality>, levels: usize) {
    let Ok(part) = serde_json::from_str::<Part<'_>>(raw.get()) else { return };
    let modality = part.kind.as_deref().and_then(modality_of);
    let is_written = modality == Some(Modality::Document) && part.source.is_some_and(is_written);
    if let Some(modality) = modality.filter(|modality| !is_written && !shown.contains(modality)) {
        shown.push(modality);
    }
    // The source of a document may be parts of its own.
    let sources = part.source.filter(|_| is_written);
    for within in [part.content, part.output, sources].into_iter().flatten() {
        add_within(within, shown, levels - 1);
    }
}

fn modality_of(kind: &str) -> Option<Modality> {
    match kind {
        "image_url" | "image" | "input_image" | "computer_screenshot" => Some(Modality::Image),
        "input_audio" | "audio" => Some(Modality::Audio),
        "video_url" | "video" | "input_video" => Some(Modality::Video),
        "file" | "input_file" | "document" => Some(Modality::Document),
        _ => None,
    }
}

/// A document may be given as text, or as parts.
fn is_written(source: &RawValue) -> bool {
    let source = serde_json::from_str::<Part<'_>>(source.get());
    source.is_ok_and(|source| matches!(source.kind.as_deref(), Some("text" | "content")))
}

/// What data of a media type is; none for texts and for what is not known.
pub(super) fn modality_of_media(media_type: &str) -> Option<Modality> {
    let (kind, form) = media_type.split_once('/')?;
    match (kind, form) {
        ("image", _) => Some(Modality::Image),
        ("audio", _) => Some(Modality::Audio),
        ("video", _) => Some(Modality::Video),
        ("application", "pdf") => Some(Modality::Document),
        _ => None,
    }
}
