//! Spend by every dimension, by hour and by day: written with the calls, read by every dashboard.
//!
//! Days are days of UTC and only sums of their hours, so that a month is read in a fraction of the
//! rows. A period that begins or ends within such a day is read from its hours there.

mod sums;

use std::{collections::BTreeMap, ops::AddAssign};

use sea_query::{Expr, ExprTrait, Iden, IntoIden, Query};
use uuid::Uuid;

pub use self::sums::{Cut, SumRow, by_hour, by_key, by_model, by_provider, by_team, by_user};
use crate::storage::{StorageError, Tx};

pub(super) const HOUR_MICROS: i64 = 3_600 * 1_000_000;
pub(super) const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// Columns of `spend_hourly` and `spend_daily`.
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

/// The two tables.
#[derive(Debug, Iden, Clone, Copy, PartialEq, Eq)]
enum Grain {
    #[iden = "spend_hourly"]
    Hour,
    #[iden = "spend_daily"]
    Day,
}

#[derive(Iden, Clone, Copy)]
enum At {
    #[iden = "hour_at"]
    Hour,
    #[iden = "day_at"]
    Day,
}

impl Grain {
    const fn at(self) -> At {
        match self {
            Self::Hour => At::Hour,
            Self::Day => At::Day,
        }
    }
}

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

/// Adds to hours and to their days. Everybody does it in the same order, so that no two wait for
/// each other.
///
/// # Errors
/// What the database reports.
pub async fn add_all(
    tx: &mut Tx,
    hours: &BTreeMap<Dimensions, Amounts>,
) -> Result<(), StorageError> {
    let mut days: BTreeMap<Dimensions, Amounts> = BTreeMap::new();
    for (at, amounts) in hours {
        add(tx, Grain::Hour, at, *amounts).await?;
        let day_at = at.hour_at - at.hour_at.rem_euclid(DAY_MICROS);
        *days.entry(Dimensions { hour_at: day_at, ..at.clone() }).or_default() += *amounts;
    }
    for (at, amounts) in days {
        add(tx, Grain::Day, &at, amounts).await?;
    }
    Ok(())
}

async fn add(
    tx: &mut Tx,
    grain: Grain,
    at: &Dimensions,
    amounts: Amounts,
) -> Result<(), StorageError> {
    let begins_at = at.hour_at;
    let plus = |column: Spend, amount: i64| (column, Expr::col(column).add(amount));
    let mut update = Query::update();
    update
        .table(grain)
        .values([
            plus(Spend::Calls, amounts.calls),
            plus(Spend::Tokens, amounts.tokens),
            plus(Spend::CostNanos, amounts.cost_nanos),
            plus(Spend::UnpricedCalls, amounts.unpriced_calls),
        ])
        .and_where(Expr::col(grain.at()).eq(begins_at))
        .and_where(Expr::col(Spend::TeamId).eq(at.team_id))
        .and_where(Expr::col(Spend::UserId).eq(at.user_id))
        .and_where(Expr::col(Spend::KeyId).eq(at.key_id))
        .and_where(Expr::col(Spend::Model).eq(at.model.as_str()))
        .and_where(Expr::col(Spend::Provider).eq(at.provider.as_str()));
    if tx.execute(&update).await? == 1 {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table(grain)
        .columns([
            grain.at().into_iden(),
            Spend::TeamId.into_iden(),
            Spend::UserId.into_iden(),
            Spend::KeyId.into_iden(),
            Spend::Model.into_iden(),
            Spend::Provider.into_iden(),
            Spend::Calls.into_iden(),
            Spend::Tokens.into_iden(),
            Spend::CostNanos.into_iden(),
            Spend::UnpricedCalls.into_iden(),
        ])
        .values_panic([
            begins_at.into(),
            at.team_id.into(),
            at.user_id.into(),
            at.key_id.into(),
            at.model.as_str().into(),
            at.provider.as_str().into(),
            amounts.calls.into(),
            amounts.tokens.into(),
            amounts.cost_nanos.into(),
            amounts.unpriced_calls.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}
