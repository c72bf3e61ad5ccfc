//! Sums of a period by one dimension. What each dimension adds up to is the same.

use sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sqlx::FromRow;
use uuid::Uuid;

use super::{DAY_MICROS, RollUp, SUMS, Spend};
use crate::storage::{Dialect, Record, Snapshot, StorageError};

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

impl Cut {
    /// Whether it is about people.
    const fn is_personal(&self) -> bool {
        self.user.is_some() || self.key.is_some()
    }
}

/// A part of a period in one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    roll_up: RollUp,
    from: i64,
    until: i64,
}

/// Where a cut is read in the fewest rows: by days and, before and after these, by hours.
fn parts(cut: &Cut, by: Spend) -> Vec<Part> {
    let is_personal = cut.is_personal() || matches!(by, Spend::UserId | Spend::KeyId);
    let (hour, day) = if is_personal {
        (RollUp::Hours, RollUp::Days)
    } else {
        (RollUp::TeamHours, RollUp::TeamDays)
    };
    let part = |roll_up, from, until| Part { roll_up, from, until };
    let hours = |from, until| part(hour, from, until);
    let first_day = cut.from.saturating_add(DAY_MICROS - 1).div_euclid(DAY_MICROS) * DAY_MICROS;
    let last_day = cut.until.div_euclid(DAY_MICROS) * DAY_MICROS;
    let parts = if first_day < last_day {
        let days = part(day, first_day, last_day);
        vec![hours(cut.from, first_day), days, hours(last_day, cut.until)]
    } else {
        vec![hours(cut.from, cut.until)]
    };
    parts.into_iter().filter(|part| part.from < part.until).collect()
}

fn rows(cut: &Cut, by: Spend, part: Part) -> SelectStatement {
    let mut query = Query::select();
    query.expr_as(Expr::col(by), "name").columns(SUMS).from(part.roll_up);
    between(&mut query, cut, part);
    restrict(&mut query, cut);
    query
}

/// The most moments that are looked up one by one.
const MOST_MOMENTS: i64 = 5_000;

/// One user's rows stand together in each hour or day, so each of these is looked up; everybody's are
/// read from the first to the last.
fn between(query: &mut SelectStatement, cut: &Cut, part: Part) {
    let at = Expr::col(part.roll_up.at());
    let step = part.roll_up.micros();
    let first = part.from.saturating_add(step - 1).div_euclid(step);
    let last = part.until.saturating_add(step - 1).div_euclid(step);
    if cut.user.is_some() && last - first <= MOST_MOMENTS {
        query.and_where(at.is_in((first..last).map(|moment| moment * step)));
    } else {
        query.and_where(at.clone().gte(part.from)).and_where(at.lt(part.until));
    }
}

fn sum(query: &mut SelectStatement, dialect: Dialect) {
    let names = ["calls", "tokens", "cost_nanos", "unpriced_calls"];
    for (column, name) in SUMS.into_iter().zip(names) {
        query.expr_as(dialect.sum(Expr::col(column)), name);
    }
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
    let mut parts = parts(cut, by).into_iter().map(|part| rows(cut, by, part));
    let Some(mut all) = parts.next() else { return Ok(Vec::new()) };
    for part in parts {
        all.union(UnionType::All, part);
    }
    let mut query = Query::select();
    query.column("name").from_subquery(all, "spend").group_by_col("name");
    sum(&mut query, snapshot.dialect());
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
    let roll_up = if cut.is_personal() { RollUp::Hours } else { RollUp::TeamHours };
    let at = roll_up.at();
    let mut query = Query::select();
    query.expr_as(Expr::col(at), "name").from(roll_up).group_by_col(at);
    between(&mut query, cut, Part { roll_up, from: cut.from, until: cut.until });
    sum(&mut query, snapshot.dialect());
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
            let cut = Cut { from, until, ..Cut::default() };
            for by in [Spend::Model, Spend::UserId] {
                let parts = parts(&cut, by);
                prop_assert_eq!(parts[0].from, from);
                prop_assert_eq!(parts[parts.len() - 1].until, until);
                prop_assert!(parts.windows(2).all(|pair| pair[0].until == pair[1].from));
                for part in &parts {
                    if matches!(part.roll_up, RollUp::Days | RollUp::TeamDays) {
                        prop_assert!(part.from % DAY_MICROS == 0 && part.until % DAY_MICROS == 0);
                    } else if hours >= 48 {
                        prop_assert!(part.until - part.from < DAY_MICROS);
                    }
                }
            }
        }
    }
}
