//! Markdown of answers, rendered to sanitised HTML on the server.
//!
//! The browser carries no parser: it is given HTML that is safe to insert as it stands. What is
//! promised:
//!
//! - Raw HTML in the source is shown as text. Every element and attribute in the output is
//!   written by this module, and a sanitiser with an allowlist has the last word.
//! - Nothing is fetched when an answer is shown: images become links, so that a hostile answer
//!   cannot report to a stranger's server that, and what, somebody reads.
//! - No inline style and no inline script: the output lives under a strict content policy.
//! - A stream can be rendered block by block ([`StreamRenderer`]), and at every moment the blocks
//!   and the tail together are exactly what [`render`] makes of the text so far.

use std::borrow::Cow;

mod block;
mod escape;
mod link;
mod sanitizer;
mod stream;
mod writer;

pub use stream::StreamRenderer;

/// Renders Markdown to sanitised HTML.
#[must_use]
pub fn render(text: &str) -> String {
    sanitizer::clean(&block::parse(&line_feeds_only(text)).html())
}

/// Renders text that is not Markdown, such as what a person typed: paragraphs and line breaks
/// are kept, everything else is shown literally.
#[must_use]
pub fn plain(text: &str) -> String {
    let text = line_feeds_only(text);
    let mut html = String::with_capacity(text.len() + 16);
    for paragraph in text.split("\n\n").map(|paragraph| paragraph.trim_matches('\n')) {
        if paragraph.trim().is_empty() {
            continue;
        }
        html.push_str("<p>");
        for (index, line) in paragraph.split('\n').enumerate() {
            if index > 0 {
                html.push_str("<br>\n");
            }
            escape::push(&mut html, line);
        }
        html.push_str("</p>\n");
    }
    sanitizer::clean(&html)
}

/// The text without carriage returns: they mean nothing beside the line feed, and alone they are
/// a line end to one rule of the parser and not to another.
fn line_feeds_only(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace('\r', "")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests;
