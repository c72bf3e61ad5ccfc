//! What the journal holds: an intent before a provider is called, a finish when a call ends.
//!
//! The records are JSON, so that an auditor can read them with any tool; the field names are
//! stable.

use serde::{Deserialize, Serialize};
use shared::{
    Money, ProblemCode, Timestamp,
    id::{ApiKeyId, BudgetId, RequestId, TeamId, UserId},
    receipt::{Outcome, TokenCounts, Verdict},
};

/// One record of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A provider is about to be called.
    Intent(Box<Intent>),
    /// A call has ended.
    Finish(Box<Finish>),
}

/// What is known before a provider is called: enough to bill the call if the process dies now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    /// The call as it would be recorded if nothing more were ever known: interrupted, and charged
    /// with all that was reserved.
    pub worst_case: Finish,
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

/// A call that has ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finish {
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
    pub verdicts: Vec<Verdict>,
}
