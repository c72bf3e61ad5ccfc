//! Sums of a period by one dimension. What each dimension adds up to is the same.

use sea_query::{Expr, ExprTrait, IntoIden, Query, SelectStatement, UnionType};
use sqlx::FromRow;
use uuid::Uuid;

use super::{DAY_MICROS, Grain, Spend};
use crate::storage::{Record, Snapshot, StorageError};

/// Sums of one group.
#[derive(Debug, Clone, FromRow)]
pub struct SumRow<K> {
    /// What the group is about.
    pub name: K,
    /// Calls.
    pub calls: i64,
    /// Tokens.
    pub tokens: i64,
    /// Exact cost.
    pub cost_nanos: i64,
    /// Calls without a price.
    pub unpriced_calls: i64,
}

/// A half-open period, and whose and which spend. Its ends are those of hours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// The first microsecond.
    pub from: i64,
    /// The first microsecond after it.
    pub until: i64,
    /// Only this user's.
    pub user: Option<Uuid>,
    /// Only this team's.
    pub team: Option<Uuid>,
    /// Only with this key.
    pub key: Option<Uuid>,
    /// Only of this model, as callers named it.
    pub model: Option<String>,
    /// Only of this provider.
    pub provider: Option<String>,
}

/// A part of a period in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    grain: Grain,
    from: i64,
    until: i64,
}

/// Whole days of UTC are read as days, what comes before and after them as hours.
fn parts(from: i64, until: i64) -> Vec<Part> {
    let first_day = from.saturating_add(DAY_MICROS - 1).div_euclid(DAY_MICROS) * DAY_MICROS;
    let last_day = until.div_euclid(DAY_MICROS) * DAY_MICROS;
    let hours = |from, until| Part { grain: Grain::Hour, from, until };
    let parts = if first_day < last_day {
        let days = Part { grain: Grain::Day, from: first_day, until: last_day };
        vec![hours(from, first_day), days, hours(last_day, until)]
    } else {
        vec![hours(from, until)]
    };
    parts.into_iter().filter(|part| part.from < part.until).collect()
}

fn rows(cut: &Cut, by: Spend, part: Part) -> SelectStatement {
    let mut query = Query::select();
    query
        .expr_as(Expr::col(by), "name")
        .columns([Spend::Calls, Spend::Tokens, Spend::CostNanos, Spend::UnpricedCalls])
        .from(part.grain)
        .and_where(Expr::col(part.grain.at()).gte(part.from))
        .and_where(Expr::col(part.grain.at()).lt(part.until));
    restrict(&mut query, cut);
    query
}

fn restrict(query: &mut SelectStatement, cut: &Cut) {
    let ids = [(Spend::UserId, cut.user), (Spend::TeamId, cut.team), (Spend::KeyId, cut.key)];
    for (column, id) in ids {
        if let Some(id) = id {
            query.and_where(Expr::col(column).eq(id));
        }
    }
    for (column, name) in [(Spend::Model, &cut.model), (Spend::Provider, &cut.provider)] {
        if let Some(name) = name {
            query.and_where(Expr::col(column).eq(name.as_str()));
        }
    }
}

async fn sums<K>(
    snapshot: &mut Snapshot,
    by: Spend,
    cut: &Cut,
) -> Result<Vec<SumRow<K>>, StorageError>
where
    SumRow<K>: Record,
{
    let mut parts = parts(cut.from, cut.until).into_iter().map(|part| rows(cut, by, part));
    let Some(mut all) = parts.next() else { return Ok(Vec::new()) };
    for part in parts {
        all.union(UnionType::All, part);
    }
    let dialect = snapshot.dialect();
    let sum = |column: Spend| dialect.sum(Expr::col(column));
    let mut query = Query::select();
    query
        .column("name")
        .expr_as(sum(Spend::Calls), "calls")
        .expr_as(sum(Spend::Tokens), "tokens")
        .expr_as(sum(Spend::CostNanos), "cost_nanos")
        .expr_as(sum(Spend::UnpricedCalls), "unpriced_calls")
        .from_subquery(all, "spend")
        .group_by_col("name");
    snapshot.fetch_all(&query).await
}

/// Sums by model.
///
/// # Errors
/// What the database reports.
pub async fn by_model(
    snapshot: &mut Snapshot,
    cut: &Cut,
) -> Result<Vec<SumRow<String>>, StorageError> {
    sums(snapshot, Spend::Model, cut).await
}

/// Sums by provider.
///
/// # Errors
/// What the database reports.
pub async fn by_provider(
    snapshot: &mut Snapshot,
    cut: &Cut,
) -> Result<Vec<SumRow<String>>, StorageError> {
    sums(snapshot, Spend::Provider, cut).await
}

/// Sums by team.
///
/// # Errors
/// What the database reports.
pub async fn by_team(
    snapshot: &mut Snapshot,
    cut: &Cut,
) -> Result<Vec<SumRow<Uuid>>, StorageError> {
    sums(snapshot, Spend::TeamId, cut).await
}

/// Sums by user.
///
/// # Errors
/// What the database reports.
pub async fn by_user(
    snapshot: &mut Snapshot,
    cut: &Cut,
) -> Result<Vec<SumRow<Uuid>>, StorageError> {
    sums(snapshot, Spend::UserId, cut).await
}

/// Sums by API key.
///
/// # Errors
/// What the database reports.
pub async fn by_key(snapshot: &mut Snapshot, cut: &Cut) -> Result<Vec<SumRow<Uuid>>, StorageError> {
    sums(snapshot, Spend::KeyId, cut).await
}

/// Sums by hour, for days of any time zone.
///
/// # Errors
/// What the database reports.
pub async fn by_hour(snapshot: &mut Snapshot, cut: &Cut) -> Result<Vec<SumRow<i64>>, StorageError> {
    let grain = Grain::Hour;
    let dialect = snapshot.dialect();
    let sum = |column: Spend| dialect.sum(Expr::col(column));
    let mut query = Query::select();
    query
        .expr_as(Expr::col(grain.at()), "name")
        .expr_as(sum(Spend::Calls), "calls")
        .expr_as(sum(Spend::Tokens), "tokens")
        .expr_as(sum(Spend::CostNanos), "cost_nanos")
        .expr_as(sum(Spend::UnpricedCalls), "unpriced_calls")
        .from(grain)
        .and_where(Expr::col(grain.at()).gte(cut.from))
        .and_where(Expr::col(grain.at()).lt(cut.until))
        .group_by_col(grain.at().into_iden());
    restrict(&mut query, cut);
    snapshot.fetch_all(&query).await
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::HOUR_MICROS, *};

    proptest! {
        #[test]
        fn the_parts_of_a_period_follow_each_other_and_days_are_whole(
            from in 0..100_000_i64,
            hours in 1..2_000_i64,
        ) {
            let (from, until) = (from * HOUR_MICROS, (from + hours) * HOUR_MICROS);
            let parts = parts(from, until);
            prop_assert_eq!(parts[0].from, from);
            prop_assert_eq!(parts[parts.len() - 1].until, until);
            prop_assert!(parts.windows(2).all(|pair| pair[0].until == pair[1].from));
            for part in &parts {
                match part.grain {
                    Grain::Day => prop_assert!(part.from % DAY_MICROS == 0 && part.until % DAY_MICROS == 0),
                    Grain::Hour if hours >= 48 => prop_assert!(part.until - part.from < DAY_MICROS),
                    Grain::Hour => {}
                }
            }
        }
    }
}
