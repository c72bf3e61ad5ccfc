//! Budgets and what is used of them.

use serde::{Deserialize, Serialize};

use crate::{
    Money, Timestamp,
    id::{BudgetId, NodeId},
};

/// Whom a budget binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetLevel {
    /// Everyone.
    Instance,
    /// One team.
    Team,
    /// One user.
    User,
    /// One API key.
    Key,
}

impl BudgetLevel {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Team => "team",
            Self::User => "user",
            Self::Key => "key",
        }
    }
}

/// How long a budget counts before it is whole again.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPeriod {
    /// A calendar day.
    Day,
    /// A week from Monday on.
    Week,
    /// A calendar month.
    #[default]
    Month,
}

impl BudgetPeriod {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// What happens when a budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetMode {
    /// Calls are refused.
    Hard,
    /// Calls go on, with a warning.
    Soft,
}

/// A budget and what is used of it in the running window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetStatus {
    /// The budget's id.
    pub id: BudgetId,
    /// Whom it binds.
    pub level: BudgetLevel,
    /// The name of whom it binds: the team's, the user's, or the instance's.
    pub name: String,
    /// Hard or soft.
    pub mode: BudgetMode,
    /// How long a window is.
    pub period: BudgetPeriod,
    /// The limit per window.
    pub limit: Money,
    /// Settled in the running window.
    pub spent: Money,
    /// Set aside for calls that are under way, here and on other nodes.
    pub reserved: Money,
    /// When the window began.
    pub window_start: Timestamp,
    /// When the window ends and the budget is whole again.
    pub window_end: Timestamp,
    /// The IANA time zone that says where a day, a week or a month begins.
    pub time_zone: String,
}

/// What a node has leased of a budget's window and not settled yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetLease {
    /// The budget.
    pub budget: BudgetId,
    /// The window's first instant.
    pub window_start: Timestamp,
    /// The node.
    pub node: NodeId,
    /// Leased and not settled yet.
    pub leased: Money,
    /// When the node was last heard of.
    pub heard_at: Timestamp,
}
