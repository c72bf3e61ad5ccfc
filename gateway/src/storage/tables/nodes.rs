//! Nodes that share the database: who is there, and who of those that keep their open calls in it has
//! been taken over.

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use super::open_calls::OpenCalls;
use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum Nodes {
    Table,
    NodeId,
    HeardAt,
    AdoptedBy,
}

/// A node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct BusyNode {
    /// The node.
    pub node_id: Uuid,
    /// When it was last heard of, in microseconds.
    pub heard_at: i64,
}

/// Says that a node is there; gives whether it still is its own, and nobody has taken it over.
///
/// # Errors
/// What the database reports.
pub async fn heard(tx: &mut Tx, node: Uuid, now: i64) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(Nodes::Table)
        .value(Nodes::HeardAt, now)
        .and_where(Expr::col(Nodes::NodeId).eq(node))
        .and_where(Expr::col(Nodes::AdoptedBy).is_null());
    if tx.execute(&update).await? == 1 {
        return Ok(true);
    }
    if adopted_by(tx, select(node)).await?.is_some() {
        return Ok(false);
    }
    let mut insert = Query::insert();
    insert
        .into_table(Nodes::Table)
        .columns([Nodes::NodeId, Nodes::HeardAt])
        .values_panic([node.into(), now.into()]);
    tx.execute(&insert).await?;
    Ok(true)
}

/// Whether nobody has taken a node over so far.
///
/// # Errors
/// What the database reports.
pub async fn is_its_own(tx: &mut Tx, node: Uuid) -> Result<bool, StorageError> {
    Ok(adopted_by(tx, select(node)).await? == Some(None))
}

/// As [`is_its_own`]; if so it stays that until the transaction ends.
///
/// # Errors
/// What the database reports.
pub async fn stays_its_own(tx: &mut Tx, node: Uuid) -> Result<bool, StorageError> {
    Ok(adopted_by(tx, select(node).lock_exclusive().take()).await? == Some(None))
}

fn select(node: Uuid) -> SelectStatement {
    Query::select()
        .column(Nodes::AdoptedBy)
        .from(Nodes::Table)
        .and_where(Expr::col(Nodes::NodeId).eq(node))
        .take()
}

/// Who has taken a node over, if anybody; none where nobody knows the node.
async fn adopted_by(
    tx: &mut Tx,
    query: SelectStatement,
) -> Result<Option<Option<Uuid>>, StorageError> {
    let row = tx.fetch_optional::<(Option<Uuid>,)>(&query).await?;
    Ok(row.map(|(adopted_by,)| adopted_by))
}

/// Nodes that have calls under way.
///
/// # Errors
/// What the database reports.
pub async fn with_open_calls(database: &Database) -> Result<Vec<BusyNode>, StorageError> {
    let mut calls = Query::select();
    calls.column(OpenCalls::NodeId).from(OpenCalls::Table);
    let mut query = Query::select();
    query
        .columns([Nodes::NodeId, Nodes::HeardAt])
        .from(Nodes::Table)
        .and_where(Expr::col(Nodes::NodeId).in_subquery(calls));
    database.fetch_all(&query).await
}

/// Nodes that were heard of since.
///
/// # Errors
/// What the database reports.
pub async fn heard_since(database: &Database, since: i64) -> Result<Vec<BusyNode>, StorageError> {
    let mut query = Query::select();
    query
        .columns([Nodes::NodeId, Nodes::HeardAt])
        .from(Nodes::Table)
        .and_where(Expr::col(Nodes::HeardAt).gte(since));
    database.fetch_all(&query).await
}

/// Takes a node over, unless it was heard of since it was found so or another one has taken it; gives
/// whether it is ours.
///
/// # Errors
/// What the database reports.
pub async fn adopt(tx: &mut Tx, found: BusyNode, by: Uuid, now: i64) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(Nodes::Table)
        .value(Nodes::AdoptedBy, by)
        .value(Nodes::HeardAt, now)
        .and_where(Expr::col(Nodes::NodeId).eq(found.node_id))
        .and_where(Expr::col(Nodes::HeardAt).eq(found.heard_at));
    Ok(tx.execute(&update).await? == 1)
}
