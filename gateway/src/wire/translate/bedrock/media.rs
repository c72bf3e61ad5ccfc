//! Images, documents and sounds: by value, or where they are in Amazon's own store.

use std::{borrow::Cow, collections::HashSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        ir::{Audio, Document, DocumentSource, Image, ImageSource},
        losses::Losses,
    },
};

/// The longest name of a document, in characters.
const NAME_LIMIT_CHARACTERS: usize = 200;
/// Room for what tells two documents of one name apart.
const ORDINAL_CHARACTERS: usize = 8;

/// Media types, and what this API calls them.
const IMAGES: [(&str, &str); 5] = [
    ("image/png", "png"),
    ("image/jpeg", "jpeg"),
    ("image/jpg", "jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
];
const DOCUMENTS: [(&str, &str); 11] = [
    ("application/pdf", "pdf"),
    ("text/csv", "csv"),
    ("application/csv", "csv"),
    ("application/msword", "doc"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("text/html", "html"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
    ("text/x-markdown", "md"),
];
/// The formats of sounds, in OpenAI's words and this API's alike.
const SOUNDS: [&str; 15] = [
    "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg",
    "mpga", "pcm", "webm",
];

/// An image or a sound.
#[derive(Serialize)]
pub(super) struct WrittenMedia<'a> {
    format: &'a str,
    source: Source<'a>,
}

#[derive(Serialize)]
pub(super) struct WrittenDocument<'a> {
    format: &'static str,
    name: String,
    source: Source<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citations: Option<Citations>,
}

/// Whether the answer says which passage of it rests on the document.
#[derive(Serialize)]
struct Citations {
    enabled: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Source<'a> {
    Bytes(Cow<'a, str>),
    S3Location { uri: &'a str },
}

/// # Errors
///
/// `Unsupported` for another format, and for a URL outside Amazon's store.
pub(super) fn write_image<'a>(
    image: &'a Image,
    losses: &mut Losses,
) -> Result<WrittenMedia<'a>, WireError> {
    if image.detail.as_deref().is_some_and(|detail| detail != "auto") {
        losses.hint_field("detail".into());
    }
    match &image.source {
        ImageSource::Base64 { media_type, data } => {
            let format = format_of(&IMAGES, media_type)
                .ok_or_else(|| unsupported(format!("an image of type `{}`", shown(media_type))))?;
            Ok(WrittenMedia { format, source: Source::Bytes(data.into()) })
        }
        ImageSource::Url(url) => {
            let (format, source) = kept(&IMAGES, url).ok_or_else(|| unsupported("an image URL"))?;
            Ok(WrittenMedia { format, source })
        }
    }
}

/// # Errors
///
/// `Unsupported` for another format.
pub(super) fn write_audio(audio: &Audio) -> Result<WrittenMedia<'_>, WireError> {
    let Audio { format, data } = audio;
    if !SOUNDS.contains(&format.as_str()) {
        return Err(unsupported(format!("audio of format `{}`", shown(format))));
    }
    Ok(WrittenMedia { format, source: Source::Bytes(data.into()) })
}

/// Names documents: every one needs a name, unlike that of any other.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: HashSet<String>,
}

impl Names {
    /// # Errors
    ///
    /// `Unsupported` for another format, and for a URL outside Amazon's store.
    pub(super) fn write<'a>(
        &mut self,
        document: &'a Document,
    ) -> Result<WrittenDocument<'a>, WireError> {
        let (format, source) = match &document.source {
            DocumentSource::Text(text) => ("txt", Source::Bytes(STANDARD.encode(text).into())),
            DocumentSource::Base64 { media_type, data } => {
                let format = format_of(&DOCUMENTS, media_type).ok_or_else(|| {
                    unsupported(format!("a file of type `{}`", shown(media_type)))
                })?;
                (format, Source::Bytes(data.into()))
            }
            DocumentSource::Url(url) => {
                kept(&DOCUMENTS, url).ok_or_else(|| unsupported("a document's URL"))?
            }
        };
        let name = self.give(document.title.as_deref().unwrap_or_default());
        let context = document.context.as_deref();
        let citations = document.is_cited.then_some(Citations { enabled: true });
        Ok(WrittenDocument { format, name, source, context, citations })
    }

    fn give(&mut self, title: &str) -> String {
        let plain = plain(title);
        let mut name = plain.clone();
        let mut ordinal = 1;
        while !self.given.insert(name.clone()) {
            ordinal += 1;
            name = format!("{plain} ({ordinal})");
        }
        name
    }
}

/// A title in the characters that a name may have; other ones become hyphens.
fn plain(title: &str) -> String {
    let is_taken = |letter: char| letter.is_ascii_alphanumeric() || " -()[]".contains(letter);
    let letter = |letter: char| match letter {
        _ if letter.is_whitespace() => ' ',
        _ if is_taken(letter) => letter,
        _ => '-',
    };
    let spaced: String = title.chars().map(letter).collect();
    let words: Vec<&str> = spaced.split_ascii_whitespace().collect();
    let limit = NAME_LIMIT_CHARACTERS - ORDINAL_CHARACTERS;
    let name: String = words.join(" ").chars().take(limit).collect();
    let name = name.trim_end();
    if name.is_empty() { "document".to_owned() } else { name.to_owned() }
}

fn format_of(formats: &[(&str, &'static str)], media_type: &str) -> Option<&'static str> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let known = formats.iter().find(|(known, _)| known.eq_ignore_ascii_case(essence));
    known.map(|(_, format)| *format)
}

/// What is in Amazon's store, with the format that its name ends with.
fn kept<'a>(formats: &[(&str, &'static str)], url: &'a str) -> Option<(&'static str, Source<'a>)> {
    let (_, ending) = url.strip_prefix("s3://")?.rsplit_once('.')?;
    let ending = if ending.eq_ignore_ascii_case("jpg") { "jpeg" } else { ending };
    let known = formats.iter().find(|(_, format)| format.eq_ignore_ascii_case(ending));
    known.map(|(_, format)| (*format, Source::S3Location { uri: url }))
}

/// Enough of what the client wrote to find it again.
fn shown(media_type: &str) -> String {
    media_type.chars().take(64).collect()
}

fn unsupported(what: impl std::fmt::Display) -> WireError {
    WireError::unsupported("messages", format!("{what} cannot be translated for this provider"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_plain_characters_and_is_unlike_any_other() {
        let mut names = Names::default();
        assert_eq!(names.give("Bericht  [2026].pdf"), "Bericht [2026]-pdf");
        assert_eq!(names.give("Bericht\t[2026].pdf"), "Bericht [2026]-pdf (2)");
        assert_eq!(names.give("日本"), "--");
        assert_eq!((names.give(""), names.give(" ")), ("document".into(), "document (2)".into()));
        let long = names.give(&"a b".repeat(100));
        assert!(long.len() <= 192 && names.give(&"a b".repeat(100)).len() <= 200);
    }

    #[test]
    fn a_media_type_is_known_whatever_its_parameters() {
        assert_eq!(format_of(&DOCUMENTS, "Text/Plain; charset=utf-8"), Some("txt"));
        assert_eq!(format_of(&IMAGES, "image/tiff"), None);
    }
}
