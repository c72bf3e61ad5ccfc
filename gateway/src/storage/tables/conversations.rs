//! Conversations.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement, UpdateStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// Columns of `conversations`.
#[derive(Iden)]
pub enum Conversations {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// The owner.
    UserId,
    /// Shown in the list.
    Title,
    /// The model that the next message goes to.
    Model,
    /// The last message of the shown path.
    HeadId,
    /// Microseconds.
    CreatedAt,
    /// Microseconds.
    UpdatedAt,
    /// Microseconds.
    DeletedAt,
}

/// One conversation.
#[derive(Debug, Clone, FromRow)]
pub struct ConversationRow {
    /// UUIDv7.
    pub id: Uuid,
    /// The owner.
    pub user_id: Uuid,
    /// Shown in the list.
    pub title: String,
    /// The model that the next message goes to.
    pub model: String,
    /// The last message of the shown path.
    pub head_id: Option<Uuid>,
    /// When it was begun.
    pub created_at: i64,
    /// When something last happened in it.
    pub updated_at: i64,
}

/// Where the shown path moves to.
#[derive(Debug, Clone, Copy)]
pub struct Advance<'a> {
    /// The head that the change was made for.
    pub expected_head: Option<Uuid>,
    /// The new head.
    pub head: Uuid,
    /// The model that the next message goes to.
    pub model: &'a str,
    /// The instant.
    pub at: i64,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            Conversations::Id,
            Conversations::UserId,
            Conversations::Title,
            Conversations::Model,
            Conversations::HeadId,
            Conversations::CreatedAt,
            Conversations::UpdatedAt,
        ])
        .from(Conversations::Table)
        .and_where(Expr::col(Conversations::DeletedAt).is_null())
        .take()
}

/// A user's conversations, the one used last first.
///
/// # Errors
/// What the database reports.
pub async fn list(
    database: &Database,
    user_id: Uuid,
    limit: u64,
) -> Result<Vec<ConversationRow>, StorageError> {
    let mut query = select();
    query
        .and_where(Expr::col(Conversations::UserId).eq(user_id))
        .order_by(Conversations::UpdatedAt, Order::Desc)
        .order_by(Conversations::Id, Order::Desc)
        .limit(limit);
    database.fetch_all(&query).await
}

/// A conversation, if it is this user's and not deleted.
///
/// # Errors
/// What the database reports.
pub async fn find(
    database: &Database,
    id: Uuid,
    user_id: Uuid,
) -> Result<Option<ConversationRow>, StorageError> {
    let mut query = select();
    query
        .and_where(Expr::col(Conversations::Id).eq(id))
        .and_where(Expr::col(Conversations::UserId).eq(user_id));
    database.fetch_optional(&query).await
}

/// Adds a conversation.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, conversation: &ConversationRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(Conversations::Table)
        .columns([
            Conversations::Id,
            Conversations::UserId,
            Conversations::Title,
            Conversations::Model,
            Conversations::HeadId,
            Conversations::CreatedAt,
            Conversations::UpdatedAt,
        ])
        .values_panic([
            conversation.id.into(),
            conversation.user_id.into(),
            conversation.title.as_str().into(),
            conversation.model.as_str().into(),
            conversation.head_id.into(),
            conversation.created_at.into(),
            conversation.updated_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Moves the head, unless somebody else has moved it since it was read; gives whether it moved.
///
/// # Errors
/// What the database reports.
pub async fn advance(tx: &mut Tx, id: Uuid, to: &Advance<'_>) -> Result<bool, StorageError> {
    let head = Expr::col(Conversations::HeadId);
    let mut update = update(id);
    update
        .value(Conversations::HeadId, to.head)
        .value(Conversations::Model, to.model)
        .value(Conversations::UpdatedAt, to.at)
        .and_where(match to.expected_head {
            Some(expected) => head.eq(expected),
            None => head.is_null(),
        });
    Ok(tx.execute(&update).await? == 1)
}

/// Shows another path.
///
/// # Errors
/// What the database reports.
pub async fn set_head(tx: &mut Tx, id: Uuid, head: Uuid) -> Result<(), StorageError> {
    tx.execute(update(id).value(Conversations::HeadId, head)).await.map(drop)
}

/// Sets the title.
///
/// # Errors
/// What the database reports.
pub async fn rename(tx: &mut Tx, id: Uuid, title: &str) -> Result<(), StorageError> {
    tx.execute(update(id).value(Conversations::Title, title)).await.map(drop)
}

/// Notes that something happened.
///
/// # Errors
/// What the database reports.
pub async fn touch(tx: &mut Tx, id: Uuid, at: i64) -> Result<(), StorageError> {
    tx.execute(update(id).value(Conversations::UpdatedAt, at)).await.map(drop)
}

/// Hides a conversation.
///
/// # Errors
/// What the database reports.
pub async fn mark_deleted(tx: &mut Tx, id: Uuid, at: i64) -> Result<(), StorageError> {
    tx.execute(update(id).value(Conversations::DeletedAt, at)).await.map(drop)
}

fn update(id: Uuid) -> UpdateStatement {
    Query::update()
        .table(Conversations::Table)
        .and_where(Expr::col(Conversations::Id).eq(id))
        .and_where(Expr::col(Conversations::DeletedAt).is_null())
        .take()
}
