//! Answers of the Responses API that are kept for their callers.

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement, UpdateStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// An answer that nobody has begun to write, or that is being written.
const UNFINISHED: [&str; 2] = ["queued", "in_progress"];
/// Its caller does not want it any more.
const CANCELLED: &str = "cancelled";

#[derive(Iden, Clone, Copy)]
enum StoredResponses {
    Table,
    Id,
    UserId,
    TeamId,
    PreviousId,
    Model,
    Status,
    IsBackground,
    Input,
    Response,
    Problem,
    CreatedAt,
    ExpiresAt,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredResponseRow {
    /// The id of the call that asked for it.
    pub id: Uuid,
    /// The owner.
    pub user_id: Uuid,
    /// The owner's team when it was asked for.
    pub team_id: Uuid,
    /// The answer that it goes on from.
    pub previous_id: Option<Uuid>,
    /// The model as the caller named it.
    pub model: String,
    /// Where it stands, in OpenAI's words.
    pub status: String,
    /// 1 where the caller comes back for it.
    pub is_background: i64,
    /// The request's own items, a JSON list.
    pub input: String,
    /// The answer object, as JSON.
    pub response: String,
    /// What went wrong, for people.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created_at: i64,
    /// From when on it is no longer there.
    pub expires_at: i64,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy)]
pub struct Settlement<'a> {
    /// Where it stands, in OpenAI's words.
    pub status: &'a str,
    /// The answer object, as JSON; none where the one from the beginning stands.
    pub response: Option<&'a str>,
    /// What went wrong, for people.
    pub problem: Option<&'a str>,
}

/// Where an answer stands.
#[derive(Debug, FromRow)]
struct StatusRow {
    status: String,
}

/// The id of an answer.
#[derive(Debug, FromRow)]
struct IdRow {
    id: Uuid,
}

/// An answer, if it is this user's and still kept.
///
/// # Errors
/// What the database reports.
pub async fn find(
    database: &Database,
    id: Uuid,
    user_id: Uuid,
    now: i64,
) -> Result<Option<StoredResponseRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([
            StoredResponses::Id,
            StoredResponses::UserId,
            StoredResponses::TeamId,
            StoredResponses::PreviousId,
            StoredResponses::Model,
            StoredResponses::Status,
            StoredResponses::IsBackground,
            StoredResponses::Input,
            StoredResponses::Response,
            StoredResponses::Problem,
            StoredResponses::CreatedAt,
            StoredResponses::ExpiresAt,
        ])
        .from(StoredResponses::Table)
        .and_where(Expr::col(StoredResponses::Id).eq(id))
        .and_where(Expr::col(StoredResponses::UserId).eq(user_id))
        .and_where(Expr::col(StoredResponses::ExpiresAt).gt(now));
    database.fetch_optional(&query).await
}

/// Where an answer stands, whoever's it is; nothing where it is not there.
///
/// # Errors
/// What the database reports.
pub async fn status(database: &Database, id: Uuid) -> Result<Option<String>, StorageError> {
    let query = select_by_id(id).column(StoredResponses::Status).take();
    let row: Option<StatusRow> = database.fetch_optional(&query).await?;
    Ok(row.map(|row| row.status))
}

/// Adds an answer.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, row: &StoredResponseRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(StoredResponses::Table)
        .columns([
            StoredResponses::Id,
            StoredResponses::UserId,
            StoredResponses::TeamId,
            StoredResponses::PreviousId,
            StoredResponses::Model,
            StoredResponses::Status,
            StoredResponses::IsBackground,
            StoredResponses::Input,
            StoredResponses::Response,
            StoredResponses::Problem,
            StoredResponses::CreatedAt,
            StoredResponses::ExpiresAt,
        ])
        .values_panic([
            row.id.into(),
            row.user_id.into(),
            row.team_id.into(),
            row.previous_id.into(),
            row.model.as_str().into(),
            row.status.as_str().into(),
            row.is_background.into(),
            row.input.as_str().into(),
            row.response.as_str().into(),
            row.problem.clone().into(),
            row.created_at.into(),
            row.expires_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Stores how an answer ended, unless its caller has cancelled it meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn settle(
    tx: &mut Tx,
    id: Uuid,
    settlement: &Settlement<'_>,
) -> Result<(), StorageError> {
    let mut update = ended(settlement.status, settlement.problem);
    update
        .and_where(Expr::col(StoredResponses::Id).eq(id))
        .and_where(Expr::col(StoredResponses::Status).ne(CANCELLED));
    if let Some(response) = settlement.response {
        update.value(StoredResponses::Response, response);
    }
    tx.execute(&update).await.map(drop)
}

/// Cancels an answer that is being written; gives whether it was.
///
/// # Errors
/// What the database reports.
pub async fn cancel(tx: &mut Tx, id: Uuid) -> Result<bool, StorageError> {
    let mut update = ended(CANCELLED, None);
    update
        .and_where(Expr::col(StoredResponses::Id).eq(id))
        .and_where(Expr::col(StoredResponses::Status).is_in(UNFINISHED));
    Ok(tx.execute(&update).await? == 1)
}

/// Ends the answers that nobody writes any more; gives how many there were.
///
/// # Errors
/// What the database reports.
pub async fn abandon(tx: &mut Tx, problem: &str) -> Result<u64, StorageError> {
    let mut update = ended("failed", Some(problem));
    update.and_where(Expr::col(StoredResponses::Status).is_in(UNFINISHED));
    tx.execute(&update).await
}

/// Removes an answer, if it is this user's; gives whether it was there.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &mut Tx, id: Uuid, user_id: Uuid) -> Result<bool, StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(StoredResponses::Table)
        .and_where(Expr::col(StoredResponses::Id).eq(id))
        .and_where(Expr::col(StoredResponses::UserId).eq(user_id));
    Ok(tx.execute(&delete).await? == 1)
}

/// Answers that are no longer kept, at most so many.
///
/// # Errors
/// What the database reports.
pub async fn expired(database: &Database, now: i64, limit: u64) -> Result<Vec<Uuid>, StorageError> {
    let query = Query::select()
        .column(StoredResponses::Id)
        .from(StoredResponses::Table)
        .and_where(Expr::col(StoredResponses::ExpiresAt).lte(now))
        .limit(limit)
        .take();
    let rows: Vec<IdRow> = database.fetch_all(&query).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Removes answers, whoever's they are.
///
/// # Errors
/// What the database reports.
pub async fn remove_all(tx: &mut Tx, ids: &[Uuid]) -> Result<(), StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(StoredResponses::Table)
        .and_where(Expr::col(StoredResponses::Id).is_in(ids.iter().copied()));
    tx.execute(&delete).await.map(drop)
}

fn select_by_id(id: Uuid) -> SelectStatement {
    Query::select()
        .from(StoredResponses::Table)
        .and_where(Expr::col(StoredResponses::Id).eq(id))
        .take()
}

fn ended(status: &str, problem: Option<&str>) -> UpdateStatement {
    Query::update()
        .table(StoredResponses::Table)
        .value(StoredResponses::Status, status)
        .value(StoredResponses::Problem, problem)
        .take()
}
