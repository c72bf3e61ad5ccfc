//! Calls as links of their node's chain of hashes.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use super::{CallRow, Calls, select};
use crate::storage::{Database, StorageError, tables::chained};

/// The links of a node's chain behind `after`, in their order.
///
/// # Errors
/// What the database reports.
pub async fn links(
    database: &Database,
    node: Uuid,
    after: i64,
    limit: u64,
) -> Result<Vec<CallRow>, StorageError> {
    let mut query = select();
    query
        .and_where(Expr::col(Calls::NodeId).eq(node))
        .and_where(Expr::col(Calls::AuditSequence).gt(after))
        .order_by(Calls::AuditSequence, Order::Asc)
        .limit(limit);
    database.fetch_all(&query).await
}

/// The nodes that have a link.
///
/// # Errors
/// What the database reports.
pub async fn nodes(database: &Database) -> Result<BTreeSet<Uuid>, StorageError> {
    chained::nodes(database, Calls::Table).await
}

/// The number and the id of the last link of a node's chain, if that is behind `after`.
///
/// # Errors
/// What the database reports.
pub async fn newest_link(
    database: &Database,
    node: Uuid,
    after: i64,
) -> Result<Option<(i64, Uuid)>, StorageError> {
    chained::newest_link(database, Calls::Table, node, after).await
}

/// How many calls are in no chain.
///
/// # Errors
/// What the database reports.
pub async fn count_unchained(database: &Database) -> Result<i64, StorageError> {
    chained::count_unchained(database, Calls::Table).await
}

/// The first link of a node's chain whose call arrived at `at` or later.
///
/// # Errors
/// What the database reports.
pub async fn first_link_since(
    database: &Database,
    node: Uuid,
    at: i64,
) -> Result<Option<i64>, StorageError> {
    let mut query = Query::select();
    query
        .column(Calls::AuditSequence)
        .from(Calls::Table)
        .and_where(Expr::col(Calls::NodeId).eq(node))
        .and_where(Expr::col(Calls::AuditSequence).gt(0))
        .and_where(Expr::col(Calls::StartedAt).gte(at))
        .order_by(Calls::AuditSequence, Order::Asc)
        .limit(1);
    Ok(database.fetch_optional::<(i64,)>(&query).await?.map(|(first,)| first))
}

/// How many links a node's chain has up to `until`.
///
/// # Errors
/// What the database reports.
pub async fn count_links(database: &Database, node: Uuid, until: i64) -> Result<i64, StorageError> {
    let mut query = Query::select();
    query
        .expr(Expr::col(Calls::Id).count())
        .from(Calls::Table)
        .and_where(Expr::col(Calls::NodeId).eq(node))
        .and_where(Expr::col(Calls::AuditSequence).lte(until));
    Ok(database.fetch_optional::<(i64,)>(&query).await?.map_or(0, |(count,)| count))
}
