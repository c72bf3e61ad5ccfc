//! Cohere's usage: what is billed, and beside it what the model has read and written, which is
//! more by what the model's template adds.
//!
//! Source: the official SDK's `Usage` (cohere). A chat has it in `usage`, an embedding in `meta`.
//! The bill is by `billed_units`, so they count; `tokens` stand in where they are not told.
//! `cached_tokens` are tokens of the prompt. What was thought is not told apart from what was said.

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::{TokenCounts, Units};

use super::{UsageReport, count, details, openai::take};

#[derive(Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "details")]
    billed_units: BilledUnits,
    #[serde(default, deserialize_with = "details")]
    tokens: BilledUnits,
    #[serde(default, deserialize_with = "count")]
    cached_tokens: Option<i64>,
}

#[derive(Default, Deserialize)]
struct BilledUnits {
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    output_tokens: Option<i64>,
}

/// The usage of a whole answer; none where it tells of none.
pub(super) fn of_response(body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    struct WithUsage<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
        #[serde(borrow)]
        meta: Option<&'a RawValue>,
    }
    let WithUsage { usage, meta } = serde_json::from_slice(body).ok()?;
    cohere_report(usage.or(meta)?.get())
}

/// The usage in a usage object; none where it does not tell of the prompt.
pub(in super::super) fn cohere_report(raw: &str) -> Option<UsageReport> {
    let Usage { billed_units, tokens, cached_tokens } = serde_json::from_str(raw).ok()?;
    let mut input = billed_units.input_tokens.or(tokens.input_tokens)?;
    let cached_input = take(&mut input, cached_tokens);
    let output = billed_units.output_tokens.or(tokens.output_tokens).unwrap_or(0);
    let tokens = TokenCounts { input, cached_input, output, ..TokenCounts::default() };
    Some(UsageReport { tokens, units: Units::default(), raw: raw.to_owned(), service_tier: None })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::billed(
        r#"{"billed_units":{"input_tokens":5,"output_tokens":418.0},"tokens":{"input_tokens":71,"output_tokens":420},"cached_tokens":0}"#,
        Some((5, 0, 418))
    )]
    #[case::not_billed(r#"{"tokens":{"input_tokens":71,"output_tokens":420}}"#, Some((71, 0, 420)))]
    #[case::cached(
        r#"{"billed_units":{"input_tokens":100,"output_tokens":7},"cached_tokens":64}"#,
        Some((36, 64, 7))
    )]
    #[case::more_cached_than_billed(
        r#"{"billed_units":{"input_tokens":5,"output_tokens":7},"cached_tokens":64}"#,
        Some((0, 5, 7))
    )]
    #[case::embedding(r#"{"billed_units":{"input_tokens":5}}"#, Some((5, 0, 0)))]
    #[case::search(r#"{"billed_units":{"search_units":1}}"#, None)]
    #[case::strange(r#"{"billed_units":[],"tokens":{"input_tokens":"x"}}"#, None)]
    #[case::null("null", None)]
    fn the_bill_is_by_billed_units(#[case] raw: &str, #[case] expected: Option<(i64, i64, i64)>) {
        let report = cohere_report(raw);
        let counts = report
            .as_ref()
            .map(|UsageReport { tokens, .. }| (tokens.input, tokens.cached_input, tokens.output));
        assert_eq!(counts, expected);
        assert!(report.is_none_or(|report| report.raw == raw));
    }

    #[test]
    fn a_chat_tells_it_in_usage_and_an_embedding_in_meta() {
        let units = r#"{"billed_units":{"input_tokens":5}}"#;
        for member in ["usage", "meta"] {
            let body = format!(r#"{{"{member}":{units}}}"#);
            assert_eq!(of_response(body.as_bytes()).unwrap().tokens.input, 5);
        }
        assert_eq!(of_response(b"{}"), None);
        assert_eq!(of_response(b"<html>"), None);
    }
}
