//! What retention has deleted of a chain.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum AuditTombstones {
    Table,
    NodeId,
    Chain,
    LastSequence,
    LastHash,
    Entries,
    Reason,
    At,
}

/// The links of a chain up to `last_sequence` are deleted.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct TombstoneRow {
    /// Whose chain.
    pub node_id: Uuid,
    /// Which of its chains.
    pub chain: String,
    /// The last link that is deleted.
    pub last_sequence: i64,
    /// Its hash, which the next link goes on from.
    pub last_hash: Vec<u8>,
    /// How many were deleted at once.
    pub entries: i64,
    /// Why.
    pub reason: String,
    /// Microseconds.
    pub at: i64,
}

const fn columns() -> [AuditTombstones; 7] {
    [
        AuditTombstones::NodeId,
        AuditTombstones::Chain,
        AuditTombstones::LastSequence,
        AuditTombstones::LastHash,
        AuditTombstones::Entries,
        AuditTombstones::Reason,
        AuditTombstones::At,
    ]
}

/// The tombstones of a chain that delete links behind `after`, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn list_of(
    database: &Database,
    node: Uuid,
    chain: &str,
    after: i64,
) -> Result<Vec<TombstoneRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns(columns())
        .from(AuditTombstones::Table)
        .and_where(Expr::col(AuditTombstones::NodeId).eq(node))
        .and_where(Expr::col(AuditTombstones::Chain).eq(chain))
        .and_where(Expr::col(AuditTombstones::LastSequence).gt(after))
        .order_by(AuditTombstones::LastSequence, Order::Asc);
    database.fetch_all(&query).await
}

/// Adds a tombstone.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, tombstone: TombstoneRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert.into_table(AuditTombstones::Table).columns(columns()).values_panic([
        tombstone.node_id.into(),
        tombstone.chain.into(),
        tombstone.last_sequence.into(),
        tombstone.last_hash.into(),
        tombstone.entries.into(),
        tombstone.reason.into(),
        tombstone.at.into(),
    ]);
    tx.execute(&insert).await.map(drop)
}
