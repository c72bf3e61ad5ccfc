//! What the journal holds: an intent before a provider is called, a finish when a call ends.
//!
//! The records are MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>) with
//! named fields: any MessagePack reader shows them, and a newer gateway can add fields. The names
//! are stable. Ids are their 16 bytes, money is nano-dollars, verdicts are the JSON of the ledger.

mod json;
mod older;
mod pack;
#[cfg(test)]
mod tests;
mod write;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use shared::{
    Money, ProblemCode, Timestamp,
    id::{ApiKeyId, BudgetId, RequestId, TeamId, UserId},
    receipt::{Outcome, TokenCounts, Verdict},
};
use uuid::Uuid;

/// One record of the journal, as it is written.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(test, derive(Serialize), serde(rename_all = "snake_case"))]
pub enum Record<'a> {
    /// A provider is about to be called.
    Intent {
        /// What is known of the call: enough to bill it if the process dies now.
        so_far: &'a Finish,
        /// What it is charged with then: all that was reserved.
        worst_case: Money,
    },
    /// A call has ended.
    Finish(&'a Finish),
}

impl Record<'_> {
    /// The record for the journal.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match *self {
            Self::Intent { so_far, worst_case } => write::intent(so_far, worst_case),
            Self::Finish(finish) => write::finish(finish),
        }
    }
}

/// One record of the journal, as it is read: as much of an intent (`I`) as the reader needs, and
/// the verdicts in the form (`V`) in which it needs them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recorded<I, V> {
    /// A provider was about to be called.
    Intent {
        /// What was known of the call.
        so_far: I,
        /// What it is charged with if no end was recorded.
        worst_case: Money,
    },
    /// A call has ended.
    Finish(Box<Finish<V>>),
}

impl<I: de::DeserializeOwned, V: de::DeserializeOwned> Recorded<I, V> {
    /// Reads what [`Record::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`RecordError`] where the bytes are no record, or one without a field that is needed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        if older::is(bytes) {
            return older::read(bytes).map_err(RecordError::Older);
        }
        rmp_serde::from_slice(bytes).map_err(RecordError::Unreadable)
    }
}

/// A record of the journal that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Most likely a newer gateway wrote it.
    #[error("a record of the journal cannot be read; start the version that wrote it")]
    Unreadable(#[source] rmp_serde::decode::Error),
    /// It looks like a record from before the first release, but is none.
    #[error("a record of the journal, of the form before the first release, cannot be read")]
    Older(#[source] serde_json::Error),
}

/// Which call an intent is of.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct CallId {
    /// The call.
    pub request_id: RequestId,
}

impl CallId {
    /// The call of an intent, without reading the rest of it; none where the record is something
    /// else, or was not written by this version.
    #[must_use]
    pub fn of_intent(record: &[u8]) -> Option<Self> {
        let id = record.strip_prefix(write::INTENT_BEFORE_ID)?.first_chunk()?;
        Some(Self { request_id: RequestId::from_uuid(Uuid::from_bytes(*id)) })
    }
}

/// A budget that a call is charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The budget.
    pub budget: BudgetId,
    /// The first instant of the window in which the call was let through, or went on when that had
    /// passed.
    pub window_start: Timestamp,
    /// Whether the money came out of what this node had leased of the window.
    #[serde(default)]
    pub is_leased: bool,
}

/// What one token class of a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// The token class.
    pub class: TokenClass,
    /// How many tokens.
    pub tokens: i64,
    /// Nano-dollars per million tokens; of the call itself, nano-dollars.
    pub price: Money,
    /// Tokens times price, rounded half to even once.
    pub cost: Money,
}

/// A disjoint class of tokens, something else that is counted, or the call itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenClass {
    /// Prompt tokens outside any cache.
    Input,
    /// Prompt tokens read from a cache.
    CachedInput,
    /// Prompt tokens written to a cache for five minutes.
    CacheWrite,
    /// Prompt tokens written to a cache for an hour.
    #[serde(rename = "cache_write_1h")]
    CacheWrite1h,
    /// Prompt tokens of audio.
    AudioInput,
    /// Prompt tokens of images.
    ImageInput,
    /// Answer tokens.
    Output,
    /// Reasoning tokens.
    Reasoning,
    /// Answer tokens of audio.
    AudioOutput,
    /// Answer tokens of images.
    ImageOutput,
    /// Pictures, at a price for each.
    Images,
    /// Seconds of sound, at a price for an hour.
    AudioSeconds,
    /// Characters that were read aloud, at a price per million.
    Characters,
    /// Searches, at a price for each.
    Searches,
    /// The call itself: one, at a price that is not per million.
    Request,
    /// A call whose end nobody saw: one, at all that was reserved for it.
    Reserved,
}

impl TokenClass {
    /// The stable name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached_input",
            Self::CacheWrite => "cache_write",
            Self::CacheWrite1h => "cache_write_1h",
            Self::AudioInput => "audio_input",
            Self::ImageInput => "image_input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
            Self::Images => "images",
            Self::AudioSeconds => "audio_seconds",
            Self::Characters => "characters",
            Self::Searches => "searches",
            Self::Request => "request",
            Self::Reserved => "reserved",
        }
    }
}

/// What the stages said: a list in memory, JSON text in the records.
#[derive(Debug, Clone, Default)]
pub struct Verdicts(pub Vec<Verdict>);

impl Serialize for Verdicts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(&self.0).map_err(ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Verdicts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map(Self).map_err(de::Error::custom)
    }
}

/// A call that has ended; `V` is how the verdicts are held, `String` being the JSON as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish<V = Verdicts> {
    /// The call.
    pub request_id: RequestId,
    /// When it arrived.
    pub started_at: Timestamp,
    /// From arrival to end.
    pub duration_micros: i64,
    /// Through which door it came.
    pub surface: Cow<'static, str>,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status that the client got.
    pub status: u16,
    /// Why it was refused or failed.
    pub problem: Option<ProblemCode>,
    /// Who called.
    pub user: Option<UserId>,
    /// The caller's team.
    pub team: Option<TeamId>,
    /// With which key.
    pub key: Option<ApiKeyId>,
    /// The model by its own name; as the caller named it, where there is no such model.
    pub model: String,
    /// The name that the caller asked by, where that is another one.
    #[serde(default)]
    pub asked_model: Option<String>,
    /// Which provider answered.
    pub provider: Option<String>,
    /// What that provider calls the model.
    pub upstream_model: Option<String>,
    /// Tokens by class.
    pub tokens: TokenCounts,
    /// What each class cost.
    pub lines: Vec<CostLine>,
    /// The sum of the lines.
    pub cost: Money,
    /// Whether the tokens were estimated.
    pub is_estimated: bool,
    /// Whether the model had a price.
    pub is_priced: bool,
    /// Which price was applied.
    #[serde(default)]
    pub price_version: Option<String>,
    /// The tier in which the provider has served the call, where it is not the ordinary one.
    #[serde(default)]
    pub service_tier: Option<String>,
    /// The provider's own usage object, verbatim.
    pub raw_usage: Option<String>,
    /// The budgets that the cost is charged to.
    pub charges: Vec<Charge>,
    /// Every stage's verdict.
    pub verdicts: V,
}
