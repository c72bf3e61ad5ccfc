//! Administrative changes, written in the transaction of the change.

use sea_query::{Iden, Query};
use uuid::Uuid;

use crate::storage::{StorageError, Tx};

#[derive(Iden)]
enum AuditEntries {
    Table,
    Id,
    At,
    Actor,
    Action,
    Resource,
    Detail,
}

/// One change.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// UUIDv7.
    pub id: Uuid,
    /// Microseconds.
    pub at: i64,
    /// Who: a user id, or `system`.
    pub actor: String,
    /// What: `key.revoke`.
    pub action: &'static str,
    /// On what: a prefixed id.
    pub resource: String,
    /// Before and after, as JSON.
    pub detail: String,
}

/// Adds an entry.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, entry: AuditRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert
        .into_table(AuditEntries::Table)
        .columns([
            AuditEntries::Id,
            AuditEntries::At,
            AuditEntries::Actor,
            AuditEntries::Action,
            AuditEntries::Resource,
            AuditEntries::Detail,
        ])
        .values_panic([
            entry.id.into(),
            entry.at.into(),
            entry.actor.into(),
            entry.action.into(),
            entry.resource.into(),
            entry.detail.into(),
        ]);
    tx.execute(&insert).await.map(drop)
}
