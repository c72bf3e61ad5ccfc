//! Users.

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// Columns of `users`.
#[derive(Iden)]
pub enum Users {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// The team.
    TeamId,
    /// As written.
    Email,
    /// Lower-cased, unique.
    EmailKey,
    /// Shown.
    Name,
    /// One of the five.
    Role,
    /// argon2, in PHC form.
    PasswordHash,
    /// Microseconds.
    DisabledAt,
    /// Microseconds.
    CreatedAt,
}

/// One user.
#[derive(Debug, Clone, FromRow)]
pub struct UserRow {
    /// UUIDv7.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// As written.
    pub email: String,
    /// Lower-cased.
    pub email_key: String,
    /// Shown.
    pub name: String,
    /// One of the five.
    pub role: String,
    /// argon2, in PHC form; none until a password is chosen.
    pub password_hash: Option<String>,
    /// When all access ended.
    pub disabled_at: Option<i64>,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            Users::Id,
            Users::TeamId,
            Users::Email,
            Users::EmailKey,
            Users::Name,
            Users::Role,
            Users::PasswordHash,
            Users::DisabledAt,
        ])
        .from(Users::Table)
        .take()
}

/// All users.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<UserRow>, StorageError> {
    database.fetch_all(&select()).await
}

/// The user with this address, whatever its case.
///
/// # Errors
/// What the database reports.
pub async fn find(database: &Database, email_key: &str) -> Result<Option<UserRow>, StorageError> {
    database.fetch_optional(select().and_where(Expr::col(Users::EmailKey).eq(email_key))).await
}

/// Adds a user.
///
/// # Errors
/// [`StorageError::Conflict`] if the address is taken.
pub async fn add(tx: &mut Tx, user: &UserRow, created_at: i64) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(Users::Table)
        .columns([
            Users::Id,
            Users::TeamId,
            Users::Email,
            Users::EmailKey,
            Users::Name,
            Users::Role,
            Users::PasswordHash,
            Users::CreatedAt,
        ])
        .values_panic([
            user.id.into(),
            user.team_id.into(),
            user.email.as_str().into(),
            user.email_key.as_str().into(),
            user.name.as_str().into(),
            user.role.as_str().into(),
            user.password_hash.clone().into(),
            created_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Sets a user's password; gives whether there is such a user.
///
/// # Errors
/// What the database reports.
pub async fn set_password(tx: &mut Tx, id: Uuid, hash: &str) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(Users::Table)
        .value(Users::PasswordHash, hash)
        .and_where(Expr::col(Users::Id).eq(id));
    Ok(tx.execute(&update).await? == 1)
}
