//! How it stands with rate limits, as headers.
//!
//! OpenAI's names, with durations: <https://platform.openai.com/docs/guides/rate-limits>. Anthropic's,
//! with instants: <https://docs.anthropic.com/en/api/rate-limits>. Google tells none; its clients get
//! OpenAI's, which programs around them know.

use http::{HeaderName, HeaderValue};
use jiff::Timestamp as Instant;
use shared::{Room, Standing, Timestamp};

use super::super::Dialect;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// The names of one kind of limit: the limit, what is left, when it is whole again.
type Names = [HeaderName; 3];

static OPENAI_REQUESTS: Names = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];
static OPENAI_TOKENS: Names = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];
static ANTHROPIC_REQUESTS: Names = [
    HeaderName::from_static("anthropic-ratelimit-requests-limit"),
    HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
    HeaderName::from_static("anthropic-ratelimit-requests-reset"),
];
static ANTHROPIC_TOKENS: Names = [
    HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
    HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
    HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
];

/// The headers of an answer or a refusal, in the client's dialect.
pub fn standing_headers(
    dialect: Dialect,
    standing: &Standing,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
    let is_anthropic = dialect == Dialect::AnthropicMessages;
    let (requests, tokens) = if is_anthropic {
        (&ANTHROPIC_REQUESTS, &ANTHROPIC_TOKENS)
    } else {
        (&OPENAI_REQUESTS, &OPENAI_TOKENS)
    };
    let at = standing.at;
    let told = move |(names, room): (&'static Names, Room)| {
        let reset = if is_anthropic { instant(room.whole_at) } else { duration(at, room.whole_at) };
        let values = [room.limit.into(), room.left.into(), HeaderValue::from_str(&reset).ok()?];
        Some(names.iter().cloned().zip(values))
    };
    let rooms = [(requests, standing.requests), (tokens, standing.tokens)];
    let rooms = rooms.into_iter().filter_map(|(names, room)| Some((names, room?)));
    rooms.filter_map(told).flatten()
}

/// RFC 3339, to the second and never too early.
fn instant(at: Timestamp) -> String {
    let seconds = at.micros().div_euclid(MICROS_PER_SECOND)
        + i64::from(at.micros().rem_euclid(MICROS_PER_SECOND) > 0);
    Instant::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

/// As Go writes durations: `6m0s`.
fn duration(from: Timestamp, to: Timestamp) -> String {
    let micros = to.micros_since(from).max(0);
    let seconds = (micros + MICROS_PER_SECOND - 1) / MICROS_PER_SECOND;
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_790_000_000_200_000);

    fn lines(dialect: Dialect, standing: &Standing) -> Vec<String> {
        let line = |(name, value): (HeaderName, HeaderValue)| {
            format!("{name}: {}", value.to_str().unwrap())
        };
        standing_headers(dialect, standing).map(line).collect()
    }

    #[test]
    fn a_standing_is_told_by_each_vendors_own_headers() {
        let requests = Room { limit: 60, left: 59, whole_at: AT.plus_seconds(60) };
        let tokens = Room { limit: 150_000, left: 149_984, whole_at: AT.plus_seconds(360) };
        let standing = Standing { at: AT, requests: Some(requests), tokens: Some(tokens) };
        assert_eq!(
            lines(Dialect::OpenAiResponses, &standing),
            [
                "x-ratelimit-limit-requests: 60",
                "x-ratelimit-remaining-requests: 59",
                "x-ratelimit-reset-requests: 1m0s",
                "x-ratelimit-limit-tokens: 150000",
                "x-ratelimit-remaining-tokens: 149984",
                "x-ratelimit-reset-tokens: 6m0s",
            ]
        );
        let standing = Standing { tokens: None, ..standing };
        assert_eq!(
            lines(Dialect::AnthropicMessages, &standing),
            [
                "anthropic-ratelimit-requests-limit: 60",
                "anthropic-ratelimit-requests-remaining: 59",
                "anthropic-ratelimit-requests-reset: 2026-09-21T14:14:21Z",
            ]
        );
    }

    #[rstest]
    #[case(-5, "0s")]
    #[case(1, "1s")]
    #[case(59_000_000, "59s")]
    #[case(59_000_001, "1m0s")]
    #[case(3_661_000_000, "1h1m1s")]
    #[case(86_400_000_000, "24h0m0s")]
    fn a_duration_is_never_too_short(#[case] micros: i64, #[case] expected: &str) {
        assert_eq!(duration(AT, Timestamp::from_micros(AT.micros() + micros)), expected);
    }
}
