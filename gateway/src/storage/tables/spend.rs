//! Spend by every dimension and hour: written with the calls, read by every dashboard.
//!
//! Beside the hours there are sums of them, so that a month is read in a fraction of the rows: by day
//! of UTC, and both by hour and by day without the people. A period that begins or ends within a
//! day of UTC, as in other time zones it does, is read from its hours there.

mod sums;

use std::{collections::BTreeMap, ops::AddAssign};

use sea_query::{
    DynIden, Expr, ExprTrait, Iden, InsertStatement, IntoIden, OnConflict, Query, Value,
};
use uuid::Uuid;

pub use self::sums::{Cut, SumRow, by_hour, by_key, by_model, by_provider, by_team, by_user};
use crate::storage::{BulkInsert, Dialect, StorageError, Tx};

const HOUR_MICROS: i64 = 3_600 * 1_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// Columns of the tables.
#[derive(Iden, Clone, Copy)]
enum Spend {
    TeamId,
    UserId,
    KeyId,
    Model,
    Provider,
    Calls,
    Tokens,
    CostNanos,
    UnpricedCalls,
}

/// The tables.
#[derive(Debug, Iden, Clone, Copy, PartialEq, Eq)]
enum RollUp {
    /// Every dimension, by hour.
    #[iden = "spend_hourly"]
    Hours,
    /// Every dimension, by day.
    #[iden = "spend_daily"]
    Days,
    /// All but the people, by hour.
    #[iden = "team_spend_hourly"]
    TeamHours,
    /// All but the people, by day.
    #[iden = "team_spend_daily"]
    TeamDays,
}

#[derive(Iden, Clone, Copy)]
enum At {
    HourAt,
    DayAt,
}

const SUMS: [Spend; 4] = [Spend::Calls, Spend::Tokens, Spend::CostNanos, Spend::UnpricedCalls];

impl RollUp {
    const fn at(self) -> At {
        match self {
            Self::Hours | Self::TeamHours => At::HourAt,
            Self::Days | Self::TeamDays => At::DayAt,
        }
    }

    const fn micros(self) -> i64 {
        match self {
            Self::Hours | Self::TeamHours => HOUR_MICROS,
            Self::Days | Self::TeamDays => DAY_MICROS,
        }
    }

    fn key(self) -> Vec<DynIden> {
        let mut key = vec![self.at().into_iden(), Spend::TeamId.into_iden()];
        if matches!(self, Self::Hours | Self::Days) {
            key.extend([Spend::UserId.into_iden(), Spend::KeyId.into_iden()]);
        }
        key.extend([Spend::Model.into_iden(), Spend::Provider.into_iden()]);
        key
    }

    /// Inserts rows, or adds to those that are there.
    fn upsert(self, dialect: Dialect) -> InsertStatement {
        let add = |sum: Spend| (sum, Expr::col((self, sum)).add(dialect.inserted(sum)));
        let added = OnConflict::columns(self.key()).values(SUMS.map(add)).to_owned();
        let columns = self.key().into_iter().chain(SUMS.map(IntoIden::into_iden));
        Query::insert().into_table(self).columns(columns).on_conflict(added).take()
    }
}

static HOURS: BulkInsert = BulkInsert::new(|dialect| RollUp::Hours.upsert(dialect));
static DAYS: BulkInsert = BulkInsert::new(|dialect| RollUp::Days.upsert(dialect));
static TEAM_HOURS: BulkInsert = BulkInsert::new(|dialect| RollUp::TeamHours.upsert(dialect));
static TEAM_DAYS: BulkInsert = BulkInsert::new(|dialect| RollUp::TeamDays.upsert(dialect));

/// What a roll-up row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimensions {
    /// The first microsecond of the hour, UTC.
    pub hour_at: i64,
    /// The nil UUID for none.
    pub team_id: Uuid,
    /// The nil UUID for none.
    pub user_id: Uuid,
    /// The nil UUID for none.
    pub key_id: Uuid,
    /// As callers named it.
    pub model: String,
    /// Empty for none.
    pub provider: String,
}

/// What a roll-up row counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Amounts {
    /// Calls that reached a provider.
    pub calls: i64,
    /// Of all classes.
    pub tokens: i64,
    /// Exact.
    pub cost_nanos: i64,
    /// Calls of a model without a price.
    pub unpriced_calls: i64,
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.tokens += other.tokens;
        self.cost_nanos += other.cost_nanos;
        self.unpriced_calls += other.unpriced_calls;
    }
}

/// The first microsecond of the hour of an instant.
#[must_use]
pub const fn hour_of(at: i64) -> i64 {
    at - at.rem_euclid(HOUR_MICROS)
}

const fn day_of(at: i64) -> i64 {
    at - at.rem_euclid(DAY_MICROS)
}

/// Adds to hours, and to what they are part of. Everybody does it in the same order, so that no two
/// wait for each other.
///
/// # Errors
/// What the database reports.
pub async fn add_all(
    tx: &mut Tx,
    hours: &BTreeMap<Dimensions, Amounts>,
) -> Result<(), StorageError> {
    let mut days: BTreeMap<Dimensions, Amounts> = BTreeMap::new();
    let mut team_hours: BTreeMap<Dimensions, Amounts> = BTreeMap::new();
    let mut team_days: BTreeMap<Dimensions, Amounts> = BTreeMap::new();
    for (at, amounts) in hours {
        let day = Dimensions { hour_at: day_of(at.hour_at), ..at.clone() };
        *days.entry(day).or_default() += *amounts;
        let team = Dimensions { user_id: Uuid::nil(), key_id: Uuid::nil(), ..at.clone() };
        *team_hours.entry(team).or_default() += *amounts;
    }
    for (at, amounts) in &team_hours {
        let day = Dimensions { hour_at: day_of(at.hour_at), ..at.clone() };
        *team_days.entry(day).or_default() += *amounts;
    }
    tx.insert_all(&HOURS, hours.iter().map(whole_row)).await?;
    tx.insert_all(&DAYS, days.iter().map(whole_row)).await?;
    tx.insert_all(&TEAM_HOURS, team_hours.iter().map(team_row)).await?;
    tx.insert_all(&TEAM_DAYS, team_days.iter().map(team_row)).await
}

fn whole_row((at, amounts): (&Dimensions, &Amounts)) -> [Value; 10] {
    [
        at.hour_at.into(),
        at.team_id.into(),
        at.user_id.into(),
        at.key_id.into(),
        at.model.as_str().into(),
        at.provider.as_str().into(),
        amounts.calls.into(),
        amounts.tokens.into(),
        amounts.cost_nanos.into(),
        amounts.unpriced_calls.into(),
    ]
}

fn team_row((at, amounts): (&Dimensions, &Amounts)) -> [Value; 8] {
    [
        at.hour_at.into(),
        at.team_id.into(),
        at.model.as_str().into(),
        at.provider.as_str().into(),
        amounts.calls.into(),
        amounts.tokens.into(),
        amounts.cost_nanos.into(),
        amounts.unpriced_calls.into(),
    ]
}
