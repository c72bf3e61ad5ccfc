//! Billing periods: months of UTC, and the closing of their books.
//!
//! Nothing is booked into a closed month any more: what comes for it later counts from the first
//! open moment on, as correction lines. So its export is the same for ever, and a manifest with
//! the hashes of its files proves it. A closing that was cut off goes on when it is asked for again.

mod close;
mod heads;
mod manifest;
mod reference;
mod sealed;
mod service;
mod verify;

use std::io;

pub use self::{
    heads::ChainHead,
    manifest::{Manifest, ManifestFile},
    service::{BillingPeriod, BillingPeriods, Closed, SealedTotals},
    verify::{Verified, verify_files},
};
pub(in crate::finance) use self::{
    reference::{Reference, reference_path},
    sealed::Sealed,
};
use super::{ExportError, PeriodError};
use crate::storage::StorageError;

/// Why a month cannot be closed, or what was written of it not verified.
#[derive(Debug, thiserror::Error)]
pub enum ClosingError {
    /// No month.
    #[error(transparent)]
    Month(#[from] PeriodError),
    /// It goes on.
    #[error("{month} is not over: it can be closed from {ends} on")]
    NotOver {
        /// The month.
        month: String,
        /// When it is over.
        ends: String,
    },
    /// Months are closed one after the other.
    #[error("{open} has records and is not closed; close it before {month}")]
    EarlierIsOpen {
        /// The month.
        month: String,
        /// The earlier one.
        open: String,
    },
    /// It is closed.
    #[error("{0} is closed already; `helixgateway periods list` shows its manifest's hash")]
    AlreadyClosed(String),
    /// A file that is to be verified.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A manifest that is none.
    #[error("{0} is no manifest of a closed month")]
    NoManifest(String),
    /// Its files.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
