//! The audit trail for the command line.

use std::io::Write;

use shared::{Problem, Timestamp};

use crate::{
    audit::{self, Actor, Audit, AuditFilter, ExportError, Found, Pruned, Report, VerifiedChain},
    storage::{Database, StorageError},
};

/// The service behind `helixgateway audit`.
pub struct Auditing {
    database: Database,
    audit: Audit,
}

impl Auditing {
    /// The service.
    #[must_use]
    pub fn new(database: Database, audit: Audit) -> Self {
        Self { database, audit }
    }

    /// A page of changes, the newest first.
    ///
    /// # Errors
    /// [`shared::ProblemCode::Internal`] where the database fails.
    pub async fn search(&self, filter: &AuditFilter, limit: u64) -> Result<Found, Problem> {
        audit::search(&self.database, filter, limit).await
    }

    /// Verifies every chain, and that each of the `expected` hashes is that of a link.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn verify(
        &self,
        expected: &[[u8; 32]],
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Report, StorageError> {
        audit::verify_database(&self.database, expected, tell).await
    }

    /// Every chain and how far it goes, unverified.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn heads(&self) -> Result<Vec<VerifiedChain>, StorageError> {
        audit::heads(&self.database).await
    }

    /// Writes every chain as an export; gives how many links there are.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(
        &self,
        out: &mut (dyn Write + Send),
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u64, ExportError> {
        audit::export(&self.database, out, tell).await
    }

    /// Deletes calls that arrived before `before`; without `is_real` it only counts them.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn prune(
        &self,
        before: Timestamp,
        is_real: bool,
        tell: &mut (dyn FnMut(i64) + Send),
    ) -> Result<Pruned, StorageError> {
        let actor = Actor::command_line();
        audit::prune(&self.database, &self.audit, &actor, before, is_real, tell).await
    }
}
