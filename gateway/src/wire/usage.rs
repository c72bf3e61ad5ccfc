//! Reads a provider's usage object into disjoint token classes.
//!
//! Sources: the official SDKs' `CompletionUsage` (openai) and `Usage` (anthropic). OpenAI counts
//! cache reads and writes within `prompt_tokens` and reasoning within `completion_tokens`;
//! Anthropic counts cache reads and writes beside `input_tokens`, and thinking within
//! `output_tokens`.

mod anthropic;
mod openai;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, value::RawValue};
use shared::receipt::TokenCounts;

pub(super) use self::anthropic::AnthropicUsage;
use super::Dialect;

/// More tokens than any call has; a provider that reports more is not believed, and sums of
/// several such counts stay far from overflow.
const TOKENS_LIMIT: i64 = 1 << 40;

/// What a provider reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageReport {
    /// Tokens by disjoint class.
    pub tokens: TokenCounts,
    /// The usage object as the provider wrote it.
    pub raw: String,
}

/// The usage of a whole answer; none where the provider reports none.
#[must_use]
pub fn usage_of_response(dialect: Dialect, body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    struct WithUsage<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
    }
    let usage = serde_json::from_slice::<WithUsage<'_>>(body).ok()?.usage?;
    usage_of_object(dialect, usage.get())
}

/// The usage in a usage object.
pub(super) fn usage_of_object(dialect: Dialect, raw: &str) -> Option<UsageReport> {
    let tokens = match dialect {
        Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => openai::tokens(raw)?,
        Dialect::AnthropicMessages => AnthropicUsage::read(raw)?.tokens()?,
    };
    Some(UsageReport { tokens, raw: raw.to_owned() })
}

/// A count, forgiving: what is no number counts as not told, a fraction is cut, and what is out
/// of all bounds is brought back into them. A strange detail must not cost the whole report.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Value::Number(number) = Value::deserialize(deserializer)? else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates; a fraction is cut")]
    let whole = number.as_i64().or_else(|| number.as_f64().map(|float| float as i64));
    Ok(whole.map(|count| count.clamp(0, TOKENS_LIMIT)))
}

/// An object of details, forgiving: anything else counts as not told.
fn details<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + serde::de::DeserializeOwned,
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

#[cfg(test)]
mod tests;
