//! Ollama's usage: counts and durations beside the answer, or in the last line of a stream.
//!
//! Source: the official SDK's `BaseGenerateResponse` (ollama). A count of nought is left out, so
//! the prompt's is missing where none of it had to be evaluated. What was thought is not told apart
//! from what was said.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::receipt::{TokenCounts, Units};

use super::{UsageReport, count};

/// What is kept of an answer.
#[derive(Deserialize, Serialize)]
struct Measured<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    total_duration: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    load_duration: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    prompt_eval_count: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    prompt_eval_duration: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    eval_count: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    eval_duration: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default, deserialize_with = "count")]
    prompt_eval_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    eval_count: Option<i64>,
}

/// The usage of a whole answer; none where it tells of none.
pub(super) fn of_response(body: &[u8]) -> Option<UsageReport> {
    ollama_report(std::str::from_utf8(body).ok()?)
}

/// The usage in an answer or in a line of one; none where it has no counts.
pub(in super::super) fn ollama_report(answer: &str) -> Option<UsageReport> {
    let counts: Counts = serde_json::from_str(answer).ok()?;
    if counts.prompt_eval_count.is_none() && counts.eval_count.is_none() {
        return None;
    }
    let measured: Measured<'_> = serde_json::from_str(answer).ok()?;
    let tokens = TokenCounts {
        input: counts.prompt_eval_count.unwrap_or(0),
        output: counts.eval_count.unwrap_or(0),
        ..TokenCounts::default()
    };
    Some(UsageReport {
        tokens,
        units: Units::default(),
        raw: serde_json::to_string(&measured).ok()?,
        service_tier: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_durations_are_read_beside_the_answer() {
        let body = br#"{"model":"m","message":{"role":"assistant","content":"Hi"},"done":true,
            "total_duration":9,"eval_count":7.0,"prompt_eval_count":26,"eval_duration":4}"#;
        let report = of_response(body).unwrap();
        assert_eq!((report.tokens.input, report.tokens.output), (26, 7));
        assert_eq!(
            report.raw,
            r#"{"total_duration":9,"prompt_eval_count":26,"eval_count":7.0,"eval_duration":4}"#
        );
    }

    #[test]
    fn a_prompt_that_was_kept_has_no_count() {
        let report = ollama_report(r#"{"done":true,"eval_count":7}"#).unwrap();
        assert_eq!((report.tokens.input, report.tokens.output), (0, 7));
    }

    #[test]
    fn without_any_count_there_is_no_report() {
        assert_eq!(ollama_report(r#"{"done":true,"done_reason":"load"}"#), None);
        assert_eq!(ollama_report(r#"{"eval_count":"x"}"#), None);
        assert_eq!(ollama_report("<html>"), None);
    }
}
