//! Where a batch stands.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Where a batch stands, and where its results are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchState {
    /// The provider's id of it.
    pub id: String,
    /// Whether the provider does nothing more for it.
    pub has_ended: bool,
    /// The files with what came of its requests, at OpenAI.
    pub files: Vec<String>,
    /// Whether there are results, at Anthropic.
    pub has_results: bool,
}

impl BatchState {
    /// By the batch object of OpenAI; nothing where it is none.
    #[must_use]
    pub fn of_openai(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Batch {
            id: String,
            status: String,
            output_file_id: Option<String>,
            error_file_id: Option<String>,
        }
        let batch: Batch = serde_json::from_slice(body).ok()?;
        let is_file = |id: &String| !id.is_empty();
        Some(Self {
            has_ended: matches!(&*batch.status, "completed" | "failed" | "expired" | "cancelled"),
            files: [batch.output_file_id, batch.error_file_id]
                .into_iter()
                .flatten()
                .filter(is_file)
                .collect(),
            id: batch.id,
            has_results: false,
        })
    }

    /// By the batch object of Anthropic; nothing where it is none.
    #[must_use]
    pub fn of_anthropic(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Batch {
            id: String,
            processing_status: String,
            results_url: Option<String>,
        }
        let batch: Batch = serde_json::from_slice(body).ok()?;
        Some(Self {
            has_ended: batch.processing_status == "ended",
            files: Vec::new(),
            id: batch.id,
            has_results: batch.results_url.is_some(),
        })
    }
}

/// The batch object of Anthropic with another address of its results, where it has one.
#[must_use]
pub fn with_results_url(body: &str, url: &str) -> String {
    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow)]
        results_url: Option<&'a RawValue>,
    }
    let batch: Option<Batch<'_>> = serde_json::from_str(body).ok();
    let Some(written) = batch.and_then(|batch| batch.results_url) else { return body.to_owned() };
    let Range { start, end } = span_in(body, written.get());
    format!("{}{}{}", &body[..start], serde_json::Value::from(url), &body[end..])
}

/// Where a slice of a text is in it.
fn span_in(text: &str, slice: &str) -> Range<usize> {
    let start = slice.as_ptr() as usize - text.as_ptr() as usize;
    start..start + slice.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_of_openais_has_ended_in_four_ways_and_names_its_files() {
        let of = |status: &str, files: &str| {
            let body = format!(r#"{{"id":"batch_1","object":"batch","status":"{status}"{files}}}"#);
            BatchState::of_openai(body.as_bytes()).unwrap()
        };
        for status in ["validating", "in_progress", "finalizing", "cancelling"] {
            assert!(!of(status, "").has_ended, "{status}");
        }
        for status in ["completed", "failed", "expired", "cancelled"] {
            assert!(of(status, "").has_ended, "{status}");
        }
        let files = r#","output_file_id":"file-1","error_file_id":null"#;
        assert_eq!(of("completed", files).files, ["file-1"]);
        let files = r#","output_file_id":"","error_file_id":"file-2""#;
        assert_eq!(of("expired", files).files, ["file-2"]);
        assert_eq!(BatchState::of_openai(b"<html>"), None);
    }

    #[test]
    fn the_results_of_a_message_batch_are_at_the_gateway_and_nothing_else_changes() {
        let body = r#"{"id":"msgbatch_1", "processing_status": "ended", "results_url" : "https://a.example/r", "x":1.0}"#;
        let state = BatchState::of_anthropic(body.as_bytes()).unwrap();
        assert!(state.has_ended && state.has_results);
        assert_eq!(
            with_results_url(body, "https://gw/r"),
            body.replace("https://a.example/r", "https://gw/r")
        );
        let none = r#"{"id":"msgbatch_1","processing_status":"in_progress","results_url":null}"#;
        assert!(!BatchState::of_anthropic(none.as_bytes()).unwrap().has_ended);
        assert_eq!(with_results_url(none, "https://gw/r"), none);
    }
}
