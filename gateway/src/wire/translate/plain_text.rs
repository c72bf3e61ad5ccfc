//! What is told as mere text to a provider that has no other form for it.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    ir::{Document, DocumentSource, ResultPart, SystemPart, ToolResult},
    losses::Losses,
};
use crate::wire::WireError;

/// What a turn of the system says. The prompt cache needs no marks there.
pub(super) fn of_system(parts: &[SystemPart], losses: &mut Losses) -> String {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            SystemPart::Text(text) if text.is_empty() => {}
            SystemPart::Text(text) => texts.push(text.as_str()),
            SystemPart::CacheMark(_) => losses.hint_field("cache_control".into()),
        }
    }
    texts.join("\n\n")
}

/// What a tool has answered, but for images. There is no flag for a failed tool, so the text says
/// it.
///
/// # Errors
///
/// `Unsupported` where a document in it is no text.
pub(super) fn of_result(result: &ToolResult) -> Result<String, WireError> {
    let mut texts: Vec<Cow<'_, str>> = Vec::with_capacity(result.parts.len());
    for part in &result.parts {
        match part {
            ResultPart::Text(text) => texts.push(text.into()),
            ResultPart::Document(document) => texts.push(of_document(document)?.into()),
            ResultPart::Image(_) => {}
        }
    }
    let text = texts.join("\n");
    Ok(if result.is_error { format!("Error: {text}") } else { text })
}

/// A document of plain text: what it is called and what is said of it come first.
///
/// # Errors
///
/// `Unsupported` where it is no text.
pub(super) fn of_document(document: &Document) -> Result<String, WireError> {
    let text = content_of(document)?;
    let above = document.title.iter().chain(&document.context);
    let lines: Vec<&str> = above.map(String::as_str).chain([&*text]).collect();
    Ok(lines.join("\n\n"))
}

/// What is in a document of plain text.
///
/// # Errors
///
/// `Unsupported` where it is no text, `Invalid` where its text is not UTF-8 in base64.
pub(super) fn content_of(document: &Document) -> Result<Cow<'_, str>, WireError> {
    match &document.source {
        DocumentSource::Text(text) => Ok(text.into()),
        DocumentSource::Base64 { media_type, data } if media_type.starts_with("text/") => {
            let bytes = STANDARD.decode(data).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            text.map(Cow::Owned).ok_or_else(|| {
                WireError::invalid("messages", "a file of plain text must be UTF-8 in base64")
            })
        }
        DocumentSource::Base64 { .. } | DocumentSource::Url(_) => Err(WireError::unsupported(
            "messages",
            "a document that is no plain text cannot be translated for this provider; send its \
             text, or choose a model whose provider reads such files",
        )),
    }
}
