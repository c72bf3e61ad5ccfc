//! Which version of what was synced about models is in force, and who is syncing.

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum CatalogState {
    Table,
    Id,
    InForce,
    OverrideChanges,
    SyncedAt,
    SyncNode,
    SyncUntil,
}

/// The only row.
const ONLY: i64 = 1;

/// What is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct CatalogStateRow {
    /// The version; 0 where none is.
    pub in_force: i64,
    /// How often overrides have changed.
    pub override_changes: i64,
    /// When the last sync ended, in microseconds.
    pub synced_at: i64,
    /// Until when a node is syncing, in microseconds.
    pub sync_until: i64,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            CatalogState::InForce,
            CatalogState::OverrideChanges,
            CatalogState::SyncedAt,
            CatalogState::SyncUntil,
        ])
        .from(CatalogState::Table)
        .and_where(Expr::col(CatalogState::Id).eq(ONLY))
        .take()
}

const NO_ROW: StorageError = StorageError::Corrupt { column: "catalog_state.id" };

/// What is in force.
///
/// # Errors
/// What the database reports.
pub async fn current(database: &Database) -> Result<CatalogStateRow, StorageError> {
    database.fetch_optional(&select()).await?.ok_or(NO_ROW)
}

/// As [`current`]; nobody else changes it until the transaction ends.
///
/// # Errors
/// What the database reports.
pub async fn hold(tx: &mut Tx) -> Result<CatalogStateRow, StorageError> {
    tx.fetch_optional(select().lock_exclusive()).await?.ok_or(NO_ROW)
}

/// Puts a version in force.
///
/// # Errors
/// What the database reports.
pub async fn put_in_force(tx: &mut Tx, version: i64) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(CatalogState::Table)
        .value(CatalogState::InForce, version)
        .and_where(Expr::col(CatalogState::Id).eq(ONLY));
    tx.execute(&update).await.map(drop)
}

/// Notes that overrides have changed.
///
/// # Errors
/// What the database reports.
pub async fn count_override_change(tx: &mut Tx) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(CatalogState::Table)
        .value(CatalogState::OverrideChanges, Expr::col(CatalogState::OverrideChanges).add(1))
        .and_where(Expr::col(CatalogState::Id).eq(ONLY));
    tx.execute(&update).await.map(drop)
}

/// A wish to sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncLease {
    /// Who wishes it.
    pub node: Uuid,
    /// Now, in microseconds.
    pub now: i64,
    /// How long nobody else may then.
    pub until: i64,
    /// Only where the last sync has ended by then.
    pub due_before: i64,
}

/// Lets one node sync; gives whether it is this one.
///
/// # Errors
/// What the database reports.
pub async fn begin_sync(tx: &mut Tx, lease: SyncLease) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(CatalogState::Table)
        .value(CatalogState::SyncNode, lease.node)
        .value(CatalogState::SyncUntil, lease.until)
        .and_where(Expr::col(CatalogState::Id).eq(ONLY))
        .and_where(Expr::col(CatalogState::SyncUntil).lte(lease.now))
        .and_where(Expr::col(CatalogState::SyncedAt).lte(lease.due_before));
    Ok(tx.execute(&update).await? == 1)
}

/// Notes that a node has synced, unless another one has begun meanwhile.
///
/// # Errors
/// What the database reports.
pub async fn end_sync(tx: &mut Tx, node: Uuid, now: i64) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(CatalogState::Table)
        .value(CatalogState::SyncedAt, now)
        .value(CatalogState::SyncUntil, 0)
        .and_where(Expr::col(CatalogState::Id).eq(ONLY))
        .and_where(Expr::col(CatalogState::SyncNode).eq(node));
    tx.execute(&update).await.map(drop)
}
