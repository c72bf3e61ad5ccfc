//! What a closed month came to: its totals, and the hash of each of its files.

use serde::{Deserialize, Serialize};
use shared::Money;

use super::ChainHead;
use crate::{audit::hexadecimal, finance::export::Written, kernel::digest::sha256};

/// Changes when rows or columns of an export change; files of another layout are verified by their
/// hashes alone.
pub(super) const LAYOUT: u32 = 1;
/// The name of a manifest.
pub(super) const MANIFEST: &str = "manifest.json";

/// The manifest of a closed month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Such as `2026-10`.
    pub month: String,
    /// Its first instant.
    pub from: String,
    /// The first instant of the next one.
    pub until: String,
    /// When its books were closed.
    pub closed_at: String,
    /// By whom.
    pub closed_by: String,
    /// Which program wrote the files.
    pub program: String,
    /// In which form.
    pub layout: u32,
    /// Calls whose usage counts in it.
    pub calls: u64,
    /// Billing lines, corrections included.
    pub lines: u64,
    /// What they add up to.
    pub cost: Money,
    /// The files.
    pub files: Vec<ManifestFile>,
    /// How far the chains of the audit trail went when the books were closed.
    pub audit_heads: Vec<ChainHead>,
}

/// One file of a closed month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// In the folder of the manifest.
    pub name: String,
    /// Rows below the header; of what is no table, none.
    pub rows: u64,
    /// How long it is.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

impl ManifestFile {
    pub(super) fn new(name: &str, rows: u64, written: Written) -> Self {
        let sha256 = hexadecimal(&written.digest);
        Self { name: name.to_owned(), rows, bytes: written.bytes, sha256 }
    }
}

impl Manifest {
    /// The manifest as its file has it, to the byte.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The hash of that file, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        hash_of(&self.text())
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn file(&self, name: &str) -> Option<&ManifestFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// The hash of a text, in hexadecimal.
pub(super) fn hash_of(text: &str) -> String {
    hexadecimal(&sha256(text.as_bytes()))
}
