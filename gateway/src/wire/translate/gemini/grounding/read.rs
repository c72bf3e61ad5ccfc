//! The grounds that a provider tells.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::translate::ir::{Citation, ServerToolDeed, ServerToolUse, Source, WebPage};

/// A status of a page that was read; every other is a failure.
const PAGE_READ: &str = "URL_RETRIEVAL_STATUS_SUCCESS";
/// What a page that was not read is told as elsewhere.
const FAILURE: &str = "url_not_accessible";

/// The members of a candidate; what cannot be read of them is as good as not there.
#[expect(clippy::struct_field_names, reason = "as the vendor names them")]
pub(in super::super) struct ReadGrounds {
    pub(in super::super) grounding_metadata: Option<Box<RawValue>>,
    pub(in super::super) citation_metadata: Option<Box<RawValue>>,
    pub(in super::super) url_context_metadata: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    web_search_queries: Vec<String>,
    grounding_chunks: Vec<Chunk>,
    grounding_supports: Vec<Support>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    web: Option<Page>,
    retrieved_context: Option<Page>,
    maps: Option<Page>,
}

#[derive(Deserialize)]
struct Page {
    uri: Option<String>,
    title: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Support {
    segment: Option<Segment>,
    #[serde(default)]
    grounding_chunk_indices: Vec<usize>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Segment {
    part_index: usize,
    start_index: usize,
    end_index: Option<usize>,
    text: Option<String>,
}

/// The Gemini API has one name for the list, Vertex AI the other.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recitations {
    citation_sources: Vec<Recitation>,
    citations: Vec<Recitation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recitation {
    start_index: Option<usize>,
    end_index: Option<usize>,
    uri: Option<String>,
    title: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PagesRead {
    url_metadata: Vec<PageRead>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageRead {
    retrieved_url: Option<String>,
    url_retrieval_status: Option<String>,
}

/// All grounds of an answer, whatever its events repeat.
#[derive(Debug, Default)]
pub(in super::super) struct Grounds {
    queries: Vec<String>,
    pages: Vec<WebPage>,
    pages_read: Vec<(String, Option<String>)>,
    citations: Vec<Citation>,
}

impl Grounds {
    /// Of an answer, or of an event of one. `said` is all that was said so far; `parts` is where in
    /// it each part begins, in bytes, as far as they are known.
    pub(in super::super) fn add(&mut self, read: &ReadGrounds, said: &str, parts: &[usize]) {
        let metadata: Metadata = parse(read.grounding_metadata.as_deref());
        for query in metadata.web_search_queries {
            push_new(&mut self.queries, query);
        }
        for support in &metadata.grounding_supports {
            let segment = support.segment.as_ref();
            let Some(passage) = segment.and_then(|it| it.passage(said, parts)) else { continue };
            for index in &support.grounding_chunk_indices {
                let cited = metadata.grounding_chunks.get(*index).and_then(Chunk::source);
                let Some((source, cited_text)) = cited else { continue };
                let citation = Citation { passage: passage.clone(), source, cited_text };
                push_new(&mut self.citations, citation);
            }
        }
        for page in metadata.grounding_chunks.into_iter().filter_map(|chunk| chunk.web) {
            let Page { uri, title, .. } = page;
            if let Some(url) = uri {
                push_new(&mut self.pages, WebPage { url, title });
            }
        }
        let recited: Recitations = parse(read.citation_metadata.as_deref());
        for recitation in recited.citation_sources.into_iter().chain(recited.citations) {
            if let Some(citation) = recitation.citation(said) {
                push_new(&mut self.citations, citation);
            }
        }
        let pages_read: PagesRead = parse(read.url_context_metadata.as_deref());
        for PageRead { retrieved_url, url_retrieval_status } in pages_read.url_metadata {
            let has_failed = url_retrieval_status.is_some_and(|status| status != PAGE_READ);
            let failure = has_failed.then(|| FAILURE.to_owned());
            if let Some(url) = retrieved_url {
                push_new(&mut self.pages_read, (url, failure));
            }
        }
    }

    /// What Google's tools did; `id` begins the id of each use.
    pub(in super::super) fn uses(&mut self, id: &str) -> Vec<ServerToolUse> {
        let (queries, pages) = (std::mem::take(&mut self.queries), std::mem::take(&mut self.pages));
        let has_searched = !queries.is_empty() || !pages.is_empty();
        let search =
            has_searched.then_some(ServerToolDeed::Search { queries, pages, failure: None });
        let read = std::mem::take(&mut self.pages_read).into_iter();
        let read = read.map(|(url, failure)| ServerToolDeed::Fetch { url, failure });
        let numbered = search.into_iter().chain(read).enumerate();
        let used =
            |(number, done)| ServerToolUse { id: format!("{id}_w{number}"), done, own: None };
        numbered.map(used).collect()
    }

    pub(in super::super) fn into_citations(self) -> Vec<Citation> {
        self.citations
    }
}

impl Segment {
    /// In characters of all that is said. Where the bytes do not hold the text that the segment
    /// names, the text's own place counts: what they are counted from differs by version.
    fn passage(&self, said: &str, parts: &[usize]) -> Option<Range<usize>> {
        let begins_at = parts.get(self.part_index).copied().unwrap_or(0);
        let start = begins_at.checked_add(self.start_index)?;
        let end = begins_at.checked_add(self.end_index?);
        let bytes =
            end.and_then(|end| Some(start..end).filter(|it| said.get(it.clone()).is_some()));
        let bytes = match (self.text.as_deref().filter(|text| !text.is_empty()), bytes) {
            (Some(text), Some(bytes)) if said[bytes.clone()] == *text => bytes,
            (Some(text), _) => {
                let start = said.find(text)?;
                start..start + text.len()
            }
            (None, bytes) => bytes?,
        };
        characters(said, &bytes)
    }
}

impl Chunk {
    fn source(&self) -> Option<(Source, Option<String>)> {
        let page = self.web.as_ref().or(self.retrieved_context.as_ref()).or(self.maps.as_ref())?;
        let (url, title) = (page.uri.clone()?, page.title.clone());
        Some((Source::Web { url, title, encrypted_index: None }, page.text.clone()))
    }
}

impl Recitation {
    fn citation(self, said: &str) -> Option<Citation> {
        let Self { start_index, end_index, uri, title } = self;
        let passage = characters(said, &(start_index.unwrap_or(0)..end_index?))?;
        let source = Source::Web { url: uri?, title, encrypted_index: None };
        Some(Citation { passage, source, cited_text: None })
    }
}

fn characters(said: &str, bytes: &Range<usize>) -> Option<Range<usize>> {
    let start = said.get(..bytes.start)?.chars().count();
    Some(start..start + said.get(bytes.clone())?.chars().count())
}

fn push_new<T: PartialEq>(known: &mut Vec<T>, new: T) {
    if !known.contains(&new) {
        known.push(new);
    }
}

fn parse<T: Default + for<'de> Deserialize<'de>>(raw: Option<&RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}
