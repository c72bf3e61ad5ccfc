//! What a text rests on, in Anthropic's words: each block of text has its own citations, which are
//! of the block as a whole.
//!
//! Source: `TextCitation` and `CitationsDelta` (anthropic). A passage that another provider marks
//! within a text becomes a block of its own.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

use super::ir::{Citation, Place, Source};

/// A citation of any kind; what a kind does not have is absent.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ReadCitation {
    #[serde(rename = "type")]
    kind: String,
    cited_text: Option<String>,
    url: Option<String>,
    title: Option<String>,
    encrypted_index: Option<String>,
    source: Option<String>,
    document_index: Option<usize>,
    document_title: Option<String>,
    file_id: Option<String>,
    #[serde(alias = "start_page_number", alias = "start_block_index")]
    start_char_index: Option<usize>,
    #[serde(alias = "end_page_number", alias = "end_block_index")]
    end_char_index: Option<usize>,
}

impl ReadCitation {
    /// What the passage rests on; nothing where it is of a kind that no version of the API has yet.
    pub(super) fn of(self, passage: Range<usize>) -> Option<Citation> {
        let source = match (self.kind.as_str(), self.url, self.source, self.document_index) {
            ("web_search_result_location", Some(url), _, _) => {
                let encrypted_index = self.encrypted_index;
                Source::Web { url, title: self.title, encrypted_index }
            }
            ("search_result_location", _, Some(url), _) => {
                Source::Web { url, title: self.title, encrypted_index: None }
            }
            ("char_location" | "page_location" | "content_block_location", _, _, index) => {
                let within = self.start_char_index.zip(self.end_char_index);
                let place = within.map(|(start, end)| match &*self.kind {
                    "page_location" => Place::Pages(start..end),
                    "content_block_location" => Place::Blocks(start..end),
                    _ => Place::Characters(start..end),
                });
                let (title, file_id) = (self.document_title, self.file_id);
                Source::Document { index, title, file_id, place }
            }
            _ => return None,
        };
        Some(Citation { passage, source, cited_text: self.cited_text })
    }
}

/// A citation as clients and the provider read it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "as the vendor names them")]
pub(super) enum WrittenCitation<'a> {
    WebSearchResultLocation {
        cited_text: &'a str,
        encrypted_index: &'a str,
        title: Option<&'a str>,
        url: &'a str,
    },
    /// Where it is not known in which place of the document, the cited text stands for the whole.
    CharLocation {
        #[serde(flatten)]
        cited: CitedDocument<'a>,
        start_char_index: usize,
        end_char_index: usize,
    },
    PageLocation {
        #[serde(flatten)]
        cited: CitedDocument<'a>,
        start_page_number: usize,
        end_page_number: usize,
    },
    ContentBlockLocation {
        #[serde(flatten)]
        cited: CitedDocument<'a>,
        start_block_index: usize,
        end_block_index: usize,
    },
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct CitedDocument<'a> {
    cited_text: &'a str,
    document_index: usize,
    document_title: Option<&'a str>,
    file_id: Option<&'a str>,
}

impl<'a> From<&'a Citation> for WrittenCitation<'a> {
    fn from(citation: &'a Citation) -> Self {
        let cited_text = citation.cited_text.as_deref().unwrap_or_default();
        match &citation.source {
            Source::Web { url, title, encrypted_index } => Self::WebSearchResultLocation {
                cited_text,
                encrypted_index: encrypted_index.as_deref().unwrap_or_default(),
                title: title.as_deref(),
                url,
            },
            Source::Document { index, title, file_id, place } => {
                let cited = CitedDocument {
                    cited_text,
                    document_index: index.unwrap_or(0),
                    document_title: title.as_deref(),
                    file_id: file_id.as_deref(),
                };
                Self::within(cited, place.as_ref())
            }
        }
    }
}

impl<'a> WrittenCitation<'a> {
    fn within(cited: CitedDocument<'a>, place: Option<&Place>) -> Self {
        let whole = Place::Characters(0..cited.cited_text.chars().count());
        match place.unwrap_or(&whole) {
            Place::Characters(Range { start, end }) => {
                Self::CharLocation { cited, start_char_index: *start, end_char_index: *end }
            }
            Place::Pages(Range { start, end }) => {
                Self::PageLocation { cited, start_page_number: *start, end_page_number: *end }
            }
            Place::Blocks(Range { start, end }) => Self::ContentBlockLocation {
                cited,
                start_block_index: *start,
                end_block_index: *end,
            },
        }
    }
}

/// A text in pieces, each with what it rests on as a whole. `begins_at` is the place of the text in
/// all that is said, in characters. A citation of a passage that overlaps an earlier one is the
/// earlier piece's, so that nothing is said twice.
pub(super) fn pieces<'a, 'c>(
    text: &'a str,
    begins_at: usize,
    citations: &[&'c Citation],
) -> Vec<(&'a str, Vec<&'c Citation>)> {
    if citations.is_empty() {
        return vec![(text, Vec::new())];
    }
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let within = |place: usize| place.saturating_sub(begins_at).min(bounds.len() - 1);
    let mut passages: BTreeMap<(usize, usize), Vec<&Citation>> = BTreeMap::new();
    for citation in citations {
        let Range { start, end } = citation.passage;
        passages.entry((within(start), within(end))).or_default().push(citation);
    }
    let mut pieces: Vec<(&str, Vec<&Citation>)> = Vec::new();
    let mut unplaced = Vec::new();
    let mut told = 0;
    for ((start, end), cited) in passages {
        match pieces.last_mut() {
            _ if start >= told && start < end => {
                if start > told {
                    pieces.push((&text[bounds[told]..bounds[start]], Vec::new()));
                }
                pieces.push((&text[bounds[start]..bounds[end]], cited));
                told = end;
            }
            Some((_, earlier)) => earlier.extend(cited),
            None => unplaced.extend(cited),
        }
    }
    if told + 1 < bounds.len() || pieces.is_empty() {
        pieces.push((&text[bounds[told]..], Vec::new()));
    }
    pieces[0].1.extend(unplaced);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn citation(passage: Range<usize>) -> Citation {
        let source = Source::Web { url: String::new(), title: None, encrypted_index: None };
        Citation { passage, source, cited_text: None }
    }

    #[test]
    fn passages_are_counted_in_characters() {
        let (first, second) = (citation(12..15), citation(16..17));
        let told = pieces("Grüß Gott 🌞!", 10, &[&second, &first]);
        let texts: Vec<_> = told.iter().map(|(text, cited)| (*text, cited.len())).collect();
        assert_eq!(texts, [("Gr", 0), ("üß ", 1), ("G", 0), ("o", 1), ("tt 🌞!", 0)]);
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text_and_no_citation_is_lost(
            text in "\\PC{0,20}",
            passages in proptest::collection::vec((0..40_usize, 0..40_usize), 0..6),
        ) {
            let citations: Vec<_> =
                passages.iter().map(|(start, end)| citation(*start..*end)).collect();
            let told = pieces(&text, 5, &citations.iter().collect::<Vec<_>>());
            prop_assert_eq!(&told.iter().map(|(piece, _)| *piece).collect::<String>(), &text);
            let cited: usize = told.iter().map(|(_, cited)| cited.len()).sum();
            prop_assert_eq!(cited, citations.len());
        }
    }
}
