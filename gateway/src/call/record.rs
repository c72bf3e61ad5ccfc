//! What the journal holds: an intent before a provider is called, a finish when a call ends.
//!
//! The records are JSON, so that an auditor can read them with any tool; the field names are
//! stable. They are written from what a call already holds and copied nowhere on the way.

use serde::{Deserialize, Serialize};
use shared::{
    Money, ProblemCode, Timestamp,
    id::{ApiKeyId, BudgetId, RequestId, TeamId, UserId},
    receipt::{Outcome, TokenCounts, Verdict},
};

/// Most records are smaller.
const USUAL_BYTES: usize = 2 * 1024;

/// One record of the journal, as it is written.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
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
        let mut bytes = Vec::with_capacity(USUAL_BYTES);
        // Plain data always has a JSON form, and memory takes what is written to it.
        let _ = serde_json::to_writer(&mut bytes, self);
        bytes
    }
}

/// One record of the journal, as it is read: as much of an intent (`I`) and of the verdicts (`V`)
/// as the reader needs.
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

/// Which call an intent is of.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct CallId {
    /// The call.
    pub request_id: RequestId,
}

/// A budget that a call is charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The budget.
    pub budget: BudgetId,
    /// The first instant of the window in which the call was let through.
    pub window_start: Timestamp,
}

/// What one token class of a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostLine {
    /// The token class.
    pub class: TokenClass,
    /// How many tokens.
    pub tokens: i64,
    /// Nano-dollars per million tokens.
    pub price: Money,
    /// Tokens times price, rounded half to even once.
    pub cost: Money,
}

/// A disjoint class of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenClass {
    /// Prompt tokens outside any cache.
    Input,
    /// Prompt tokens read from a cache.
    CachedInput,
    /// Prompt tokens written to a cache.
    CacheWrite,
    /// Answer tokens.
    Output,
    /// Reasoning tokens.
    Reasoning,
}

impl TokenClass {
    /// The stable name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached_input",
            Self::CacheWrite => "cache_write",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
        }
    }
}

/// A call that has ended; `V` is how the verdicts are held.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish<V = Vec<Verdict>> {
    /// The call.
    pub request_id: RequestId,
    /// When it arrived.
    pub started_at: Timestamp,
    /// From arrival to end.
    pub duration_micros: i64,
    /// Through which door it came.
    pub surface: String,
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
    /// The model as the caller named it.
    pub model: String,
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
    /// The provider's own usage object, verbatim.
    pub raw_usage: Option<String>,
    /// The budgets that the cost is charged to.
    pub charges: Vec<Charge>,
    /// Every stage's verdict.
    pub verdicts: V,
}
