//! What the two tables have in common whose rows are links of a node's chain of hashes.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use uuid::Uuid;

use crate::storage::{Database, StorageError};

#[derive(Iden, Clone, Copy)]
enum Chained {
    Id,
    NodeId,
    AuditSequence,
}

/// The nodes that have a link.
pub(super) async fn nodes(
    database: &Database,
    table: impl Iden + Copy + 'static,
) -> Result<BTreeSet<Uuid>, StorageError> {
    let mut nodes = BTreeSet::new();
    // One look into the index for each node, however many links it has.
    loop {
        let mut query = Query::select();
        query
            .column(Chained::NodeId)
            .from(table)
            .and_where(Expr::col(Chained::AuditSequence).is_not_null())
            .and_where(Expr::col(Chained::NodeId).gt(nodes.last().copied().unwrap_or(Uuid::nil())))
            .order_by(Chained::NodeId, Order::Asc)
            .limit(1);
        let Some((node,)) = database.fetch_optional::<(Uuid,)>(&query).await? else {
            return Ok(nodes);
        };
        nodes.insert(node);
    }
}

/// The number and the id of the last link of a node's chain, if that is behind `after`.
pub(super) async fn newest_link(
    database: &Database,
    table: impl Iden + 'static,
    node: Uuid,
    after: i64,
) -> Result<Option<(i64, Uuid)>, StorageError> {
    let mut query = Query::select();
    query
        .columns([Chained::AuditSequence, Chained::Id])
        .from(table)
        .and_where(Expr::col(Chained::NodeId).eq(node))
        .and_where(Expr::col(Chained::AuditSequence).gt(after))
        .order_by(Chained::AuditSequence, Order::Desc)
        .limit(1);
    database.fetch_optional(&query).await
}

/// How many rows are in no chain.
pub(super) async fn count_unchained(
    database: &Database,
    table: impl Iden + 'static,
) -> Result<i64, StorageError> {
    let mut query = Query::select();
    query
        .expr(Expr::col(Chained::Id).count())
        .from(table)
        .and_where(Expr::col(Chained::AuditSequence).is_null());
    Ok(database.fetch_optional::<(i64,)>(&query).await?.map_or(0, |(count,)| count))
}
