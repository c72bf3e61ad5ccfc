//! The receipt of one call: every stage's verdict, what it cost and where it went.
//!
//! A receipt is what the trail of a call leaves behind. The chat shows it under an answer, every
//! refusal names its request id, and the ledger keeps it.

use serde::{Deserialize, Serialize};

use crate::{Money, Timestamp, id::RequestId};

/// A stage of the pipeline, in the order in which a call passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Who is calling.
    Auth,
    /// May they use this model.
    Rbac,
    /// May this content leave.
    Policy,
    /// Is it slow enough.
    Limit,
    /// Is there money.
    Budget,
    /// Where the call went, and what was tried before.
    Route,
    /// What it cost.
    Cost,
    /// Where the record is.
    Audit,
}

impl Stage {
    /// The stages in pipeline order.
    pub const ALL: [Self; 8] = [
        Self::Auth,
        Self::Rbac,
        Self::Policy,
        Self::Limit,
        Self::Budget,
        Self::Route,
        Self::Cost,
        Self::Audit,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Rbac => "rbac",
            Self::Policy => "policy",
            Self::Limit => "limit",
            Self::Budget => "budget",
            Self::Route => "route",
            Self::Cost => "cost",
            Self::Audit => "audit",
        }
    }
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The call went on.
    Passed,
    /// The call went on, with something that a person should see.
    Warned,
    /// The call ended here.
    Refused,
    /// The instance has nothing configured for this stage.
    NotConfigured,
    /// The call ended before this stage.
    NotReached,
}

impl VerdictKind {
    /// The stable name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Refused => "refused",
            Self::NotConfigured => "not_configured",
            Self::NotReached => "not_reached",
        }
    }
}

/// What one stage said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The stage.
    pub stage: Stage,
    /// How it ended.
    pub kind: VerdictKind,
    /// One line with the real values: `key …7f3a of Ada in Research`.
    pub summary: String,
    /// Microseconds that the stage took.
    pub took_micros: i64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The whole answer was delivered.
    Finished,
    /// A stage refused the call; no provider was asked.
    Refused,
    /// Every backend failed, or the answer broke off.
    UpstreamFailed,
    /// The client went away before the end.
    ClientGone,
    /// The gateway ended it in the middle: because it stopped, or because the money ended.
    Interrupted,
}

impl Outcome {
    /// The stable name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Refused => "refused",
            Self::UpstreamFailed => "upstream_failed",
            Self::ClientGone => "client_gone",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Tokens by disjoint class: no token is counted in two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Prompt tokens that were neither read from nor written to a cache.
    pub input: i64,
    /// Prompt tokens read from the provider's cache.
    pub cached_input: i64,
    /// Prompt tokens written to the provider's cache for five minutes, or for as long as the
    /// provider does it.
    pub cache_write: i64,
    /// Prompt tokens written to the provider's cache for an hour.
    #[serde(default)]
    pub cache_write_1h: i64,
    /// Answer tokens, reasoning and other media apart.
    pub output: i64,
    /// Reasoning tokens.
    pub reasoning: i64,
    /// Prompt tokens of audio.
    #[serde(default)]
    pub audio_input: i64,
    /// Answer tokens of audio.
    #[serde(default)]
    pub audio_output: i64,
    /// Prompt tokens of images.
    #[serde(default)]
    pub image_input: i64,
    /// Answer tokens of images.
    #[serde(default)]
    pub image_output: i64,
}

impl TokenCounts {
    /// All tokens.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.prompt() + self.answer()
    }

    /// All tokens of the prompt.
    #[must_use]
    pub const fn prompt(&self) -> i64 {
        self.input
            + self.cached_input
            + self.cache_write
            + self.cache_write_1h
            + self.audio_input
            + self.image_input
    }

    /// All tokens of the answer.
    #[must_use]
    pub const fn answer(&self) -> i64 {
        self.output + self.reasoning + self.audio_output + self.image_output
    }
}

/// What a provider bills beside tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Units {
    /// Pictures that were made.
    pub images: i64,
    /// Seconds of sound that were listened to, each begun one whole.
    pub audio_seconds: i64,
    /// Characters that were read aloud.
    pub characters: i64,
    /// Searches, in a reranker's measure.
    pub searches: i64,
}

impl Units {
    /// Whether there is nothing.
    #[must_use]
    pub const fn are_none(&self) -> bool {
        self.images == 0 && self.audio_seconds == 0 && self.characters == 0 && self.searches == 0
    }
}

/// What is known of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The `x-request-id`.
    pub request_id: RequestId,
    /// When the call arrived.
    pub started_at: Timestamp,
    /// Microseconds from arrival to the end.
    pub duration_micros: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// The model as the caller named it.
    pub model: String,
    /// The configured provider that answered.
    pub provider: Option<String>,
    /// Tokens by class.
    pub tokens: TokenCounts,
    /// The exact cost.
    pub cost: Money,
    /// Whether the usage was estimated because the provider reported none.
    pub is_estimated: bool,
    /// Every stage's verdict, in pipeline order; always all of them.
    pub verdicts: Vec<Verdict>,
}
