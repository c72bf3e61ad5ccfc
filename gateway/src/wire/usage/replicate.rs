//! The usage of Replicate's predictions: counts in `metrics`, beside how long it took.
//!
//! Source: what predictions of the official language models hold; the SDK's `Prediction.metrics` is
//! open. A picture is billed by the piece, and what a prediction has made is in `output`.

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::{TokenCounts, Units};

use super::{UsageReport, count};

#[derive(Deserialize)]
struct Metrics {
    #[serde(default, deserialize_with = "count")]
    input_token_count: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    output_token_count: Option<i64>,
}

/// The usage of a text's prediction; none where it has no counts.
pub(super) fn of_text(body: &[u8]) -> Option<UsageReport> {
    replicate_report(std::str::from_utf8(body).ok()?)
}

/// The usage in a prediction; none where it has no counts.
pub(in super::super) fn replicate_report(prediction: &str) -> Option<UsageReport> {
    #[derive(Deserialize)]
    struct WithMetrics<'a> {
        #[serde(borrow)]
        metrics: &'a RawValue,
    }
    let WithMetrics { metrics } = serde_json::from_str(prediction).ok()?;
    let told: Metrics = serde_json::from_str(metrics.get()).ok()?;
    let tokens = TokenCounts {
        input: told.input_token_count?,
        output: told.output_token_count.unwrap_or(0),
        ..TokenCounts::default()
    };
    let raw = metrics.get().to_owned();
    Some(UsageReport { tokens, units: Units::default(), raw, service_tier: None })
}

/// The usage of a prediction of pictures.
pub(super) fn of_pictures(body: &[u8]) -> Option<UsageReport> {
    let images = i64::try_from(addresses_in(body)?.len()).ok()?;
    let units = Units { images, ..Units::default() };
    let raw = format!("{{\"images\":{images}}}");
    Some(UsageReport { tokens: TokenCounts::default(), units, raw, service_tier: None })
}

/// The addresses of a prediction's pictures; none where it has made none.
pub(in super::super) fn addresses_in(body: &[u8]) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Prediction {
        output: Output,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Output {
        Several(Vec<String>),
        One(String),
    }
    let Prediction { output } = serde_json::from_slice(body).ok()?;
    Some(match output {
        Output::Several(addresses) => addresses,
        Output::One(address) => vec![address],
    })
}

/// Why a stream that says that it is done has ended before its answer did; none where it has not.
pub(in super::super) fn cut_off_reason(done: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Done {
        reason: Option<String>,
    }
    serde_json::from_str(done).ok().and_then(|Done { reason }| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_in_the_metrics() {
        let prediction = r#"{"id":"a","output":["Hi"],"metrics":{"input_token_count":14,"output_token_count":2,"predict_time":0.4}}"#;
        let report = replicate_report(prediction).unwrap();
        assert_eq!((report.tokens.input, report.tokens.output), (14, 2));
        assert!(report.raw.ends_with(r#""predict_time":0.4}"#), "{}", report.raw);
        assert_eq!(replicate_report(r#"{"metrics":{"predict_time":0.4}}"#), None);
        assert_eq!(replicate_report(r#"{"id":"a"}"#), None);
    }

    #[test]
    fn pictures_are_counted() {
        let images = |body: &[u8]| of_pictures(body).map(|report| report.units.images);
        assert_eq!(images(br#"{"output":["https://a","https://b"]}"#), Some(2));
        assert_eq!(images(br#"{"output":"https://a"}"#), Some(1));
        assert_eq!(images(br#"{"output":null}"#), None);
    }

    #[test]
    fn a_stream_that_was_cut_off_says_why() {
        assert_eq!(cut_off_reason(r#"{"reason":"canceled"}"#).as_deref(), Some("canceled"));
        assert_eq!(cut_off_reason("{}"), None);
        assert_eq!(cut_off_reason(""), None);
    }
}
