//! Which passage of an answer rests on which document or result of a tool.
//!
//! Source: `Citation`, `Source` (cohere). A passage is counted in characters from the beginning of
//! its block. A document is named by its place, since none is given an id; a result is cited where
//! it tells an address.

use serde::Deserialize;

use crate::wire::translate::ir::{Citation, Source};

#[derive(Debug, Deserialize)]
pub(super) struct ReadCitation {
    start: Option<usize>,
    end: Option<usize>,
    #[serde(default)]
    sources: Vec<ReadSource>,
    pub(super) content_index: Option<usize>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ReadSource {
    id: Option<String>,
    document: Option<Found>,
    tool_output: Option<Found>,
}

/// What of a source is known by its name.
#[derive(Debug, Deserialize)]
struct Found {
    title: Option<String>,
    text: Option<String>,
    url: Option<String>,
}

impl ReadCitation {
    /// One for each source; `begins_at` is the place of its block in all that is said. A thought
    /// and a plan rest on nothing that a client is told.
    pub(super) fn citations(self, begins_at: usize) -> Vec<Citation> {
        if !matches!(self.kind.as_deref(), None | Some("TEXT_CONTENT")) {
            return Vec::new();
        }
        let (Some(start), Some(end)) = (self.start, self.end) else { return Vec::new() };
        let cited = self.sources.into_iter().filter_map(ReadSource::source);
        let citations = cited.map(|(source, cited_text)| {
            let citation = Citation { passage: start..end.max(start), source, cited_text };
            citation.moved_by(begins_at)
        });
        citations.collect()
    }
}

impl ReadSource {
    fn source(self) -> Option<(Source, Option<String>)> {
        if let Some(Found { url: Some(url), title, text }) = self.tool_output {
            return Some((Source::Web { url, title, encrypted_index: None }, text));
        }
        let Found { title, text, .. } = self.document?;
        let index = self.id.as_deref().and_then(|id| id.strip_prefix("doc:")?.parse().ok());
        Some((Source::Document { index, title, file_id: None, place: None }, text))
    }
}
