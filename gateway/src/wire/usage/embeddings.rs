//! The usage of embeddings in the clouds of Amazon and Google.
//!
//! Sources: `inputTextTokenCount` of Titan's answer
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>);
//! Cohere's answer on Bedrock tells nothing, and a header of it everything. On Vertex AI each text has
//! its own `statistics`
//! (<https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>).

use bytes::Bytes;
use serde::Deserialize;
use shared::receipt::{TokenCounts, Units};

use super::{TOKENS_LIMIT, UsageReport, count};

/// Where Titan has its count.
const TITANS_FIELD: &str = "inputTextTokenCount";

/// The body of an answer of Bedrock's with what a header of it tells of tokens, where Titan has
/// it, unless it is there already.
#[must_use]
pub fn with_input_tokens(body: Bytes, tokens: i64) -> Bytes {
    let rest = body.trim_ascii_start().strip_prefix(b"{");
    let Some(rest) = rest.filter(|_| of_bedrock(&body).is_none()) else { return body };
    let comma = if rest.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    let mut told = format!("{{\"{TITANS_FIELD}\":{tokens}{comma}").into_bytes();
    told.extend_from_slice(rest);
    told.into()
}

/// The usage of an answer of Bedrock's; none where it tells of none.
pub(super) fn of_bedrock(body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        #[serde(default, deserialize_with = "count")]
        input_text_token_count: Option<i64>,
    }
    let Told { input_text_token_count } = serde_json::from_slice(body).ok()?;
    let tokens = input_text_token_count?;
    Some(report(tokens, format!("{{\"{TITANS_FIELD}\":{tokens}}}")))
}

/// The usage of an answer of Vertex AI's: of every text together.
pub(super) fn of_vertex(body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    struct Told {
        predictions: Vec<Prediction>,
    }
    #[derive(Deserialize)]
    struct Prediction {
        embeddings: Embedding,
    }
    #[derive(Deserialize)]
    struct Embedding {
        statistics: Statistics,
    }
    #[derive(Deserialize)]
    struct Statistics {
        #[serde(default, deserialize_with = "count")]
        token_count: Option<i64>,
    }
    let Told { predictions } = serde_json::from_slice(body).ok()?;
    let counts = predictions.into_iter().map(|told| told.embeddings.statistics.token_count);
    let tokens = counts.sum::<Option<i64>>()?.min(TOKENS_LIMIT);
    Some(report(tokens, format!("{{\"token_count\":{tokens}}}")))
}

fn report(input: i64, raw: String) -> UsageReport {
    let tokens = TokenCounts { input, ..TokenCounts::default() };
    UsageReport { tokens, units: Units::default(), raw, service_tier: None }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn input(report: Option<UsageReport>) -> Option<i64> {
        report.map(|report| report.tokens.input)
    }

    #[rstest]
    #[case(r#"{"embedding":[0.1],"inputTextTokenCount":5}"#, Some(5))]
    #[case(r#"{"embeddings":{"float":[[0.1]]},"id":"1"}"#, None)]
    #[case("[]", None)]
    fn titan_tells_its_tokens(#[case] body: &str, #[case] expected: Option<i64>) {
        assert_eq!(input(of_bedrock(body.as_bytes())), expected);
    }

    #[rstest]
    #[case(r#"{"embeddings":[]}"#, r#"{"inputTextTokenCount":7,"embeddings":[]}"#)]
    #[case(" { }", r#"{"inputTextTokenCount":7 }"#)]
    #[case(r#"{"inputTextTokenCount":5}"#, r#"{"inputTextTokenCount":5}"#)]
    #[case("[1]", "[1]")]
    fn what_a_header_tells_is_put_where_titan_has_it(#[case] body: &str, #[case] expected: &str) {
        let told = with_input_tokens(Bytes::from(body.to_owned()), 7);
        assert_eq!(told, expected);
    }

    #[rstest]
    #[case(
        r#"{"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":6},"values":[0.1]}},{"embeddings":{"values":[],"statistics":{"token_count":2}}}]}"#,
        Some(8)
    )]
    #[case(r#"{"predictions":[{"embeddings":{"statistics":{},"values":[]}}]}"#, None)]
    #[case(r#"{"error":{}}"#, None)]
    fn vertex_tells_the_tokens_of_each_text(#[case] body: &str, #[case] expected: Option<i64>) {
        assert_eq!(input(of_vertex(body.as_bytes())), expected);
    }
}
