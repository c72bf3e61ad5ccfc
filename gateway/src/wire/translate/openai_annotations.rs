//! What a text rests on, in OpenAI's words: annotations of a passage, counted in characters.
//!
//! Source: `Annotation` of chat completions and of the Responses API (openai). A client of the
//! Responses API also gets what Anthropic wants back, in a member that OpenAI does not have.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::ir::{Citation, Source};

/// The citations of a text, in the Responses API's words; what is none is left out.
pub(super) fn read(annotations: Option<&RawValue>) -> Vec<Citation> {
    each(annotations).into_iter().filter_map(ReadAnnotation::citation).collect()
}

/// The citation of an event's annotation.
pub(super) fn read_one(annotation: Option<&RawValue>) -> Option<Citation> {
    serde_json::from_str::<ReadAnnotation>(annotation?.get()).ok()?.citation()
}

/// The citations of a message, in the words of chat completions.
pub(super) fn read_chat(annotations: Option<&RawValue>) -> Vec<Citation> {
    each(annotations).into_iter().filter_map(ReadChatAnnotation::citation).collect()
}

/// Servers that only resemble OpenAI have annotations of their own.
fn each<T: DeserializeOwned>(annotations: Option<&RawValue>) -> Vec<T> {
    let raw = annotations.and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok());
    let read = raw.into_iter().flatten();
    read.filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect()
}

/// An annotation of the Responses API, of any kind; what a kind does not have is absent.
#[derive(Debug, Deserialize)]
struct ReadAnnotation {
    #[serde(rename = "type")]
    kind: String,
    start_index: Option<usize>,
    end_index: Option<usize>,
    url: Option<String>,
    title: Option<String>,
    file_id: Option<String>,
    filename: Option<String>,
    index: Option<usize>,
    cited_text: Option<String>,
    encrypted_index: Option<String>,
}

/// An annotation of chat completions.
#[derive(Debug, Deserialize)]
struct ReadChatAnnotation {
    url_citation: Option<ReadUrl>,
}

#[derive(Debug, Deserialize)]
struct ReadUrl {
    start_index: Option<usize>,
    end_index: Option<usize>,
    url: String,
    title: Option<String>,
}

impl ReadAnnotation {
    /// Nothing for a file that a program made.
    fn citation(self) -> Option<Citation> {
        let start = self.start_index.or(self.index).unwrap_or(0);
        let passage = start..self.end_index.unwrap_or(start).max(start);
        let source = match (self.kind.as_str(), self.url) {
            ("url_citation", Some(url)) => {
                Source::Web { url, title: self.title, encrypted_index: self.encrypted_index }
            }
            ("file_citation", _) => {
                let (title, file_id) = (self.filename, self.file_id);
                Source::Document { index: None, title, file_id, place: None }
            }
            _ => return None,
        };
        Some(Citation { passage, source, cited_text: self.cited_text })
    }
}

impl ReadChatAnnotation {
    fn citation(self) -> Option<Citation> {
        let ReadUrl { start_index, end_index, url, title } = self.url_citation?;
        let start = start_index.unwrap_or(0);
        let passage = start..end_index.unwrap_or(start).max(start);
        let source = Source::Web { url, title, encrypted_index: None };
        Some(Citation { passage, source, cited_text: None })
    }
}

/// An annotation as a client of the Responses API reads it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum WrittenAnnotation {
    UrlCitation {
        start_index: usize,
        end_index: usize,
        url: String,
        title: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        cited_text: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_index: Option<String>,
    },
    FileCitation {
        file_id: String,
        filename: String,
        index: usize,
    },
}

impl WrittenAnnotation {
    /// Of a text that begins at this place of all that is said.
    pub(super) fn of(citation: &Citation, begins_at: usize) -> Self {
        let within = |place: usize| place.saturating_sub(begins_at);
        match citation.source.clone() {
            Source::Web { url, title, encrypted_index } => Self::UrlCitation {
                start_index: within(citation.passage.start),
                end_index: within(citation.passage.end),
                title: title.unwrap_or_else(|| url.clone()),
                url,
                cited_text: encrypted_index.as_ref().and(citation.cited_text.clone()),
                encrypted_index,
            },
            Source::Document { index, title, file_id, .. } => Self::FileCitation {
                file_id: file_id.unwrap_or_else(|| format!("document_{}", index.unwrap_or(0))),
                filename: title.unwrap_or_default(),
                index: within(citation.passage.end),
            },
        }
    }
}

/// An annotation as a client of chat completions reads it.
#[derive(Debug, Serialize)]
pub(super) struct WrittenChatAnnotation<'a> {
    r#type: &'static str,
    url_citation: WrittenUrl<'a>,
}

#[derive(Debug, Serialize)]
struct WrittenUrl<'a> {
    start_index: usize,
    end_index: usize,
    url: &'a str,
    title: &'a str,
}

impl<'a> WrittenChatAnnotation<'a> {
    /// Nothing for a document: this API cites addresses alone.
    pub(super) fn of(citation: &'a Citation) -> Option<Self> {
        let Source::Web { url, title, .. } = &citation.source else { return None };
        let url_citation = WrittenUrl {
            start_index: citation.passage.start,
            end_index: citation.passage.end,
            url,
            title: title.as_deref().unwrap_or(url),
        };
        Some(Self { r#type: "url_citation", url_citation })
    }
}
