//! The grounds that a client is told.

use std::ops::Range;

use serde::Serialize;

use crate::wire::translate::ir::{Citation, ServerToolDeed, ServerToolUse, Source};

/// What of an answer its grounds are made of.
#[derive(Debug, Default)]
pub(in super::super) struct Grounding {
    queries: Vec<String>,
    pages_read: Vec<(String, bool)>,
    chunks: Vec<Chunk>,
    /// Each with the place of its chunk.
    cited: Vec<(Citation, usize)>,
}

/// The members of a candidate.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct WrittenGrounds {
    #[serde(skip_serializing_if = "Option::is_none")]
    grounding_metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url_context_metadata: Option<PagesRead>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    web_search_queries: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grounding_chunks: Vec<Chunk>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grounding_supports: Vec<Support>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Chunk {
    Web { uri: String, title: String },
    RetrievedContext { title: String, text: String },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Support {
    segment: Segment,
    grounding_chunk_indices: Vec<usize>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Segment {
    #[serde(skip_serializing_if = "is_zero")]
    part_index: usize,
    #[serde(skip_serializing_if = "is_zero")]
    start_index: usize,
    end_index: usize,
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PagesRead {
    url_metadata: Vec<PageRead>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PageRead {
    retrieved_url: String,
    url_retrieval_status: &'static str,
}

impl Grounding {
    /// A use of a tool that is told beside the answer and not within it.
    pub(in super::super) fn add_use(&mut self, used: &ServerToolUse) {
        match &used.done {
            ServerToolDeed::Search { queries, pages, .. } => {
                self.queries.extend(queries.iter().cloned());
                for page in pages {
                    let title = page.title.clone().unwrap_or_else(|| page.url.clone());
                    self.chunk(Chunk::Web { uri: page.url.clone(), title });
                }
            }
            ServerToolDeed::Fetch { url, failure } => {
                self.pages_read.push((url.clone(), failure.is_none()));
            }
            ServerToolDeed::Code { .. } => {}
        }
    }

    pub(in super::super) fn add_citation(&mut self, citation: &Citation) {
        let place = match citation.source.clone() {
            Source::Web { url, title, .. } => self.page(url, title),
            Source::Document { title, .. } => self.chunk(Chunk::RetrievedContext {
                title: title.unwrap_or_default(),
                text: citation.cited_text.clone().unwrap_or_default(),
            }),
        };
        self.cited.push((citation.clone(), place));
    }

    /// A page by its address, whatever it was called when it was found.
    fn page(&mut self, url: String, title: Option<String>) -> usize {
        let is_it = |chunk: &Chunk| matches!(chunk, Chunk::Web { uri, .. } if *uri == url);
        let known = self.chunks.iter().position(is_it);
        let title = title.unwrap_or_else(|| url.clone());
        known.unwrap_or_else(|| self.chunk(Chunk::Web { uri: url, title }))
    }

    fn chunk(&mut self, chunk: Chunk) -> usize {
        if let Some(known) = self.chunks.iter().position(|known| *known == chunk) {
            return known;
        }
        self.chunks.push(chunk);
        self.chunks.len() - 1
    }

    /// The texts that are said, each with the place of its part.
    pub(in super::super) fn written(self, texts: &[(usize, &str)]) -> WrittenGrounds {
        let mut supports: Vec<Support> = Vec::new();
        for (citation, place) in &self.cited {
            let Some(segment) = segment(&citation.passage, texts) else { continue };
            match supports.iter_mut().find(|support| support.segment == segment) {
                Some(support) => support.grounding_chunk_indices.push(*place),
                None => {
                    supports.push(Support { segment, grounding_chunk_indices: vec![*place] });
                }
            }
        }
        let has_grounds = !self.queries.is_empty() || !self.chunks.is_empty();
        let pages_read = self.pages_read.into_iter().map(|(retrieved_url, is_read)| PageRead {
            retrieved_url,
            url_retrieval_status: if is_read {
                "URL_RETRIEVAL_STATUS_SUCCESS"
            } else {
                "URL_RETRIEVAL_STATUS_ERROR"
            },
        });
        let url_metadata: Vec<_> = pages_read.collect();
        WrittenGrounds {
            grounding_metadata: has_grounds.then_some(Metadata {
                web_search_queries: self.queries,
                grounding_chunks: self.chunks,
                grounding_supports: supports,
            }),
            url_context_metadata: (!url_metadata.is_empty()).then_some(PagesRead { url_metadata }),
        }
    }
}

/// A passage, in bytes of the part in which it begins.
fn segment(passage: &Range<usize>, texts: &[(usize, &str)]) -> Option<Segment> {
    let mut begins_at = 0;
    for (part_index, text) in texts {
        let characters = text.chars().count();
        if passage.start < begins_at + characters {
            let byte = |place: usize| {
                let bytes = text.char_indices().nth(place.saturating_sub(begins_at));
                bytes.map_or(text.len(), |(at, _)| at)
            };
            let (start_index, end_index) = (byte(passage.start), byte(passage.end));
            let text = text.get(start_index..end_index)?.to_owned();
            return Some(Segment { part_index: *part_index, start_index, end_index, text });
        }
        begins_at += characters;
    }
    None
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde demands it")]
const fn is_zero(index: &usize) -> bool {
    *index == 0
}
