//! The audit trail: who changed what and every call, in chains of hashes that anybody can verify.
//!
//! Each node has two chains, of administrative changes and of calls. A link is written in the
//! transaction of what it tells of; its hash covers the hash before it (`chain`), so that a link
//! cannot be changed, left out, moved or added without being found (`verify`).

mod chain;
mod change;
mod export;
mod form;
mod link;
mod prune;
mod reading;
mod record;
mod search;
mod verify;

use shared::{Problem, ProblemCode};

pub use self::{
    chain::{Chain, Place, from_hexadecimal, hexadecimal},
    change::{Action, Actor, Change},
    export::{ExportError, export},
    form::Form,
    link::call_form,
    prune::{Pruned, prune},
    record::Audit,
    search::{AuditFilter, Found, search},
    verify::{
        Broken, FileError, Finding, Report, VerifiedChain, heads, verify_database, verify_export,
    },
};
pub use crate::call::Client;
use crate::storage::StorageError;

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
