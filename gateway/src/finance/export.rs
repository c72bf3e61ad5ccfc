//! Exports: the ledger of a period as a file, to the last nano-dollar.
//!
//! An export reads in pages and writes each row at once, so ten million rows need the memory of
//! one page. The same period makes the same bytes, whenever and on whichever database it is
//! written. A file appears under its name when it is whole, or not at all.

mod billing;
mod cell;
mod file;
mod focus;
mod layout;
mod lines;
mod names;
mod period;
mod service;
mod table;
mod write;

use std::io;

use shared::Money;

pub(super) use self::{
    file::{Digesting, NewFile, Written, beside, digest_of},
    focus::metadata as focus_metadata,
    lines::first_call,
    names::Names,
    service::metadata_path,
    write::write,
};
pub use self::{
    focus::FocusVersion,
    period::{Period, PeriodError},
    service::{Exported, Exports},
    table::TableError,
};
use crate::storage::StorageError;

/// Which rows and columns an export has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A row for every cost line and every correction line.
    Billing,
    /// The FinOps Open Cost and Usage Specification: a row for every hour and everything that
    /// makes a difference to finance.
    Focus(FocusVersion),
}

impl Layout {
    /// For people and for the audit trail.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Billing => "billing".to_owned(),
            Self::Focus(version) => format!("focus {}", version.as_str()),
        }
    }
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// An Excel workbook.
    Xlsx,
}

impl Format {
    /// The stable name, which is also the usual ending of a file's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Xlsx => "xlsx",
        }
    }
}

/// What is to be exported, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRequest {
    /// What counts in this period.
    pub period: Period,
    /// Rows and columns.
    pub layout: Layout,
    /// The kind of file.
    pub format: Format,
}

/// What an export adds up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows of the file.
    pub rows: u64,
    /// Calls whose usage counts in the period.
    pub calls: u64,
    /// Billing lines, corrections included.
    pub lines: u64,
    /// What all lines cost.
    pub cost: Money,
}

/// Why an export has failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A row.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A file.
    #[error("{path} cannot be written")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}
