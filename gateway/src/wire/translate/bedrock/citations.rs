//! What a text rests on, in Converse's words: citations of a block as a whole.
//!
//! Source: `Citation`, `CitationsDelta`, `CitationLocation` (botocore). In a stream, more of what the
//! source says may come by itself.

use std::ops::Range;

use serde::Deserialize;

use crate::wire::translate::ir::{Citation, Place, Source};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReadCitation {
    title: Option<String>,
    /// The address of a result of a search.
    source: Option<String>,
    #[serde(default)]
    source_content: Vec<SourceContent>,
    location: Option<Location>,
}

#[derive(Debug, Deserialize)]
struct SourceContent {
    text: Option<String>,
}

/// The one member that is there says of which kind it is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    web: Option<Web>,
    document_char: Option<InDocument>,
    document_page: Option<InDocument>,
    document_chunk: Option<InDocument>,
}

#[derive(Debug, Deserialize)]
struct Web {
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InDocument {
    document_index: Option<usize>,
    start: Option<usize>,
    end: Option<usize>,
}

/// The kind of a place.
type PlaceOf = fn(Range<usize>) -> Place;

impl InDocument {
    fn place(&self, of: PlaceOf) -> Option<Place> {
        Some(of(self.start?..self.end?))
    }
}

impl ReadCitation {
    /// Takes its place behind those of its block, or goes on with the last.
    pub(super) fn add_to(self, citations: &mut Vec<Self>) {
        let goes_on = self.title.is_none() && self.source.is_none() && self.location.is_none();
        match citations.last_mut() {
            Some(last) if goes_on => last.source_content.extend(self.source_content),
            _ => citations.push(self),
        }
    }

    /// Nothing where it does not tell what the passage rests on.
    pub(super) fn of(self, passage: Range<usize>) -> Option<Citation> {
        let Self { title, source, source_content, location } = self;
        let cited: String = source_content.into_iter().filter_map(|content| content.text).collect();
        let cited_text = (!cited.is_empty()).then_some(cited);
        let Location { web, document_char, document_page, document_chunk } =
            location.unwrap_or_default();
        let in_document: [(_, PlaceOf); 3] = [
            (document_char, Place::Characters),
            (document_page, Place::Pages),
            (document_chunk, Place::Blocks),
        ];
        let found = in_document.into_iter().find_map(|(found, of)| Some((found?, of)));
        let source = match (web.and_then(|web| web.url), found, source, title) {
            (Some(url), _, _, title) | (None, None, Some(url), title) => {
                Source::Web { url, title, encrypted_index: None }
            }
            (None, Some((found, of)), _, title) => Source::Document {
                index: found.document_index,
                title,
                file_id: None,
                place: found.place(of),
            },
            (None, None, None, title @ Some(_)) => {
                Source::Document { index: None, title, file_id: None, place: None }
            }
            (None, None, None, None) => return None,
        };
        Some(Citation { passage, source, cited_text })
    }
}
