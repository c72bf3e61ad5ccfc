//! Spend by hour and every dimension: written with the calls, read by every dashboard.

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, Dialect, StorageError, Tx};

/// Columns of `spend_hourly`.
#[derive(Iden, Clone, Copy)]
pub enum SpendHourly {
    /// The table.
    Table,
    /// The first microsecond of the hour, UTC.
    HourAt,
    /// The nil UUID for none.
    TeamId,
    /// The nil UUID for none.
    UserId,
    /// The nil UUID for none.
    KeyId,
    /// As callers named it.
    Model,
    /// Empty for none.
    Provider,
    /// Calls that reached a provider.
    Calls,
    /// Of all classes.
    Tokens,
    /// Exact.
    CostNanos,
    /// Calls of a model without a price.
    UnpricedCalls,
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

/// Adds to a row, or makes it.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, at: &Dimensions, amounts: Amounts) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(SpendHourly::Table)
        .value(SpendHourly::Calls, Expr::col(SpendHourly::Calls).add(amounts.calls))
        .value(SpendHourly::Tokens, Expr::col(SpendHourly::Tokens).add(amounts.tokens))
        .value(SpendHourly::CostNanos, Expr::col(SpendHourly::CostNanos).add(amounts.cost_nanos))
        .value(
            SpendHourly::UnpricedCalls,
            Expr::col(SpendHourly::UnpricedCalls).add(amounts.unpriced_calls),
        )
        .and_where(Expr::col(SpendHourly::HourAt).eq(at.hour_at))
        .and_where(Expr::col(SpendHourly::TeamId).eq(at.team_id))
        .and_where(Expr::col(SpendHourly::UserId).eq(at.user_id))
        .and_where(Expr::col(SpendHourly::KeyId).eq(at.key_id))
        .and_where(Expr::col(SpendHourly::Model).eq(at.model.as_str()))
        .and_where(Expr::col(SpendHourly::Provider).eq(at.provider.as_str()));
    if tx.execute(&update).await? == 1 {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table(SpendHourly::Table)
        .columns([
            SpendHourly::HourAt,
            SpendHourly::TeamId,
            SpendHourly::UserId,
            SpendHourly::KeyId,
            SpendHourly::Model,
            SpendHourly::Provider,
            SpendHourly::Calls,
            SpendHourly::Tokens,
            SpendHourly::CostNanos,
            SpendHourly::UnpricedCalls,
        ])
        .values_panic([
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
        ]);
    tx.execute(&insert).await.map(drop)
}

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

/// A half-open period, and whose spend.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// The first microsecond.
    pub from: i64,
    /// The first microsecond after it.
    pub until: i64,
    /// Only this user's.
    pub user: Option<Uuid>,
}

fn sums(dialect: Dialect, by: SpendHourly, cut: Cut) -> SelectStatement {
    let sum = |column| dialect.sum(Expr::col(column));
    let mut query = Query::select();
    query
        .expr_as(Expr::col(by), "name")
        .expr_as(sum(SpendHourly::Calls), "calls")
        .expr_as(sum(SpendHourly::Tokens), "tokens")
        .expr_as(sum(SpendHourly::CostNanos), "cost_nanos")
        .expr_as(sum(SpendHourly::UnpricedCalls), "unpriced_calls")
        .from(SpendHourly::Table)
        .and_where(Expr::col(SpendHourly::HourAt).gte(cut.from))
        .and_where(Expr::col(SpendHourly::HourAt).lt(cut.until))
        .group_by_col(by);
    if let Some(user) = cut.user {
        query.and_where(Expr::col(SpendHourly::UserId).eq(user));
    }
    query
}

/// Sums by model.
///
/// # Errors
/// What the database reports.
pub async fn by_model(database: &Database, cut: Cut) -> Result<Vec<SumRow<String>>, StorageError> {
    database.fetch_all(&sums(database.dialect(), SpendHourly::Model, cut)).await
}

/// Sums by team.
///
/// # Errors
/// What the database reports.
pub async fn by_team(database: &Database, cut: Cut) -> Result<Vec<SumRow<Uuid>>, StorageError> {
    database.fetch_all(&sums(database.dialect(), SpendHourly::TeamId, cut)).await
}

/// Sums by user.
///
/// # Errors
/// What the database reports.
pub async fn by_user(database: &Database, cut: Cut) -> Result<Vec<SumRow<Uuid>>, StorageError> {
    database.fetch_all(&sums(database.dialect(), SpendHourly::UserId, cut)).await
}

/// Sums by hour.
///
/// # Errors
/// What the database reports.
pub async fn by_hour(database: &Database, cut: Cut) -> Result<Vec<SumRow<i64>>, StorageError> {
    database.fetch_all(&sums(database.dialect(), SpendHourly::HourAt, cut)).await
}
