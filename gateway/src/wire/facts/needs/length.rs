//! How long a prompt is, without the vocabulary of its model: cheap, and honest about what it is.

use serde_json::value::RawValue;

use crate::wire::texts::{BesideText, texts_of_request};

/// Bytes that a token stands for: English prose and code have three to five.
const LIKELY_BYTES_PER_TOKEN: i64 = 4;
/// Hardly any text has longer tokens than these on average.
const MOST_BYTES_PER_TOKEN: i64 = 8;
/// What an image, a sound or a page has; usual are a few hundred to one and a half thousand.
const LIKELY_MEDIA_TOKENS: i64 = 1_000;

/// How many tokens a prompt has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PromptLength {
    /// As many as it surely has.
    pub least_tokens: i64,
    /// As many as it probably has.
    pub likely_tokens: i64,
}

impl PromptLength {
    /// Of all texts that a model reads of a body. They are looked for only where they may be more
    /// than `room_tokens`: a token is at least one byte.
    pub(super) fn of_body(body: &[u8], room_tokens: Option<i64>) -> Self {
        let most_tokens = i64::try_from(body.len()).unwrap_or(i64::MAX);
        if room_tokens.is_none_or(|room| most_tokens <= room) {
            return Self { least_tokens: 0, ..Self::of_bytes(most_tokens) };
        }
        let mut bytes = 0;
        let beside = texts_of_request(body, &mut |text| bytes += length(text));
        let BesideText { media, numbers, .. } = beside;
        let Self { least_tokens, likely_tokens } = Self::of_bytes(bytes);
        Self {
            least_tokens: least_tokens + numbers,
            likely_tokens: likely_tokens + numbers + media * LIKELY_MEDIA_TOKENS,
        }
    }

    /// Of the longest of many texts that are each read on their own, in words or in tokens.
    pub(super) fn of_longest(input: &RawValue) -> Self {
        let one = |raw: &RawValue| match raw.get().as_bytes() {
            [b'[', ..] => {
                let tokens = raw.get().bytes().filter(|byte| *byte == b',').count() + 1;
                let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
                Self { least_tokens: tokens, likely_tokens: tokens }
            }
            _ => Self::of_bytes(length(raw.get())),
        };
        let texts: Vec<&RawValue> = serde_json::from_str(input.get()).unwrap_or_default();
        if !starts_with_text(&texts) {
            return one(input);
        }
        texts.into_iter().map(one).max_by_key(|length| length.least_tokens).unwrap_or_default()
    }

    fn of_bytes(bytes: i64) -> Self {
        Self {
            least_tokens: bytes / MOST_BYTES_PER_TOKEN,
            likely_tokens: bytes.saturating_add(LIKELY_BYTES_PER_TOKEN - 1)
                / LIKELY_BYTES_PER_TOKEN,
        }
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// A list of numbers is one text in tokens.
fn starts_with_text(list: &[&RawValue]) -> bool {
    list.first().is_some_and(|first| first.get().starts_with(['"', '[']))
}
