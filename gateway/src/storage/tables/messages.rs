//! Messages of conversations.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// The status of an answer that is still being written.
pub const STREAMING: &str = "streaming";

/// Columns of `messages`.
#[derive(Iden)]
pub enum Messages {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// The conversation.
    ConversationId,
    /// The message that this one answers or follows.
    ParentId,
    /// `user` or `assistant`.
    Author,
    /// As written.
    Text,
    /// How far it has come.
    Status,
    /// The model that wrote it.
    Model,
    /// The call that wrote it.
    RequestId,
    /// What went wrong, for people.
    Problem,
    /// Microseconds.
    CreatedAt,
}

/// One message.
#[derive(Debug, Clone, FromRow)]
pub struct MessageRow {
    /// UUIDv7.
    pub id: Uuid,
    /// The conversation.
    pub conversation_id: Uuid,
    /// The message that this one answers or follows.
    pub parent_id: Option<Uuid>,
    /// `user` or `assistant`.
    pub author: String,
    /// As written.
    pub text: String,
    /// How far it has come.
    pub status: String,
    /// The model that wrote it.
    pub model: Option<String>,
    /// The call that wrote it.
    pub request_id: Option<Uuid>,
    /// What went wrong, for people.
    pub problem: Option<String>,
    /// When it was sent or begun.
    pub created_at: i64,
}

/// A message's place in the tree, without its text.
#[derive(Debug, Clone, FromRow)]
pub struct MessageNodeRow {
    /// UUIDv7.
    pub id: Uuid,
    /// The message that this one answers or follows.
    pub parent_id: Option<Uuid>,
    /// `user` or `assistant`.
    pub author: String,
    /// The call that wrote it.
    pub request_id: Option<Uuid>,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy)]
pub struct Settlement<'a> {
    /// `complete`, `stopped` or `failed`.
    pub status: &'a str,
    /// All that came.
    pub text: &'a str,
    /// What went wrong, for people.
    pub problem: Option<&'a str>,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            Messages::Id,
            Messages::ConversationId,
            Messages::ParentId,
            Messages::Author,
            Messages::Text,
            Messages::Status,
            Messages::Model,
            Messages::RequestId,
            Messages::Problem,
            Messages::CreatedAt,
        ])
        .from(Messages::Table)
        .take()
}

/// The places of all messages of a conversation, in the order in which they were begun.
///
/// # Errors
/// What the database reports.
pub async fn nodes(
    database: &Database,
    conversation_id: Uuid,
) -> Result<Vec<MessageNodeRow>, StorageError> {
    let query = Query::select()
        .columns([Messages::Id, Messages::ParentId, Messages::Author, Messages::RequestId])
        .from(Messages::Table)
        .and_where(Expr::col(Messages::ConversationId).eq(conversation_id))
        .order_by(Messages::CreatedAt, Order::Asc)
        .order_by(Messages::Id, Order::Asc)
        .take();
    database.fetch_all(&query).await
}

/// The messages with these ids, in no particular order.
///
/// # Errors
/// What the database reports.
pub async fn find_all(database: &Database, ids: &[Uuid]) -> Result<Vec<MessageRow>, StorageError> {
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(database.dialect().parameter_limit()) {
        let mut query = select();
        query.and_where(Expr::col(Messages::Id).is_in(chunk.iter().copied()));
        rows.extend(database.fetch_all::<MessageRow>(&query).await?);
    }
    Ok(rows)
}

/// One message.
///
/// # Errors
/// What the database reports.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<MessageRow>, StorageError> {
    database.fetch_optional(select().and_where(Expr::col(Messages::Id).eq(id))).await
}

/// Adds a message.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, message: &MessageRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(Messages::Table)
        .columns([
            Messages::Id,
            Messages::ConversationId,
            Messages::ParentId,
            Messages::Author,
            Messages::Text,
            Messages::Status,
            Messages::Model,
            Messages::RequestId,
            Messages::Problem,
            Messages::CreatedAt,
        ])
        .values_panic([
            message.id.into(),
            message.conversation_id.into(),
            message.parent_id.into(),
            message.author.as_str().into(),
            message.text.as_str().into(),
            message.status.as_str().into(),
            message.model.clone().into(),
            message.request_id.into(),
            message.problem.clone().into(),
            message.created_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Keeps what has come of an answer so far; does nothing once it has ended.
///
/// # Errors
/// What the database reports.
pub async fn keep(tx: &mut Tx, id: Uuid, text: &str) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(Messages::Table)
        .value(Messages::Text, text)
        .and_where(Expr::col(Messages::Id).eq(id))
        .and_where(Expr::col(Messages::Status).eq(STREAMING));
    tx.execute(&update).await.map(drop)
}

/// Stores how an answer ended.
///
/// # Errors
/// What the database reports.
pub async fn settle(
    tx: &mut Tx,
    id: Uuid,
    settlement: &Settlement<'_>,
) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(Messages::Table)
        .value(Messages::Status, settlement.status)
        .value(Messages::Text, settlement.text)
        .value(Messages::Problem, settlement.problem)
        .and_where(Expr::col(Messages::Id).eq(id));
    tx.execute(&update).await.map(drop)
}

/// Ends answers that nobody writes any more, keeping what had come: one of them, or all. Gives
/// how many there were.
///
/// # Errors
/// What the database reports.
pub async fn abandon(
    tx: &mut Tx,
    only: Option<Uuid>,
    status: &str,
    problem: &str,
) -> Result<u64, StorageError> {
    let mut update = Query::update();
    update
        .table(Messages::Table)
        .value(Messages::Status, status)
        .value(Messages::Problem, problem)
        .and_where(Expr::col(Messages::Status).eq(STREAMING));
    if let Some(id) = only {
        update.and_where(Expr::col(Messages::Id).eq(id));
    }
    tx.execute(&update).await
}
