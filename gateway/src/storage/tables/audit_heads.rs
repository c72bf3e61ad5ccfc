//! The last link of each node's chains.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum AuditHeads {
    Table,
    NodeId,
    Chain,
    AuditSequence,
    AuditHash,
}

/// The last link of a chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditHeadRow {
    /// Whose chain.
    pub node_id: Uuid,
    /// Which of its chains.
    pub chain: String,
    /// The number of the last link; zero before the first.
    pub audit_sequence: i64,
    /// Its hash; zeros before the first.
    pub audit_hash: Vec<u8>,
}

/// Every head.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<AuditHeadRow>, StorageError> {
    let mut query = select();
    query
        .order_by(AuditHeads::NodeId, sea_query::Order::Asc)
        .order_by(AuditHeads::Chain, sea_query::Order::Asc);
    database.fetch_all(&query).await
}

/// A head, locked until the transaction ends, so that one link follows the other.
///
/// # Errors
/// What the database reports.
pub async fn lock(
    tx: &mut Tx,
    node: Uuid,
    chain: &str,
) -> Result<Option<AuditHeadRow>, StorageError> {
    let mut query = select();
    query
        .and_where(Expr::col(AuditHeads::NodeId).eq(node))
        .and_where(Expr::col(AuditHeads::Chain).eq(chain))
        .lock_exclusive();
    tx.fetch_optional(&query).await
}

fn select() -> sea_query::SelectStatement {
    Query::select()
        .columns([
            AuditHeads::NodeId,
            AuditHeads::Chain,
            AuditHeads::AuditSequence,
            AuditHeads::AuditHash,
        ])
        .from(AuditHeads::Table)
        .take()
}

/// Begins a chain.
///
/// # Errors
/// [`StorageError::Conflict`] where it has begun already.
pub async fn begin(tx: &mut Tx, head: AuditHeadRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(AuditHeads::Table)
        .columns([
            AuditHeads::NodeId,
            AuditHeads::Chain,
            AuditHeads::AuditSequence,
            AuditHeads::AuditHash,
        ])
        .values_panic([
            head.node_id.into(),
            head.chain.into(),
            head.audit_sequence.into(),
            head.audit_hash.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Moves a head, in the transaction that writes the links before it.
///
/// # Errors
/// What the database reports.
pub async fn set(tx: &mut Tx, head: AuditHeadRow) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(AuditHeads::Table)
        .value(AuditHeads::AuditSequence, head.audit_sequence)
        .value(AuditHeads::AuditHash, head.audit_hash)
        .and_where(Expr::col(AuditHeads::NodeId).eq(head.node_id))
        .and_where(Expr::col(AuditHeads::Chain).eq(head.chain));
    tx.execute(&update).await.map(drop)
}
