//! By which ids the items of kept answers may be named.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// The longest id that is kept, in characters.
pub const LONGEST_ID_CHARACTERS: usize = 255;

#[derive(Iden, Clone, Copy)]
enum StoredItems {
    Table,
    ResponseId,
    ItemId,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredItemRow {
    /// The answer that it is of.
    pub response_id: Uuid,
    /// Its id.
    pub item_id: String,
}

/// The items of these ids, whoever's they are; an id may be there several times.
///
/// # Errors
/// What the database reports.
pub async fn find(
    database: &Database,
    item_ids: &[&str],
) -> Result<Vec<StoredItemRow>, StorageError> {
    let query = Query::select()
        .columns([StoredItems::ResponseId, StoredItems::ItemId])
        .from(StoredItems::Table)
        .and_where(Expr::col(StoredItems::ItemId).is_in(item_ids.iter().copied()))
        .take();
    database.fetch_all(&query).await
}

/// Adds the items of an answer, each id once.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, response_id: Uuid, item_ids: &[String]) -> Result<(), StorageError> {
    if item_ids.is_empty() {
        return Ok(());
    }
    let mut insert = Query::insert();
    insert.into_table(StoredItems::Table).columns([StoredItems::ResponseId, StoredItems::ItemId]);
    for item_id in item_ids {
        insert.values_panic([response_id.into(), item_id.as_str().into()]);
    }
    tx.execute(&insert).await.map(drop)
}

/// Removes the items of these answers.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &mut Tx, response_ids: &[Uuid]) -> Result<(), StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(StoredItems::Table)
        .and_where(Expr::col(StoredItems::ResponseId).is_in(response_ids.iter().copied()));
    tx.execute(&delete).await.map(drop)
}
