//! What is settled of each budget per window.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum BudgetWindows {
    Table,
    BudgetId,
    WindowStartAt,
    SpentNanos,
}

/// What is settled of one budget in one window.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct BudgetWindowRow {
    /// The budget.
    pub budget_id: Uuid,
    /// The window's first microsecond.
    pub window_start_at: i64,
    /// Settled in it.
    pub spent_nanos: i64,
}

/// All windows that began at `from` or later.
///
/// # Errors
/// What the database reports.
pub async fn list_since(
    database: &Database,
    from: i64,
) -> Result<Vec<BudgetWindowRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([BudgetWindows::BudgetId, BudgetWindows::WindowStartAt, BudgetWindows::SpentNanos])
        .from(BudgetWindows::Table)
        .and_where(Expr::col(BudgetWindows::WindowStartAt).gte(from));
    database.fetch_all(&query).await
}

/// Adds to what is settled of a budget in a window.
///
/// # Errors
/// What the database reports.
pub async fn settle(
    tx: &mut Tx,
    budget: Uuid,
    window_start_at: i64,
    cost_nanos: i64,
) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(BudgetWindows::Table)
        .value(BudgetWindows::SpentNanos, Expr::col(BudgetWindows::SpentNanos).add(cost_nanos))
        .and_where(Expr::col(BudgetWindows::BudgetId).eq(budget))
        .and_where(Expr::col(BudgetWindows::WindowStartAt).eq(window_start_at));
    if tx.execute(&update).await? == 1 {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table(BudgetWindows::Table)
        .columns([BudgetWindows::BudgetId, BudgetWindows::WindowStartAt, BudgetWindows::SpentNanos])
        .values_panic([budget.into(), window_start_at.into(), cost_nanos.into()]);
    tx.execute(&insert).await.map(drop)
}
