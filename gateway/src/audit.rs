//! The audit trail of administrative changes, written in the transaction of the change.

use shared::{Problem, ProblemCode, Timestamp, id::AuditEntry};

use crate::{
    kernel::Ids,
    storage::{StorageError, Tx, tables::audit_entries},
};

/// Adds an entry: who did what to which object, with before and after as JSON.
///
/// # Errors
/// [`StorageError`] where it cannot be stored; then the change must not happen either.
pub async fn write(
    tx: &mut Tx,
    ids: &Ids,
    now: Timestamp,
    actor: &str,
    action: &'static str,
    resource: &str,
    detail: &str,
) -> Result<(), StorageError> {
    let entry = audit_entries::AuditRow {
        id: ids.next::<AuditEntry>(now).uuid(),
        at: now.micros(),
        actor: actor.to_owned(),
        action,
        resource: resource.to_owned(),
        detail: detail.to_owned(),
    };
    audit_entries::add(tx, entry).await
}

/// What a person is told when the database fails: nothing internal. The log has the rest.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "as a function that maps errors")]
pub fn internal(error: StorageError) -> Problem {
    tracing::error!(error = &error as &dyn std::error::Error, "storage failed");
    match error {
        StorageError::Unavailable(_) => Problem::new(
            ProblemCode::RecordsUnavailable,
            "The database does not answer at the moment; nothing was changed. Try again shortly.",
        )
        .retry_after(1),
        _ => Problem::new(
            ProblemCode::Internal,
            "Something went wrong on our side; nothing was changed. The log of the gateway has \
             the details.",
        ),
    }
}
