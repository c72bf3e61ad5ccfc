//! Spend as the spend page shows it: one ledger, exact sums.

mod budget;
mod query;

use serde::{Deserialize, Serialize};

pub use self::{
    budget::{BudgetLease, BudgetLevel, BudgetMode, BudgetPeriod, BudgetStatus},
    query::{Dimension, SpendPeriod, SpendQuery},
};
use crate::{Money, Timestamp};

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Calls, refused ones not counted.
    pub calls: i64,
    /// Tokens of all classes.
    pub tokens: i64,
    /// The exact cost.
    pub cost: Money,
}

/// The spend of one model, team, user, key or provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendRow {
    /// What narrows a [`SpendQuery`] to it.
    pub value: String,
    /// Its name for people; empty where there is none, as for calls without a key.
    pub name: String,
    /// What was spent.
    pub spent: Spent,
}

/// A period's spend by one dimension; the rows and the others add up to the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendBy {
    /// By what.
    pub dimension: Dimension,
    /// The dearest, these first.
    pub rows: Vec<SpendRow>,
    /// How many more there are.
    pub others: i64,
    /// What these spent together.
    pub others_spent: Spent,
}

/// How long a bar of the chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BarUnit {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A calendar month.
    Month,
}

/// One bar of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendBar {
    /// The day in the page's time zone, `2026-11-22`, or the first one of a month.
    pub day: String,
    /// The last day of it.
    pub last_day: String,
    /// The time of day, `14:00`, at which an hour begins; empty for longer ones.
    pub time: String,
    /// Whether all of it is to come.
    pub is_to_come: bool,
    /// The exact cost.
    pub cost: Money,
}

/// Something that the page is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowed {
    /// By what.
    pub dimension: Dimension,
    /// Its name for people; empty where there is none.
    pub name: String,
}

/// The spend page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendPage {
    /// When the figures were read.
    pub as_of: Timestamp,
    /// `2026-11-22, 14:02`: the same in the page's time zone.
    pub as_of_local: String,
    /// The IANA time zone in which days are meant.
    pub time_zone: String,
    /// Whether hours of UTC are cut by its midnights, and count for the day in which they begin.
    pub cuts_hours: bool,
    /// Whether the figures cover the instance or only the viewer.
    pub covers_instance: bool,
    /// The first day in the time zone.
    pub first_day: String,
    /// The last day, which may be to come.
    pub last_day: String,
    /// How many of its days have begun.
    pub days_so_far: i64,
    /// The whole period so far.
    pub total: Spent,
    /// As much of the period before.
    pub before: Spent,
    /// What the period will cost if it goes on like this; none where it is over or has just begun.
    pub expected: Option<Money>,
    /// How long a bar is.
    pub bar_unit: BarUnit,
    /// The whole period without gaps, what is to come included.
    pub bars: Vec<SpendBar>,
    /// By each dimension that it is not narrowed by.
    pub by: Vec<SpendBy>,
    /// What it is narrowed to.
    pub narrowed: Vec<Narrowed>,
    /// Budgets that the viewer may see.
    pub budgets: Vec<BudgetStatus>,
    /// Models that were called in this period and have no price: visible, never a silent zero.
    pub unpriced_models: Vec<String>,
}
