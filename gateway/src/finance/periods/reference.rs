//! What stands beside an export of a closed month: the hash of the file, and the manifest of the
//! month that it is of.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Manifest, ManifestFile, manifest::hash_of};
use crate::{
    finance::{
        Period,
        export::{Written, beside},
    },
    storage::{
        Database, StorageError,
        tables::billing_periods::{self, BillingPeriodRow},
    },
};

/// Refers from a file to a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::finance) struct Reference {
    /// The file that this stands beside.
    pub(super) file: ManifestFile,
    /// The hash of the month's manifest, as the database keeps it.
    pub(super) manifest_sha256: String,
    /// That manifest.
    pub(super) manifest: Manifest,
}

/// Where the reference of a file is.
pub(in crate::finance) fn reference_path(path: &Path) -> PathBuf {
    beside(path, "manifest.json")
}

impl Reference {
    /// The reference of an export, if it is of a closed month.
    pub(in crate::finance) async fn of(
        database: &Database,
        period: Period,
        path: &Path,
        rows: u64,
        written: Written,
    ) -> Result<Option<Self>, StorageError> {
        if period.utc_month().is_none() {
            return Ok(None);
        }
        let row = billing_periods::find(database, period.from.micros()).await?;
        let Some((manifest_sha256, manifest)) = row.as_ref().map(kept).transpose()?.flatten()
        else {
            return Ok(None);
        };
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let file = ManifestFile::new(&name, rows, written);
        Ok(Some(Self { file, manifest_sha256, manifest }))
    }

    /// The reference as its file has it.
    pub(in crate::finance) fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// The manifest that the database keeps, with its hash; none of a month whose closing goes on.
pub(super) fn kept(row: &BillingPeriodRow) -> Result<Option<(String, Manifest)>, StorageError> {
    let Some(text) = &row.manifest else { return Ok(None) };
    let manifest =
        Manifest::read(text).ok_or(StorageError::Corrupt { column: "billing_periods.manifest" })?;
    Ok(Some((hash_of(text), manifest)))
}
