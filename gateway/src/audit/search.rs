//! Looks for changes.

use shared::Problem;

use super::internal;
pub use crate::storage::tables::audit_entries::AuditFilter;
use crate::storage::{
    Database,
    tables::audit_entries::{self, AuditRow},
};

/// A page of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The newest first.
    pub changes: Vec<AuditRow>,
    /// Where the next page goes on; none on the last one.
    pub next: Option<uuid::Uuid>,
}

/// Looks for changes, a page at a time.
///
/// # Errors
/// [`shared::ProblemCode::Internal`] where the database fails.
pub async fn search(
    database: &Database,
    filter: &AuditFilter,
    limit: u64,
) -> Result<Found, Problem> {
    let changes =
        audit_entries::search(database, filter, limit.saturating_add(1)).await.map_err(internal)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (changes.len() > most).then(|| changes[most - 1].id);
    Ok(Found { changes: changes.into_iter().take(most).collect(), next })
}
