//! API keys.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, Snapshot, StorageError, Tx};

/// Columns of `api_keys`.
#[derive(Iden)]
pub enum ApiKeys {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// Whose.
    UserId,
    /// As its owner named it.
    Name,
    /// SHA-256 of the key.
    SecretHash,
    /// To tell keys apart.
    LastFour,
    /// Microseconds.
    CreatedAt,
    /// Microseconds.
    ExpiresAt,
    /// Microseconds.
    RevokedAt,
    /// Microseconds.
    LastUsedAt,
}

/// One key.
#[derive(Debug, Clone, FromRow)]
pub struct ApiKeyRow {
    /// UUIDv7.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// As its owner named it.
    pub name: String,
    /// SHA-256 of the key.
    pub secret_hash: Vec<u8>,
    /// To tell keys apart.
    pub last_four: String,
    /// Microseconds.
    pub created_at: i64,
    /// Microseconds.
    pub expires_at: Option<i64>,
    /// Microseconds.
    pub revoked_at: Option<i64>,
    /// Microseconds.
    pub last_used_at: Option<i64>,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            ApiKeys::Id,
            ApiKeys::UserId,
            ApiKeys::Name,
            ApiKeys::SecretHash,
            ApiKeys::LastFour,
            ApiKeys::CreatedAt,
            ApiKeys::ExpiresAt,
            ApiKeys::RevokedAt,
            ApiKeys::LastUsedAt,
        ])
        .from(ApiKeys::Table)
        .take()
}

/// Keys that have not been revoked.
///
/// # Errors
/// What the database reports.
pub async fn list_live(database: &Database) -> Result<Vec<ApiKeyRow>, StorageError> {
    database.fetch_all(select().and_where(Expr::col(ApiKeys::RevokedAt).is_null())).await
}

/// A user's keys, the newest first.
///
/// # Errors
/// What the database reports.
pub async fn list_of(database: &Database, user: Uuid) -> Result<Vec<ApiKeyRow>, StorageError> {
    let mut query = select();
    query.and_where(Expr::col(ApiKeys::UserId).eq(user)).order_by(ApiKeys::Id, Order::Desc);
    database.fetch_all(&query).await
}

/// What every key is called, revoked ones included.
///
/// # Errors
/// What the database reports.
pub async fn list_names(database: &Database) -> Result<Vec<(Uuid, String)>, StorageError> {
    let mut query = Query::select();
    query.columns([ApiKeys::Id, ApiKeys::Name]).from(ApiKeys::Table);
    database.fetch_all(&query).await
}

/// What these keys are called, revoked ones included.
///
/// # Errors
/// What the database reports.
pub async fn names_of(
    snapshot: &mut Snapshot,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<(Uuid, String)>, StorageError> {
    let mut query = Query::select();
    query.columns([ApiKeys::Id, ApiKeys::Name]).from(ApiKeys::Table);
    query.and_where(Expr::col(ApiKeys::Id).is_in(ids));
    snapshot.fetch_all(&query).await
}

/// One key.
///
/// # Errors
/// What the database reports.
pub async fn find(database: &Database, id: Uuid) -> Result<Option<ApiKeyRow>, StorageError> {
    database.fetch_optional(select().and_where(Expr::col(ApiKeys::Id).eq(id))).await
}

/// Adds a key.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, key: &ApiKeyRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(ApiKeys::Table)
        .columns([
            ApiKeys::Id,
            ApiKeys::UserId,
            ApiKeys::Name,
            ApiKeys::SecretHash,
            ApiKeys::LastFour,
            ApiKeys::CreatedAt,
            ApiKeys::ExpiresAt,
        ])
        .values_panic([
            key.id.into(),
            key.user_id.into(),
            key.name.as_str().into(),
            key.secret_hash.clone().into(),
            key.last_four.as_str().into(),
            key.created_at.into(),
            key.expires_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Revokes a key; gives whether it was live.
///
/// # Errors
/// What the database reports.
pub async fn revoke(tx: &mut Tx, id: Uuid, now: i64) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(ApiKeys::Table)
        .value(ApiKeys::RevokedAt, now)
        .and_where(Expr::col(ApiKeys::Id).eq(id))
        .and_where(Expr::col(ApiKeys::RevokedAt).is_null());
    Ok(tx.execute(&update).await? == 1)
}

/// Remembers when a key was last used.
///
/// # Errors
/// What the database reports.
pub async fn used(tx: &mut Tx, id: Uuid, at: i64) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(ApiKeys::Table)
        .value(ApiKeys::LastUsedAt, at)
        .and_where(Expr::col(ApiKeys::Id).eq(id));
    tx.execute(&update).await.map(drop)
}
