//! Teams.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// Columns of `teams`.
#[derive(Iden)]
pub enum Teams {
    /// The table.
    Table,
    /// UUIDv7.
    Id,
    /// As written.
    Name,
    /// Lower-cased, unique.
    NameKey,
    /// Microseconds.
    CreatedAt,
}

/// One team.
#[derive(Debug, Clone, FromRow)]
pub struct TeamRow {
    /// UUIDv7.
    pub id: Uuid,
    /// As written.
    pub name: String,
    /// Lower-cased.
    pub name_key: String,
}

/// All teams.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<TeamRow>, StorageError> {
    let mut query = Query::select();
    query.columns([Teams::Id, Teams::Name, Teams::NameKey]).from(Teams::Table);
    database.fetch_all(&query).await
}

/// The team of this name, whatever its case.
///
/// # Errors
/// What the database reports.
pub async fn find(tx: &mut Tx, name_key: &str) -> Result<Option<TeamRow>, StorageError> {
    let mut query = Query::select();
    query
        .columns([Teams::Id, Teams::Name, Teams::NameKey])
        .from(Teams::Table)
        .and_where(Expr::col(Teams::NameKey).eq(name_key));
    tx.fetch_optional(&query).await
}

/// Adds a team.
///
/// # Errors
/// [`StorageError::Conflict`] if the name is taken.
pub async fn add(tx: &mut Tx, team: &TeamRow, created_at: i64) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(Teams::Table)
        .columns([Teams::Id, Teams::Name, Teams::NameKey, Teams::CreatedAt])
        .values_panic([
            team.id.into(),
            team.name.as_str().into(),
            team.name_key.as_str().into(),
            created_at.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}
