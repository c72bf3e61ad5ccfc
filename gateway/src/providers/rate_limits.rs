//! What an answer's headers say is left of a provider's rate limits.
//!
//! Sources: OpenAI's `x-ratelimit-*`, with resets as spans such as `6m0s`
//! (<https://platform.openai.com/docs/guides/rate-limits>), which most compatible vendors send too;
//! Anthropic's `anthropic-ratelimit-*`, with resets as instants
//! (<https://docs.anthropic.com/en/api/rate-limits>).

use http::{HeaderMap, header::DATE};
use jiff::{Timestamp, fmt::rfc2822};

use crate::routing::{Limit, Limits};

/// The kinds of tokens of which Anthropic tells limits.
const TOKENS_OF_ANTHROPIC: [[&str; 3]; 3] = [
    [
        "anthropic-ratelimit-tokens-limit",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ],
    [
        "anthropic-ratelimit-input-tokens-limit",
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ],
    [
        "anthropic-ratelimit-output-tokens-limit",
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ],
];
const REQUESTS_OF_ANTHROPIC: [&str; 3] = [
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
];
const REQUESTS: [&str; 3] =
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"];
const TOKENS: [&str; 3] =
    ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"];

/// The limits that are told; what cannot be read is not told.
pub(super) fn told(headers: &HeaderMap) -> Limits {
    let read = |names: [&str; 3]| limit(headers, names);
    let of_anthropic = TOKENS_OF_ANTHROPIC.into_iter().filter_map(read);
    Limits {
        requests: read(REQUESTS).or_else(|| read(REQUESTS_OF_ANTHROPIC)),
        tokens: read(TOKENS).or_else(|| of_anthropic.min_by(by_what_is_left)),
    }
}

fn by_what_is_left(one: &Limit, other: &Limit) -> std::cmp::Ordering {
    // Compared as shares, without dividing.
    let cross = |left: &Limit, whole: &Limit| {
        u128::from(left.remaining) * u128::from(whole.limit.unwrap_or(u64::MAX))
    };
    cross(one, other).cmp(&cross(other, one))
}

fn limit(headers: &HeaderMap, [limit, remaining, reset]: [&str; 3]) -> Option<Limit> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let remaining = text(remaining)?.trim().parse().ok()?;
    Some(Limit {
        limit: text(limit).and_then(|text| text.trim().parse().ok()),
        remaining,
        resets_in_micros: text(reset).and_then(|text| span(text.trim(), headers)),
    })
}

/// A span, or how far away an instant is by the provider's own clock.
fn span(text: &str, headers: &HeaderMap) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok())?;
        let now = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
        return Some(at.as_microsecond().saturating_sub(now.as_microsecond()).max(0));
    }
    spelled_out(text)
}

/// `1h2m3.5s`, `20ms`; a bare number is in seconds.
fn spelled_out(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().ok()?;
        let after = &rest[end..];
        let (unit, next) =
            after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        seconds += number
            * match unit {
                "d" => 86_400.0,
                "h" => 3_600.0,
                "m" => 60.0,
                "s" | "" => 1.0,
                "ms" => 0.001,
                _ => return None,
            };
        rest = next;
    }
    let is_possible = !text.is_empty() && (0.0..=31_536_000.0).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, reason = "it is less than a year")]
    is_possible.then(|| (seconds * 1_000_000.0).ceil() as i64)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> Limits {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        told(&pairs.iter().map(header).collect())
    }

    #[test]
    fn limits_of_openai_are_read() {
        let limits = read(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        let requests = Limit { limit: Some(60), remaining: 59, resets_in_micros: Some(1_000_000) };
        let tokens =
            Limit { limit: Some(150_000), remaining: 149_984, resets_in_micros: Some(360_000_000) };
        assert_eq!(limits, Limits { requests: Some(requests), tokens: Some(tokens) });
    }

    #[test]
    fn of_the_limits_of_anthropic_the_one_counts_of_which_least_is_left() {
        let limits = read(&[
            ("date", "Mon, 30 Nov 2026 12:00:00 GMT"),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-11-30T12:00:07Z"),
            ("anthropic-ratelimit-input-tokens-limit", "100000"),
            ("anthropic-ratelimit-input-tokens-remaining", "90000"),
            ("anthropic-ratelimit-output-tokens-limit", "8000"),
            ("anthropic-ratelimit-output-tokens-remaining", "2000"),
        ]);
        let requests = Limit { limit: Some(50), remaining: 0, resets_in_micros: Some(7_000_000) };
        let tokens = Limit { limit: Some(8_000), remaining: 2_000, resets_in_micros: None };
        assert_eq!(limits, Limits { requests: Some(requests), tokens: Some(tokens) });
    }

    #[rstest]
    #[case("6m0s", Some(360_000_000))]
    #[case("1h2m3.5s", Some(3_723_500_000))]
    #[case("17ms", Some(17_000))]
    #[case("2m59.56s", Some(179_560_000))]
    #[case("1d", Some(86_400_000_000))]
    #[case("30", Some(30_000_000))]
    #[case("", None)]
    #[case("soon", None)]
    #[case("5 s", None)]
    #[case("-1s", None)]
    #[case("1..5s", None)]
    #[case("99999999999d", None)]
    fn spans_are_read_as_they_are_written(#[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(spelled_out(text), expected);
    }

    #[test]
    fn what_nobody_tells_is_not_known() {
        assert_eq!(read(&[]), Limits::default());
        assert_eq!(read(&[("x-ratelimit-remaining-requests", "many")]), Limits::default());
    }
}
