//! What was synced about models, version by version.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use sqlx::FromRow;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum CatalogVersions {
    Table,
    Version,
    Status,
    MadeAt,
    MadeBy,
    DecidedAt,
    DecidedBy,
    Sources,
    Models,
    Added,
    Removed,
    Changed,
    Difference,
    Objections,
    Digest,
    Facts,
}

const TOLD: [CatalogVersions; 14] = [
    CatalogVersions::Version,
    CatalogVersions::Status,
    CatalogVersions::MadeAt,
    CatalogVersions::MadeBy,
    CatalogVersions::DecidedAt,
    CatalogVersions::DecidedBy,
    CatalogVersions::Sources,
    CatalogVersions::Models,
    CatalogVersions::Added,
    CatalogVersions::Removed,
    CatalogVersions::Changed,
    CatalogVersions::Difference,
    CatalogVersions::Objections,
    CatalogVersions::Digest,
];

/// A version, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CatalogVersionRow {
    /// From 1 on.
    pub version: i64,
    /// `applied` or `refused`.
    pub status: String,
    /// When it was synced, in microseconds.
    pub made_at: i64,
    /// For whom.
    pub made_by: String,
    /// When its status was decided, in microseconds.
    pub decided_at: i64,
    /// By whom.
    pub decided_by: String,
    /// What it is from, as JSON.
    pub sources: String,
    /// Of how many models it tells.
    pub models: i64,
    /// How many of them were not known before.
    pub added: i64,
    /// How many are no longer.
    pub removed: i64,
    /// Of how many it says something else.
    pub changed: i64,
    /// The first of these, as JSON.
    pub difference: String,
    /// Why it was refused, as JSON.
    pub objections: String,
    /// SHA-256 of what it says.
    pub digest: Vec<u8>,
}

/// Every version, the newest first.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database, most: u64) -> Result<Vec<CatalogVersionRow>, StorageError> {
    let query = Query::select()
        .columns(TOLD)
        .from(CatalogVersions::Table)
        .order_by(CatalogVersions::Version, Order::Desc)
        .limit(most)
        .take();
    database.fetch_all(&query).await
}

/// A version.
///
/// # Errors
/// What the database reports.
pub async fn find(
    database: &Database,
    version: i64,
) -> Result<Option<CatalogVersionRow>, StorageError> {
    let query = Query::select()
        .columns(TOLD)
        .from(CatalogVersions::Table)
        .and_where(Expr::col(CatalogVersions::Version).eq(version))
        .take();
    database.fetch_optional(&query).await
}

/// The newest version, as a transaction sees it.
///
/// # Errors
/// What the database reports.
pub async fn newest(tx: &mut Tx) -> Result<Option<CatalogVersionRow>, StorageError> {
    let query = Query::select()
        .columns(TOLD)
        .from(CatalogVersions::Table)
        .order_by(CatalogVersions::Version, Order::Desc)
        .limit(1)
        .take();
    tx.fetch_optional(&query).await
}

/// The number of the newest version of a status, as a transaction sees it.
///
/// # Errors
/// What the database reports.
pub async fn newest_of(tx: &mut Tx, status: &str) -> Result<Option<i64>, StorageError> {
    let query = Query::select()
        .column(CatalogVersions::Version)
        .from(CatalogVersions::Table)
        .and_where(Expr::col(CatalogVersions::Status).eq(status))
        .order_by(CatalogVersions::Version, Order::Desc)
        .limit(1)
        .take();
    Ok(tx.fetch_optional::<(i64,)>(&query).await?.map(|(version,)| version))
}

/// What a version says, compressed.
///
/// # Errors
/// What the database reports.
pub async fn facts(database: &Database, version: i64) -> Result<Option<Vec<u8>>, StorageError> {
    let query = Query::select()
        .column(CatalogVersions::Facts)
        .from(CatalogVersions::Table)
        .and_where(Expr::col(CatalogVersions::Version).eq(version))
        .take();
    let row = database.fetch_optional::<(Vec<u8>,)>(&query).await?;
    Ok(row.map(|(facts,)| facts))
}

/// Adds a version with what it says, compressed.
///
/// # Errors
/// [`StorageError::Conflict`] where there is one of this number.
pub async fn add(tx: &mut Tx, row: CatalogVersionRow, facts: Vec<u8>) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(CatalogVersions::Table)
        .columns(TOLD.into_iter().chain([CatalogVersions::Facts]))
        .values_panic([
            row.version.into(),
            row.status.into(),
            row.made_at.into(),
            row.made_by.into(),
            row.decided_at.into(),
            row.decided_by.into(),
            row.sources.into(),
            row.models.into(),
            row.added.into(),
            row.removed.into(),
            row.changed.into(),
            row.difference.into(),
            row.objections.into(),
            row.digest.into(),
            facts.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}

/// Changes the status of a version that has another one; gives whether it had.
///
/// # Errors
/// What the database reports.
pub async fn decide(
    tx: &mut Tx,
    version: i64,
    (from, to): (&str, &str),
    (at, by): (i64, &str),
) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(CatalogVersions::Table)
        .value(CatalogVersions::Status, to)
        .value(CatalogVersions::DecidedAt, at)
        .value(CatalogVersions::DecidedBy, by)
        .and_where(Expr::col(CatalogVersions::Version).eq(version))
        .and_where(Expr::col(CatalogVersions::Status).eq(from));
    Ok(tx.execute(&update).await? == 1)
}

/// Removes versions before one, but for the one that is in force.
///
/// # Errors
/// What the database reports.
pub async fn remove_before(tx: &mut Tx, version: i64, in_force: i64) -> Result<u64, StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(CatalogVersions::Table)
        .and_where(Expr::col(CatalogVersions::Version).lt(version))
        .and_where(Expr::col(CatalogVersions::Version).ne(in_force));
    tx.execute(&delete).await
}
