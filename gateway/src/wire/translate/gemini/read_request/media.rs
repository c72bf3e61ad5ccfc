//! Images, sounds and files: within a part, or by their address.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::wire::{
    WireError,
    translate::{
        gemini::standard_base64::standard_base64,
        ir::{Audio, Document, DocumentSource, Image, ImageSource},
    },
};

/// Google's own store of files, which is told apart by no caller.
const GOOGLES_FILES: [&str; 2] = ["gs://", "https://generativelanguage.googleapis.com/"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    #[serde(alias = "mime_type")]
    mime_type: String,
    data: String,
    #[serde(alias = "display_name")]
    display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileData {
    #[serde(alias = "mime_type")]
    mime_type: Option<String>,
    #[serde(alias = "file_uri")]
    file_uri: String,
    #[serde(alias = "display_name")]
    display_name: Option<String>,
}

/// What a part holds beside text.
pub(super) enum Media {
    Image(Image),
    Document(Document),
    Audio(Audio),
}

/// # Errors
///
/// `Unsupported` for a film, `Invalid` for a file of text that is none.
pub(super) fn inline(blob: Blob) -> Result<Media, WireError> {
    let Blob { mime_type: media_type, data, display_name: title } = blob;
    let data = standard_base64(&data).into_owned();
    let kind = media_type.split('/').next().unwrap_or_default();
    match kind {
        "image" => Ok(Media::Image(Image {
            source: ImageSource::Base64 { media_type, data },
            detail: None,
        })),
        "audio" => Ok(Media::Audio(Audio { format: audio_format(&media_type).to_owned(), data })),
        "video" => Err(unsupported("a film")),
        "text" => {
            let source = DocumentSource::Text(decoded(&data)?);
            Ok(Media::Document(Document { source, title, context: None, is_cited: false }))
        }
        _ => {
            let source = DocumentSource::Base64 { media_type, data };
            Ok(Media::Document(Document { source, title, context: None, is_cited: false }))
        }
    }
}

/// # Errors
///
/// `Unsupported` for what is neither an image nor a document, and for what Google keeps.
pub(super) fn by_address(file: FileData) -> Result<Media, WireError> {
    let FileData { mime_type, file_uri: url, display_name: title } = file;
    if GOOGLES_FILES.iter().any(|place| url.starts_with(place)) {
        return Err(unsupported("a file that is kept at Google"));
    }
    match mime_type.as_deref().unwrap_or_default() {
        kind if kind.starts_with("image/") => {
            Ok(Media::Image(Image { source: ImageSource::Url(url), detail: None }))
        }
        kind if kind.starts_with("text/") || kind == "application/pdf" => {
            let source = DocumentSource::Url(url);
            Ok(Media::Document(Document { source, title, context: None, is_cited: false }))
        }
        kind => {
            let kind: String = kind.chars().take(64).collect();
            Err(unsupported(format!("a file by its address of type `{kind}`")))
        }
    }
}

/// A file format in OpenAI's words.
fn audio_format(media_type: &str) -> &str {
    match media_type {
        "audio/mpeg" => "mp3",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "wav",
        other => other.trim_start_matches("audio/"),
    }
}

fn decoded(data: &str) -> Result<String, WireError> {
    let bytes = STANDARD.decode(data).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        WireError::invalid("contents", "a file of plain text must be UTF-8 in base64")
    })
}

fn unsupported(what: impl Into<Cow<'static, str>>) -> WireError {
    let what = what.into();
    WireError::unsupported("contents", format!("{what} cannot be translated for this provider"))
}
