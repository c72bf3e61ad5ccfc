//! What of the spend is asked for: a period, and what it is narrowed to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// By what spend is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The model, as callers named it.
    Model,
    /// The provider that answered.
    Provider,
    /// The team of whoever called.
    Team,
    /// The person who called.
    User,
    /// The API key that was called with.
    Key,
}

impl Dimension {
    /// All of them, in the order in which a page shows them.
    pub const ALL: [Self; 5] = [Self::Model, Self::Team, Self::User, Self::Key, Self::Provider];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Team => "team",
            Self::User => "user",
            Self::Key => "key",
        }
    }
}

/// A period, as people name it. Days begin at midnight of a time zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpendPeriod {
    /// Today so far.
    Today,
    /// The whole day before.
    Yesterday,
    /// Today and the six days before.
    SevenDays,
    /// Today and the twenty-nine days before.
    ThirtyDays,
    /// The running calendar month so far.
    #[default]
    ThisMonth,
    /// The whole calendar month before.
    LastMonth,
    /// From one day to another, such as `2026-10-01`, both included.
    Days {
        /// The first day.
        first: String,
        /// The last day.
        last: String,
    },
}

impl SpendPeriod {
    /// Those with a name, the shortest first.
    pub const NAMED: [Self; 6] = [
        Self::Today,
        Self::Yesterday,
        Self::SevenDays,
        Self::ThirtyDays,
        Self::ThisMonth,
        Self::LastMonth,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Yesterday => "yesterday",
            Self::SevenDays => "7-days",
            Self::ThirtyDays => "30-days",
            Self::ThisMonth => "this-month",
            Self::LastMonth => "last-month",
            Self::Days { .. } => "days",
        }
    }
}

/// What a spend page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendQuery {
    /// When.
    pub period: SpendPeriod,
    /// The IANA time zone whose midnights begin the days; UTC where none is named.
    pub time_zone: Option<String>,
    /// One value each of some dimensions: the name of a model or provider, the id of a team, user
    /// or key; empty for calls that have none.
    pub only: BTreeMap<Dimension, String>,
}
