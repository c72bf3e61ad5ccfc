//! How far each node's journal has been applied.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum JournalWatermarks {
    Table,
    NodeId,
    Segment,
    EndOffset,
}

/// The end of the last applied record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Watermark {
    /// The segment's number.
    pub segment: i64,
    /// The offset in it.
    pub end_offset: i64,
}

/// A node's watermark; none if nothing of it has been applied yet.
///
/// # Errors
/// What the database reports.
pub async fn find(database: &Database, node: Uuid) -> Result<Option<Watermark>, StorageError> {
    let mut query = Query::select();
    query
        .columns([JournalWatermarks::Segment, JournalWatermarks::EndOffset])
        .from(JournalWatermarks::Table)
        .and_where(Expr::col(JournalWatermarks::NodeId).eq(node));
    database.fetch_optional(&query).await
}

/// Moves a node's watermark, in the transaction that applies the records before it.
///
/// # Errors
/// What the database reports.
pub async fn set(tx: &mut Tx, node: Uuid, mark: Watermark) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(JournalWatermarks::Table)
        .value(JournalWatermarks::Segment, mark.segment)
        .value(JournalWatermarks::EndOffset, mark.end_offset)
        .and_where(Expr::col(JournalWatermarks::NodeId).eq(node));
    if tx.execute(&update).await? == 1 {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert
        .into_table(JournalWatermarks::Table)
        .columns([
            JournalWatermarks::NodeId,
            JournalWatermarks::Segment,
            JournalWatermarks::EndOffset,
        ])
        .values_panic([node.into(), mark.segment.into(), mark.end_offset.into()]);
    tx.execute(&insert).await.map(drop)
}
