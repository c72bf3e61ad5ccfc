//! Months that are closed, or about to be.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use sqlx::FromRow;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum BillingPeriods {
    Table,
    MonthStartAt,
    MonthEndAt,
    ClosedAt,
    ClosedBy,
    Heads,
    CallCount,
    LineCount,
    CostNanos,
    Manifest,
}

/// A month whose books are closed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct BillingPeriodRow {
    /// Its first microsecond, UTC.
    pub month_start_at: i64,
    /// The first microsecond of the next one.
    pub month_end_at: i64,
    /// When the books were closed, in microseconds.
    pub closed_at: i64,
    /// By whom.
    pub closed_by: String,
    /// How far each chain of calls went then, as JSON; none until that is known.
    pub heads: Option<String>,
    /// Calls that count in it; none until its files are written, like what follows.
    pub call_count: Option<i64>,
    /// Billing lines.
    pub line_count: Option<i64>,
    /// What they add up to.
    pub cost_nanos: Option<i64>,
    /// What the files of the month are, as JSON.
    pub manifest: Option<String>,
}

/// What is known once the files of a month are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing<'a> {
    /// Calls that count in it.
    pub call_count: i64,
    /// Billing lines.
    pub line_count: i64,
    /// What they add up to.
    pub cost_nanos: i64,
    /// What the files are, as JSON.
    pub manifest: &'a str,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            BillingPeriods::MonthStartAt,
            BillingPeriods::MonthEndAt,
            BillingPeriods::ClosedAt,
            BillingPeriods::ClosedBy,
            BillingPeriods::Heads,
            BillingPeriods::CallCount,
            BillingPeriods::LineCount,
            BillingPeriods::CostNanos,
            BillingPeriods::Manifest,
        ])
        .from(BillingPeriods::Table)
        .take()
}

/// Every closed month, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<BillingPeriodRow>, StorageError> {
    database.fetch_all(select().order_by(BillingPeriods::MonthStartAt, Order::Asc)).await
}

/// A closed month.
///
/// # Errors
/// What the database reports.
pub async fn find(
    database: &Database,
    month_start_at: i64,
) -> Result<Option<BillingPeriodRow>, StorageError> {
    let mut query = select();
    query.and_where(Expr::col(BillingPeriods::MonthStartAt).eq(month_start_at));
    database.fetch_optional(&query).await
}

/// Adds a month whose books are being closed.
///
/// # Errors
/// [`StorageError::Conflict`] where it is there already.
pub async fn add(tx: &mut Tx, row: &BillingPeriodRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(BillingPeriods::Table)
        .columns([
            BillingPeriods::MonthStartAt,
            BillingPeriods::MonthEndAt,
            BillingPeriods::ClosedAt,
            BillingPeriods::ClosedBy,
        ])
        .values_panic([
            row.month_start_at.into(),
            row.month_end_at.into(),
            row.closed_at.into(),
            row.closed_by.as_str().into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Notes how far the chains of calls went when the books were closed; what was noted before stays.
///
/// # Errors
/// What the database reports.
pub async fn note_heads(tx: &mut Tx, month_start_at: i64, heads: &str) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(BillingPeriods::Table)
        .value(BillingPeriods::Heads, heads)
        .and_where(Expr::col(BillingPeriods::MonthStartAt).eq(month_start_at))
        .and_where(Expr::col(BillingPeriods::Heads).is_null());
    tx.execute(&update).await.map(drop)
}

/// Notes what the files of a month are; gives whether nobody had before.
///
/// # Errors
/// What the database reports.
pub async fn seal(
    tx: &mut Tx,
    month_start_at: i64,
    sealing: Sealing<'_>,
) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(BillingPeriods::Table)
        .value(BillingPeriods::CallCount, sealing.call_count)
        .value(BillingPeriods::LineCount, sealing.line_count)
        .value(BillingPeriods::CostNanos, sealing.cost_nanos)
        .value(BillingPeriods::Manifest, sealing.manifest)
        .and_where(Expr::col(BillingPeriods::MonthStartAt).eq(month_start_at))
        .and_where(Expr::col(BillingPeriods::Manifest).is_null());
    Ok(tx.execute(&update).await? == 1)
}
