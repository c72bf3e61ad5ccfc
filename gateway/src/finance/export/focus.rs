//! The FOCUS layout (<https://focus.finops.org>): what an hour, a team, a user, a key, a model and a
//! token class at one price come to.
//!
//! List and contracted cost are unit price times quantity, to the last digit. Billed and effective
//! cost are what the ledger charged, where each line was rounded once; so they can differ from the
//! former by half a nano-dollar a line. Corrections of a month that is closed are rows of the class
//! `Correction`, in the billing period in which they were booked, about the hour of the call.

mod columns;
mod group;
mod hours;
mod metadata;
mod row;
mod sku;

pub(super) use self::hours::FocusRows;
pub(in crate::finance) use self::metadata::metadata;
use super::{cell::Column, names::Names};

/// Which version of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FocusVersion {
    /// 1.2, of May 2025.
    V1_2,
    /// 1.3, of December 2025.
    V1_3,
    /// 1.4, of June 2026.
    V1_4,
}

impl FocusVersion {
    /// As the specification numbers it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
            Self::V1_4 => "1.4",
        }
    }
}

/// The columns of a version.
pub(super) fn columns(version: FocusVersion) -> Vec<Column> {
    columns::of(version).map(|column| Column { name: column.name, kind: column.kind }).collect()
}
