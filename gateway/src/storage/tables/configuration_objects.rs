//! Objects of the configuration that administrators manage while gateways run.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum ConfigurationObjects {
    Table,
    Id,
    Kind,
    Name,
    Document,
    Sealed,
    SealedBy,
    Version,
    CreatedAt,
    UpdatedAt,
}

const COLUMNS: [ConfigurationObjects; 9] = [
    ConfigurationObjects::Id,
    ConfigurationObjects::Kind,
    ConfigurationObjects::Name,
    ConfigurationObjects::Document,
    ConfigurationObjects::Sealed,
    ConfigurationObjects::SealedBy,
    ConfigurationObjects::Version,
    ConfigurationObjects::CreatedAt,
    ConfigurationObjects::UpdatedAt,
];

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ConfigurationObjectRow {
    /// UUIDv7; later objects have larger ones.
    pub id: Uuid,
    /// `provider` or `model`.
    pub kind: String,
    /// By which others name it.
    pub name: String,
    /// What the configuration file would say, without secrets, as JSON.
    pub document: String,
    /// Its secrets, sealed.
    pub sealed: Option<Vec<u8>>,
    /// By which master key.
    pub sealed_by: Option<String>,
    /// How often it was written.
    pub version: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was last written.
    pub updated_at: i64,
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(ConfigurationObjects::Table).take()
}

/// All objects, the oldest first.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<ConfigurationObjectRow>, StorageError> {
    database.fetch_all(select().order_by(ConfigurationObjects::Id, Order::Asc)).await
}

/// Adds an object.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, row: &ConfigurationObjectRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert.into_table(ConfigurationObjects::Table).columns(COLUMNS).values_panic([
        row.id.into(),
        row.kind.as_str().into(),
        row.name.as_str().into(),
        row.document.as_str().into(),
        row.sealed.clone().into(),
        row.sealed_by.clone().into(),
        row.version.into(),
        row.created_at.into(),
        row.updated_at.into(),
    ]);
    tx.execute(&insert).await.map(drop)
}

/// Writes an object anew, if it is still of the version before; gives whether it was.
///
/// # Errors
/// What the database reports.
pub async fn replace(tx: &mut Tx, row: &ConfigurationObjectRow) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(ConfigurationObjects::Table)
        .value(ConfigurationObjects::Document, row.document.as_str())
        .value(ConfigurationObjects::Sealed, row.sealed.clone())
        .value(ConfigurationObjects::SealedBy, row.sealed_by.clone())
        .value(ConfigurationObjects::Version, row.version)
        .value(ConfigurationObjects::UpdatedAt, row.updated_at)
        .and_where(Expr::col(ConfigurationObjects::Id).eq(row.id))
        .and_where(Expr::col(ConfigurationObjects::Version).eq(row.version - 1));
    Ok(tx.execute(&update).await? == 1)
}

/// Seals an object anew, if nobody has written it since; gives whether it is done. What it says
/// stays, and so does its version.
///
/// # Errors
/// What the database reports.
pub async fn reseal(
    tx: &mut Tx,
    row: &ConfigurationObjectRow,
    sealed: &[u8],
    sealed_by: &str,
) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(ConfigurationObjects::Table)
        .value(ConfigurationObjects::Sealed, sealed)
        .value(ConfigurationObjects::SealedBy, sealed_by)
        .and_where(Expr::col(ConfigurationObjects::Id).eq(row.id))
        .and_where(Expr::col(ConfigurationObjects::Version).eq(row.version))
        .and_where(Expr::col(ConfigurationObjects::SealedBy).eq(row.sealed_by.clone()));
    Ok(tx.execute(&update).await? == 1)
}

/// Removes an object, if it is still of this version; gives whether it was.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &mut Tx, id: Uuid, version: i64) -> Result<bool, StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(ConfigurationObjects::Table)
        .and_where(Expr::col(ConfigurationObjects::Id).eq(id))
        .and_where(Expr::col(ConfigurationObjects::Version).eq(version));
    Ok(tx.execute(&delete).await? == 1)
}
