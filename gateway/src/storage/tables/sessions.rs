//! Browser sessions.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// Columns of `sessions`.
#[derive(Iden)]
pub enum Sessions {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// Whose.
    UserId,
    /// SHA-256 of the cookie.
    TokenHash,
    /// 1 until a password is chosen.
    NeedsPassword,
    /// Where from.
    Ip,
    /// With which browser.
    UserAgent,
    /// Microseconds.
    CreatedAt,
    /// Microseconds.
    ExpiresAt,
    /// Microseconds.
    EndedAt,
}

/// One session.
#[derive(Debug, Clone, FromRow)]
pub struct SessionRow {
    /// UUIDv7.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// SHA-256 of the cookie.
    pub token_hash: Vec<u8>,
    /// 1 until a password is chosen.
    pub needs_password: i64,
    /// Microseconds.
    pub expires_at: i64,
}

/// Sessions that have neither ended nor expired.
///
/// # Errors
/// What the database reports.
pub async fn list_open(database: &Database, now: i64) -> Result<Vec<SessionRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([
            Sessions::Id,
            Sessions::UserId,
            Sessions::TokenHash,
            Sessions::NeedsPassword,
            Sessions::ExpiresAt,
        ])
        .from(Sessions::Table)
        .and_where(Expr::col(Sessions::EndedAt).is_null())
        .and_where(Expr::col(Sessions::ExpiresAt).gt(now));
    database.fetch_all(&query).await
}

/// Adds a session.
///
/// # Errors
/// What the database reports.
pub async fn add(
    tx: &mut Tx,
    session: &SessionRow,
    ip: &str,
    user_agent: &str,
    created_at: i64,
) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(Sessions::Table)
        .columns([
            Sessions::Id,
            Sessions::UserId,
            Sessions::TokenHash,
            Sessions::NeedsPassword,
            Sessions::Ip,
            Sessions::UserAgent,
            Sessions::CreatedAt,
            Sessions::ExpiresAt,
        ])
        .values_panic([
            session.id.into(),
            session.user_id.into(),
            session.token_hash.clone().into(),
            session.needs_password.into(),
            ip.into(),
            user_agent.into(),
            created_at.into(),
            session.expires_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Ends a session; gives whether it was open.
///
/// # Errors
/// What the database reports.
pub async fn end(tx: &mut Tx, token_hash: &[u8], now: i64) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(Sessions::Table)
        .value(Sessions::EndedAt, now)
        .and_where(Expr::col(Sessions::TokenHash).eq(token_hash.to_vec()))
        .and_where(Expr::col(Sessions::EndedAt).is_null());
    Ok(tx.execute(&update).await? == 1)
}

/// A password has been chosen: the user's sessions need none any more.
///
/// # Errors
/// What the database reports.
pub async fn password_chosen(tx: &mut Tx, user: Uuid) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(Sessions::Table)
        .value(Sessions::NeedsPassword, 0)
        .and_where(Expr::col(Sessions::UserId).eq(user));
    tx.execute(&update).await.map(drop)
}
