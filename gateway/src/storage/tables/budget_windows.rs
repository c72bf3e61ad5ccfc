//! What is settled of each budget per window, and what of it nodes have leased.

use sea_query::{Condition, Expr, ExprTrait, Iden, JoinType, Query, SelectStatement, SimpleExpr};
use sqlx::FromRow;
use uuid::Uuid;

use super::budget_leases::{self, BudgetLeases};
use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum BudgetWindows {
    Table,
    BudgetId,
    WindowStartAt,
    SpentNanos,
    LeasedNanos,
    WantedAt,
}

/// A budget's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowKey {
    /// The budget.
    pub budget_id: Uuid,
    /// The window's first microsecond.
    pub start_at: i64,
}

/// One budget's window as a node sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct BudgetWindowRow {
    /// The budget.
    pub budget_id: Uuid,
    /// The window's first microsecond.
    pub window_start_at: i64,
    /// Settled in it, by all nodes.
    pub spent_nanos: i64,
    /// Leased by all nodes and not settled yet.
    pub leased_nanos: i64,
    /// When a node last found too little to lease, in microseconds.
    pub wanted_at: i64,
    /// Settled by this node.
    pub own_spent_nanos: i64,
    /// Leased by this node and not settled yet.
    pub own_leased_nanos: i64,
}

/// What a node has settled of one window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Of calls whose money came out of a lease.
    pub leased_nanos: i64,
    /// Of other calls.
    pub free_nanos: i64,
}

/// All windows that began at `from` or later, as `node` sees them.
///
/// # Errors
/// What the database reports.
pub async fn list_since(
    database: &Database,
    node: Uuid,
    from: i64,
) -> Result<Vec<BudgetWindowRow>, StorageError> {
    let query = select(node, Some(from))
        .and_where(Expr::col((BudgetWindows::Table, BudgetWindows::WindowStartAt)).gte(from))
        .take();
    database.fetch_all(&query).await
}

/// One window as `node` sees it.
///
/// # Errors
/// What the database reports.
pub async fn find(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
) -> Result<Option<BudgetWindowRow>, StorageError> {
    let column = |column| Expr::col((BudgetWindows::Table, column));
    let query = select(node, None)
        .and_where(column(BudgetWindows::BudgetId).eq(window.budget_id))
        .and_where(column(BudgetWindows::WindowStartAt).eq(window.start_at))
        .take();
    tx.fetch_optional(&query).await
}

/// Windows with the leases of `node`, of which those before `from` are not looked at.
fn select(node: Uuid, from: Option<i64>) -> SelectStatement {
    let window = |column| (BudgetWindows::Table, column);
    let lease = |column| (BudgetLeases::Table, column);
    let own = |column| Expr::col(lease(column)).if_null(0);
    let mut join = Condition::all()
        .add(Expr::col(lease(BudgetLeases::BudgetId)).equals(window(BudgetWindows::BudgetId)))
        .add(
            Expr::col(lease(BudgetLeases::WindowStartAt))
                .equals(window(BudgetWindows::WindowStartAt)),
        )
        .add(Expr::col(lease(BudgetLeases::NodeId)).eq(node));
    if let Some(from) = from {
        join = join.add(Expr::col(lease(BudgetLeases::WindowStartAt)).gte(from));
    }
    Query::select()
        .columns([
            window(BudgetWindows::BudgetId),
            window(BudgetWindows::WindowStartAt),
            window(BudgetWindows::SpentNanos),
            window(BudgetWindows::LeasedNanos),
            window(BudgetWindows::WantedAt),
        ])
        .expr_as(own(BudgetLeases::SpentNanos), "own_spent_nanos")
        .expr_as(own(BudgetLeases::LeasedNanos), "own_leased_nanos")
        .from(BudgetWindows::Table)
        .join(JoinType::LeftJoin, BudgetLeases::Table, join)
        .take()
}

/// Begins a window in which nothing is spent.
///
/// # Errors
/// [`StorageError::Conflict`] where another node has begun it at the same time.
pub async fn begin(tx: &mut Tx, window: WindowKey) -> Result<(), StorageError> {
    insert(tx, window, 0).await
}

async fn insert(tx: &mut Tx, window: WindowKey, spent_nanos: i64) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(BudgetWindows::Table)
        .columns([
            BudgetWindows::BudgetId,
            BudgetWindows::WindowStartAt,
            BudgetWindows::SpentNanos,
            BudgetWindows::LeasedNanos,
            BudgetWindows::WantedAt,
        ])
        .values_panic([
            window.budget_id.into(),
            window.start_at.into(),
            spent_nanos.into(),
            0.into(),
            0.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Leases `amount_nanos` of a window to a node if it fits below the limit beside everything that
/// is settled and leased; gives whether it did.
///
/// # Errors
/// What the database reports.
pub async fn lease(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
    amount_nanos: i64,
    limit_nanos: i64,
    now: i64,
) -> Result<bool, StorageError> {
    let used = Expr::col(BudgetWindows::SpentNanos).add(Expr::col(BudgetWindows::LeasedNanos));
    let update = update(window)
        .value(BudgetWindows::LeasedNanos, plus(BudgetWindows::LeasedNanos, amount_nanos))
        .and_where(used.add(amount_nanos).lte(limit_nanos))
        .take();
    if tx.execute(&update).await? == 0 {
        return Ok(false);
    }
    budget_leases::add(tx, node, window, amount_nanos, now).await?;
    Ok(true)
}

/// Gives back a part of what a node has leased.
///
/// # Errors
/// What the database reports.
pub async fn give_back(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
    amount_nanos: i64,
    now: i64,
) -> Result<(), StorageError> {
    let update = update(window)
        .value(BudgetWindows::LeasedNanos, plus(BudgetWindows::LeasedNanos, -amount_nanos))
        .take();
    tx.execute(&update).await?;
    budget_leases::add(tx, node, window, -amount_nanos, now).await
}

/// Notes that a node has found too little, so that others give back what they do not need.
///
/// # Errors
/// What the database reports.
pub async fn want(tx: &mut Tx, window: WindowKey, now: i64) -> Result<(), StorageError> {
    let update = update(window).value(BudgetWindows::WantedAt, now).take();
    tx.execute(&update).await.map(drop)
}

/// Adds to what a node has settled of a window; what was leased for it is no longer leased.
///
/// # Errors
/// What the database reports.
pub async fn settle(
    tx: &mut Tx,
    node: Uuid,
    window: WindowKey,
    settlement: Settlement,
) -> Result<(), StorageError> {
    let spent_nanos = settlement.leased_nanos.saturating_add(settlement.free_nanos);
    let leased = update(window)
        .value(BudgetWindows::SpentNanos, plus(BudgetWindows::SpentNanos, spent_nanos))
        .value(
            BudgetWindows::LeasedNanos,
            plus(BudgetWindows::LeasedNanos, -settlement.leased_nanos),
        )
        .take();
    if tx.execute(&leased).await? == 0 {
        insert(tx, window, spent_nanos).await?;
    }
    if !tx.dialect().is_shared() {
        return Ok(()); // nobody to tell this node's part from
    }
    let beyond = budget_leases::settle(tx, node, window, settlement).await?;
    if beyond > 0 {
        let update = update(window)
            .value(BudgetWindows::LeasedNanos, plus(BudgetWindows::LeasedNanos, beyond))
            .take();
        tx.execute(&update).await?;
    }
    Ok(())
}

/// Stands for the node where what was spent is corrected later, by nobody's call.
pub const CORRECTIONS: Uuid = Uuid::nil();

/// Moves what was spent in a window, never below nothing; gives by how much. A window in which
/// nothing was spent yet stays as it is.
///
/// # Errors
/// What the database reports.
pub async fn correct(
    tx: &mut Tx,
    window: WindowKey,
    delta_nanos: i64,
) -> Result<i64, StorageError> {
    // The first update locks the row, so that what is read then is what is moved.
    let touch =
        update(window).value(BudgetWindows::SpentNanos, plus(BudgetWindows::SpentNanos, 0)).take();
    if tx.execute(&touch).await? == 0 {
        return Ok(0);
    }
    let spent_nanos = find(tx, CORRECTIONS, window).await?.map_or(0, |row| row.spent_nanos);
    let delta_nanos = Ord::max(delta_nanos, -spent_nanos);
    let spent = update(window)
        .value(BudgetWindows::SpentNanos, plus(BudgetWindows::SpentNanos, delta_nanos))
        .take();
    tx.execute(&spent).await?;
    let settlement = Settlement { free_nanos: delta_nanos, leased_nanos: 0 };
    budget_leases::settle(tx, CORRECTIONS, window, settlement).await?;
    Ok(delta_nanos)
}

fn plus(column: BudgetWindows, amount_nanos: i64) -> SimpleExpr {
    Expr::col(column).add(amount_nanos)
}

fn update(window: WindowKey) -> sea_query::UpdateStatement {
    Query::update()
        .table(BudgetWindows::Table)
        .and_where(Expr::col(BudgetWindows::BudgetId).eq(window.budget_id))
        .and_where(Expr::col(BudgetWindows::WindowStartAt).eq(window.start_at))
        .take()
}
