//! The usage of Amazon Bedrock's Converse: `TokenUsage` of the service model (botocore,
//! `bedrock-runtime`), in an answer and in the last event of a stream alike.
//!
//! Tokens read from the cache and written to it are counted beside `inputTokens`, and
//! `cacheDetails` says for how long they were written. Reasoning is within `outputTokens` and not
//! told apart. <https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::{TokenCounts, Units};

use super::{UsageReport, count, details, tier_name};

/// What of an answer, or of a stream's last event, tells of usage.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithUsage<'a> {
    #[serde(borrow)]
    usage: &'a RawValue,
    #[serde(borrow, default)]
    service_tier: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ServiceTier<'a> {
    #[serde(borrow)]
    r#type: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    output_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_read_input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "count")]
    cache_write_input_tokens: Option<i64>,
    #[serde(default, deserialize_with = "details")]
    cache_details: Vec<CacheDetail>,
}

/// Tokens that were written to the cache for one time.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CacheDetail {
    ttl: String,
    #[serde(default, deserialize_with = "count")]
    input_tokens: Option<i64>,
}

impl Usage {
    fn tokens(&self) -> Option<TokenCounts> {
        let written = self.cache_write_input_tokens.unwrap_or(0);
        let for_an_hour: i64 = self
            .cache_details
            .iter()
            .filter(|detail| detail.ttl == "1h")
            .filter_map(|detail| detail.input_tokens)
            .fold(0, |sum, tokens| (sum + tokens).min(written));
        Some(TokenCounts {
            input: self.input_tokens?,
            cached_input: self.cache_read_input_tokens.unwrap_or(0),
            cache_write: written - for_an_hour,
            cache_write_1h: for_an_hour,
            output: self.output_tokens?,
            ..TokenCounts::default()
        })
    }
}

/// The usage of a whole answer, or of the last event of a stream; none where it tells of none.
pub(in super::super) fn of_response(body: &[u8]) -> Option<UsageReport> {
    let WithUsage { usage: raw, service_tier } = serde_json::from_slice(body).ok()?;
    let usage: Usage = serde_json::from_str(raw.get()).ok()?;
    let tier = service_tier.and_then(|tier| serde_json::from_str(tier.get()).ok());
    Some(UsageReport {
        units: Units::default(),
        tokens: usage.tokens()?,
        raw: raw.get().to_owned(),
        service_tier: tier.and_then(|tier: ServiceTier<'_>| tier_name(tier.r#type)),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn counts(usage: &str) -> Option<[i64; 5]> {
        let body = format!(r#"{{"usage":{usage},"metrics":{{"latencyMs":1}}}}"#);
        of_response(body.as_bytes()).map(|report| {
            assert_eq!(report.raw, usage);
            let tokens = report.tokens;
            [
                tokens.input,
                tokens.cached_input,
                tokens.cache_write,
                tokens.cache_write_1h,
                tokens.output,
            ]
        })
    }

    #[rstest]
    #[case(r#"{"inputTokens":9,"outputTokens":4,"totalTokens":13}"#, Some([9, 0, 0, 0, 4]))]
    #[case(
        r#"{"inputTokens":9,"outputTokens":4,"cacheReadInputTokens":100,"cacheWriteInputTokens":50,"cacheDetails":[{"ttl":"1h","inputTokens":30},{"ttl":"5m","inputTokens":20}]}"#,
        Some([9, 100, 20, 30, 4])
    )]
    // More for an hour than was written at all, and details that are none.
    #[case(
        r#"{"inputTokens":9,"outputTokens":4,"cacheWriteInputTokens":5,"cacheDetails":[{"ttl":"1h","inputTokens":30}]}"#,
        Some([9, 0, 0, 5, 4])
    )]
    #[case(
        r#"{"inputTokens":9,"outputTokens":4,"cacheWriteInputTokens":5,"cacheDetails":"x"}"#,
        Some([9, 0, 5, 0, 4])
    )]
    #[case(r#"{"inputTokens":-9,"outputTokens":4.5}"#, Some([0, 0, 0, 0, 4]))]
    #[case(r#"{"inputTokens":"9","outputTokens":4}"#, None)]
    #[case(r#"{"inputTokens":9}"#, None)]
    fn tokens_are_counted_in_disjoint_classes(
        #[case] usage: &str,
        #[case] expected: Option<[i64; 5]>,
    ) {
        assert_eq!(counts(usage), expected);
    }

    #[rstest]
    #[case(r#"{"type":"priority"}"#, Some("priority"))]
    #[case(r#"{"type":"default"}"#, None)]
    #[case(r#""flex""#, None)]
    fn the_tier_is_beside_the_usage(#[case] tier: &str, #[case] expected: Option<&str>) {
        let body =
            format!(r#"{{"usage":{{"inputTokens":1,"outputTokens":2}},"serviceTier":{tier}}}"#);
        let report = of_response(body.as_bytes()).unwrap();
        assert_eq!(report.service_tier.as_deref(), expected);
    }

    #[test]
    fn what_tells_of_no_usage_has_none() {
        assert_eq!(of_response(b"{}"), None);
        assert_eq!(of_response(b"<html>"), None);
    }
}
