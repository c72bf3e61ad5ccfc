//! Links that sign in once.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{StorageError, Tx};

/// Columns of `sign_in_links`.
#[derive(Iden)]
pub enum SignInLinks {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// Whom it signs in.
    UserId,
    /// SHA-256 of the token.
    TokenHash,
    /// Microseconds.
    CreatedAt,
    /// Microseconds.
    ExpiresAt,
    /// Microseconds.
    UsedAt,
}

#[derive(FromRow)]
struct Owner {
    user_id: Uuid,
}

/// Adds a link.
///
/// # Errors
/// What the database reports.
pub async fn add(
    tx: &mut Tx,
    id: Uuid,
    user: Uuid,
    token_hash: &[u8],
    now: i64,
    expires_at: i64,
) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(SignInLinks::Table)
        .columns([
            SignInLinks::Id,
            SignInLinks::UserId,
            SignInLinks::TokenHash,
            SignInLinks::CreatedAt,
            SignInLinks::ExpiresAt,
        ])
        .values_panic([
            id.into(),
            user.into(),
            token_hash.to_vec().into(),
            now.into(),
            expires_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Uses a link up; gives whom it signs in, or nothing if it is unknown, used or expired.
///
/// # Errors
/// What the database reports.
pub async fn redeem(
    tx: &mut Tx,
    token_hash: &[u8],
    now: i64,
) -> Result<Option<Uuid>, StorageError> {
    let mut update = Query::update();
    update
        .table(SignInLinks::Table)
        .value(SignInLinks::UsedAt, now)
        .and_where(Expr::col(SignInLinks::TokenHash).eq(token_hash.to_vec()))
        .and_where(Expr::col(SignInLinks::UsedAt).is_null())
        .and_where(Expr::col(SignInLinks::ExpiresAt).gt(now));
    if tx.execute(&update).await? != 1 {
        return Ok(None);
    }
    let mut query = Query::select();
    query
        .column(SignInLinks::UserId)
        .from(SignInLinks::Table)
        .and_where(Expr::col(SignInLinks::TokenHash).eq(token_hash.to_vec()));
    Ok(tx.fetch_optional::<Owner>(&query).await?.map(|owner| owner.user_id))
}
