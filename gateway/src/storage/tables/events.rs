//! What has happened that somebody should know; each occasion once.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum Events {
    Table,
    Id,
    At,
    Kind,
    Occasion,
    Detail,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EventRow {
    /// UUIDv7.
    pub id: Uuid,
    /// Microseconds.
    pub at: i64,
    /// `budget.threshold`.
    pub kind: String,
    /// What tells it from the next of its kind.
    pub occasion: String,
    /// JSON.
    pub detail: String,
}

/// Adds an event.
///
/// # Errors
/// [`StorageError::Conflict`] where the occasion is there already.
pub async fn add(tx: &mut Tx, event: EventRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(Events::Table)
        .columns([Events::Id, Events::At, Events::Kind, Events::Occasion, Events::Detail])
        .values_panic([
            event.id.into(),
            event.at.into(),
            event.kind.into(),
            event.occasion.into(),
            event.detail.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Whether an occasion has been told.
///
/// # Errors
/// What the database reports.
pub async fn has(database: &Database, occasion: &str) -> Result<bool, StorageError> {
    let mut query = Query::select();
    query
        .column(Events::At)
        .from(Events::Table)
        .and_where(Expr::col(Events::Occasion).eq(occasion));
    Ok(database.fetch_optional::<(i64,)>(&query).await?.is_some())
}

/// The newest events first, from before `before`.
///
/// # Errors
/// What the database reports.
pub async fn page(
    database: &Database,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<EventRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([Events::Id, Events::At, Events::Kind, Events::Occasion, Events::Detail])
        .from(Events::Table)
        .order_by(Events::Id, Order::Desc)
        .limit(limit);
    if let Some(before) = before {
        query.and_where(Expr::col(Events::Id).lt(before));
    }
    database.fetch_all(&query).await
}
