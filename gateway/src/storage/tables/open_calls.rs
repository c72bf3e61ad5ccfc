//! Calls that a provider is being asked for, of nodes that keep them in the database.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{BulkInsert, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
pub(super) enum OpenCalls {
    Table,
    CallId,
    NodeId,
    Record,
}

static ADD: BulkInsert = BulkInsert::new(|_| {
    Query::insert()
        .into_table(OpenCalls::Table)
        .columns([OpenCalls::CallId, OpenCalls::NodeId, OpenCalls::Record])
        .take()
});

/// A call under way.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OpenCallRow {
    /// The call.
    pub call_id: Uuid,
    /// What is known of it, as in the journal.
    pub record: Vec<u8>,
}

/// Adds calls of a node.
///
/// # Errors
/// What the database reports.
pub async fn add_all(
    tx: &mut Tx,
    node: Uuid,
    calls: impl ExactSizeIterator<Item = OpenCallRow>,
) -> Result<(), StorageError> {
    let row = |call: OpenCallRow| [call.call_id.into(), node.into(), call.record.into()];
    tx.insert_all(&ADD, calls.map(row)).await
}

/// Puts what is known now in the place of what was known.
///
/// # Errors
/// What the database reports.
pub async fn replace(tx: &mut Tx, call: OpenCallRow) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(OpenCalls::Table)
        .value(OpenCalls::Record, call.record)
        .and_where(Expr::col(OpenCalls::CallId).eq(call.call_id));
    tx.execute(&update).await.map(drop)
}

/// Removes calls that the ledger has now.
///
/// # Errors
/// What the database reports.
pub async fn remove_all(tx: &mut Tx, calls: &[Uuid]) -> Result<(), StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(OpenCalls::Table)
        .and_where(Expr::col(OpenCalls::CallId).is_in(calls.iter().copied()));
    tx.execute(&delete).await.map(drop)
}

/// The calls of a node, as a transaction sees them.
///
/// # Errors
/// What the database reports.
pub async fn of_node(tx: &mut Tx, node: Uuid) -> Result<Vec<OpenCallRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([OpenCalls::CallId, OpenCalls::Record])
        .from(OpenCalls::Table)
        .and_where(Expr::col(OpenCalls::NodeId).eq(node))
        .order_by(OpenCalls::CallId, Order::Asc);
    tx.fetch_all(&query).await
}

/// Hands the calls of a node over to another one.
///
/// # Errors
/// What the database reports.
pub async fn hand_over(tx: &mut Tx, from: Uuid, to: Uuid) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(OpenCalls::Table)
        .value(OpenCalls::NodeId, to)
        .and_where(Expr::col(OpenCalls::NodeId).eq(from));
    tx.execute(&update).await.map(drop)
}
