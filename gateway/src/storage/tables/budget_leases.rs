//! Each node's part of a budget's window: what it may still spend, and what it has settled.

use sea_query::{Expr, ExprTrait, Iden, Query, UpdateStatement};
use sqlx::FromRow;
use uuid::Uuid;

use super::budget_windows::{Settlement, WindowKey};
use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
pub(super) enum BudgetLeases {
    Table,
    BudgetId,
    WindowStartAt,
    NodeId,
    LeasedNanos,
    SpentNanos,
    RenewedAt,
}

/// A node's part of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct BudgetLeaseRow {
    /// The budget.
    pub budget_id: Uuid,
    /// The window's first microsecond.
    pub window_start_at: i64,
    /// The node.
    pub node_id: Uuid,
    /// Leased and not settled yet.
    pub leased_nanos: i64,
    /// Settled.
    pub spent_nanos: i64,
    /// When the node was last heard of, in microseconds.
    pub renewed_at: i64,
}

/// Every lease that is not settled, of all nodes.
///
/// # Errors
/// What the database reports.
pub async fn list_open(database: &Database) -> Result<Vec<BudgetLeaseRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([
            BudgetLeases::BudgetId,
            BudgetLeases::WindowStartAt,
            BudgetLeases::NodeId,
            BudgetLeases::LeasedNanos,
            BudgetLeases::SpentNanos,
            BudgetLeases::RenewedAt,
        ])
        .from(BudgetLeases::Table)
        .and_where(Expr::col(BudgetLeases::LeasedNanos).ne(0))
        .order_by(BudgetLeases::WindowStartAt, sea_query::Order::Asc)
        .order_by(BudgetLeases::BudgetId, sea_query::Order::Asc)
        .order_by(BudgetLeases::NodeId, sea_query::Order::Asc);
    database.fetch_all(&query).await
}

/// Adds to what a node has leased of a window.
pub(super) async fn add(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
    amount_nanos: i64,
    now: i64,
) -> Result<(), StorageError> {
    let update = update(node, window)
        .value(BudgetLeases::LeasedNanos, Expr::col(BudgetLeases::LeasedNanos).add(amount_nanos))
        .value(BudgetLeases::RenewedAt, now)
        .take();
    if tx.execute(&update).await? == 1 {
        return Ok(());
    }
    insert(tx, node, window, [amount_nanos, 0, now]).await
}

/// Moves an amount from what is leased to what is settled; gives how much of it the lease did not
/// cover.
pub(super) async fn settle(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
    settlement: Settlement,
) -> Result<i64, StorageError> {
    let leased = settlement.leased_nanos;
    let spent = leased.saturating_add(settlement.free_nanos);
    let move_over = |from_lease: i64| {
        update(node, window)
            .value(BudgetLeases::LeasedNanos, Expr::col(BudgetLeases::LeasedNanos).sub(from_lease))
            .value(BudgetLeases::SpentNanos, Expr::col(BudgetLeases::SpentNanos).add(spent))
            .take()
    };
    let covered =
        move_over(leased).and_where(Expr::col(BudgetLeases::LeasedNanos).gte(leased)).take();
    if tx.execute(&covered).await? == 1 {
        return Ok(0);
    }
    let mut query = Query::select();
    query
        .column(BudgetLeases::LeasedNanos)
        .from(BudgetLeases::Table)
        .and_where(Expr::col(BudgetLeases::BudgetId).eq(window.budget_id))
        .and_where(Expr::col(BudgetLeases::WindowStartAt).eq(window.start_at))
        .and_where(Expr::col(BudgetLeases::NodeId).eq(node))
        .lock_exclusive();
    let Some((left,)) = tx.fetch_optional::<(i64,)>(&query).await? else {
        insert(tx, node, window, [0, spent, 0]).await?;
        return Ok(leased);
    };
    let left = left.clamp(0, leased);
    tx.execute(&move_over(left)).await?;
    Ok(leased - left)
}

/// Says that a node is there, for everything that it has leased.
///
/// # Errors
/// What the database reports.
pub async fn renew(tx: &mut Tx, node: Uuid, now: i64) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(BudgetLeases::Table)
        .value(BudgetLeases::RenewedAt, now)
        .and_where(Expr::col(BudgetLeases::NodeId).eq(node))
        .and_where(Expr::col(BudgetLeases::LeasedNanos).ne(0));
    tx.execute(&update).await.map(drop)
}

async fn insert(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
    [leased_nanos, spent_nanos, renewed_at]: [i64; 3],
) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(BudgetLeases::Table)
        .columns([
            BudgetLeases::BudgetId,
            BudgetLeases::WindowStartAt,
            BudgetLeases::NodeId,
            BudgetLeases::LeasedNanos,
            BudgetLeases::SpentNanos,
            BudgetLeases::RenewedAt,
        ])
        .values_panic([
            window.budget_id.into(),
            window.start_at.into(),
            node.into(),
            leased_nanos.into(),
            spent_nanos.into(),
            renewed_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

fn update(node: Uuid, window: WindowKey) -> UpdateStatement {
    Query::update()
        .table(BudgetLeases::Table)
        .and_where(Expr::col(BudgetLeases::BudgetId).eq(window.budget_id))
        .and_where(Expr::col(BudgetLeases::WindowStartAt).eq(window.start_at))
        .and_where(Expr::col(BudgetLeases::NodeId).eq(node))
        .take()
}
