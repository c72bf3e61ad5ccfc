//! Images, documents and audio, as they are or by their address.
//!
//! Google fetches what anybody can read at its URL, but must be told what it is: `Part.from_uri`
//! (google-genai) takes that from the end of the URL, and so does this.
//! <https://ai.google.dev/gemini-api/docs/file-input-methods>
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>

use super::parts::{Blob, FileData, Part, PartContent};
use crate::wire::{
    WireError,
    translate::{
        ir::{Audio, Document, DocumentSource, Image, ImageSource},
        losses::Losses,
    },
};

const PDF: &str = "application/pdf";
/// By the end of a file's name, which image or document it is.
const MIME_TYPES: [(&str, &str); 14] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", PDF),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("html", "text/html"),
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("xml", "text/xml"),
];

/// # Errors
///
/// `Unsupported` for a URL that does not say which kind of image it is.
pub(super) fn write_image<'a>(
    image: &'a Image,
    losses: &mut Losses,
) -> Result<Part<'a>, WireError> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.hint_field("detail".into());
    }
    match &image.source {
        ImageSource::Base64 { media_type, data } => Ok(inline(media_type, data)),
        ImageSource::Url(url) => {
            let mime_type = mime_type_of(url).filter(|mime_type| mime_type.starts_with("image/"));
            mime_type.map(|mime_type| file(mime_type, url)).ok_or_else(|| {
                WireError::unsupported(
                    "messages",
                    "an image by a URL that does not end in .png, .jpg, .webp, .gif, .heic or \
                     .heif cannot be translated for this provider; send the image as base64",
                )
            })
        }
    }
}

/// What a document is called and what is said of it come first, as text. One by a URL that does
/// not say otherwise is a PDF.
///
/// # Errors
///
/// `Unsupported` for an image by its URL in place of a document.
pub(super) fn write_document(document: &Document) -> Result<Vec<Part<'_>>, WireError> {
    let content = match &document.source {
        DocumentSource::Text(text) => Part::text(text),
        DocumentSource::Base64 { media_type, data } => Some(inline(media_type, data)),
        DocumentSource::Url(url) => match mime_type_of(url).unwrap_or(PDF) {
            image if image.starts_with("image/") => {
                return Err(WireError::unsupported(
                    "messages",
                    "a document by the URL of an image cannot be translated for this provider; \
                     send it as an image",
                ));
            }
            mime_type => Some(file(mime_type, url)),
        },
    };
    let above = document.title.iter().chain(&document.context);
    Ok(above.filter_map(|line| Part::text(line)).chain(content).collect())
}

/// Formats are named as the ends of media types are: `wav`, `mp3`.
/// <https://ai.google.dev/gemini-api/docs/audio>
pub(super) fn write_audio(audio: &Audio) -> Part<'_> {
    let mime_type = format!("audio/{}", audio.format).into();
    PartContent::InlineData(Blob { mime_type, data: &audio.data }).into()
}

/// The provider knows JPEG by its registered name alone.
fn inline<'a>(media_type: &'a str, data: &'a str) -> Part<'a> {
    let mime_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type };
    PartContent::InlineData(Blob { mime_type: mime_type.into(), data }).into()
}

fn file<'a>(mime_type: &'static str, url: &'a str) -> Part<'a> {
    PartContent::FileData(FileData { mime_type, file_uri: url }).into()
}

fn mime_type_of(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next()?;
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    let known = MIME_TYPES.iter().find(|(end, _)| extension.eq_ignore_ascii_case(end));
    known.map(|(_, mime_type)| *mime_type)
}
