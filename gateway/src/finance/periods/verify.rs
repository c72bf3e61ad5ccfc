//! Verifies the files of a closed month: against their manifest, and against the ledger.
//!
//! The manifest alone proves that nobody has changed a file without changing the manifest, too.
//! The database, whose audit trail has the manifest's hash, proves that nobody has done both.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{
    BillingPeriods, ClosingError, Manifest, ManifestFile, Sealed,
    close::{NAMES, TABLES},
    manifest::{LAYOUT, MANIFEST, hash_of},
    reference::{Reference, kept, reference_path},
};
use crate::{
    audit::hexadecimal,
    finance::{
        Period,
        export::{Digesting, ExportRequest, Format, Names, digest_of, write},
    },
    storage::tables::billing_periods,
};

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The manifest.
    pub manifest: Manifest,
    /// Its hash, in hexadecimal.
    pub manifest_sha256: String,
    /// Files that are as they were written.
    pub sound_files: u64,
    /// What is not as it was, for people.
    pub findings: Vec<String>,
    /// What could not be verified, and why.
    pub notes: Vec<String>,
    /// Whether these are the files of a closing, and not one export.
    is_folder: bool,
}

/// Verifies the folder of a closed month, or one export of such a month, by its manifest alone.
///
/// # Errors
/// [`ClosingError::NoManifest`] where there is none.
pub fn verify_files(path: &Path) -> Result<Verified, ClosingError> {
    if path.is_dir() {
        let (text, manifest) = read_manifest(&path.join(MANIFEST))?;
        let mut verified = Verified::of(manifest, hash_of(&text), true);
        for file in verified.manifest.files.clone() {
            verified.check(&path.join(&file.name), &file);
        }
        return Ok(verified);
    }
    let beside = reference_path(path);
    let text = read(&beside)?;
    let reference: Reference = serde_json::from_str(&text)
        .map_err(|_| ClosingError::NoManifest(beside.display().to_string()))?;
    let Reference { file, manifest_sha256, manifest } = reference;
    let mut verified = Verified::of(manifest, manifest_sha256, false);
    if verified.manifest.sha256() != verified.manifest_sha256 {
        verified.findings.push(format!(
            "{}: the manifest in it does not have the hash that is told there",
            beside.display()
        ));
    }
    verified.check(path, &file);
    Ok(verified)
}

fn read_manifest(path: &Path) -> Result<(String, Manifest), ClosingError> {
    let text = read(path)?;
    let manifest = Manifest::read(&text)
        .ok_or_else(|| ClosingError::NoManifest(path.display().to_string()))?;
    Ok((text, manifest))
}

fn read(path: &Path) -> Result<String, ClosingError> {
    fs::read_to_string(path)
        .map_err(|source| ClosingError::Unreadable { path: path.display().to_string(), source })
}

impl Verified {
    fn of(manifest: Manifest, manifest_sha256: String, is_folder: bool) -> Self {
        let (findings, notes) = (Vec::new(), Vec::new());
        Self { manifest, manifest_sha256, sound_files: 0, findings, notes, is_folder }
    }

    fn check(&mut self, path: &Path, expected: &ManifestFile) {
        let name = path.display();
        let written = match File::open(path).and_then(digest_of) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.findings.push(format!("{name} is missing"));
                return;
            }
            Err(error) => {
                self.findings.push(format!("{name} cannot be read: {error}"));
                return;
            }
        };
        let sha256 = hexadecimal(&written.digest);
        if sha256 == expected.sha256 && written.bytes == expected.bytes {
            self.sound_files += 1;
        } else {
            self.findings.push(format!(
                "{name} was changed: {} bytes with the hash {sha256}, and not {} with {}",
                written.bytes, expected.bytes, expected.sha256
            ));
        }
    }
}

impl BillingPeriods {
    /// Verifies as [`verify_files`] does, and then against the ledger: the manifest must be the one
    /// that is kept, and a new export the same to the byte.
    ///
    /// # Errors
    /// [`ClosingError`].
    pub async fn verify(
        &self,
        path: &Path,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Verified, ClosingError> {
        let mut verified = verify_files(path)?;
        let month = verified.manifest.month.clone();
        let period = Period::month(&month, "UTC")?;
        let row = billing_periods::find(&self.database, period.from.micros()).await?;
        match row.as_ref().map(kept).transpose()?.flatten() {
            None => {
                verified.findings.push(format!("the database does not have {month} as closed"));
                return Ok(verified);
            }
            Some((sha256, _)) if sha256 != verified.manifest_sha256 => {
                verified.findings.push(format!(
                    "the manifest of {month} that the database keeps has the hash {sha256}, and \
                     not {}",
                    verified.manifest_sha256
                ));
            }
            Some(_) => {}
        }
        if verified.is_folder {
            self.compare(&mut verified, path, period, tell).await?;
        }
        Ok(verified)
    }

    /// Writes the tables of a month again, to nowhere, and compares what they come to.
    async fn compare(
        &self,
        verified: &mut Verified,
        folder: &Path,
        period: Period,
        tell: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), ClosingError> {
        if verified.manifest.layout != LAYOUT {
            verified.notes.push(format!(
                "the files have the layout {}, and this program writes {LAYOUT}: they were not \
                 compared with the ledger",
                verified.manifest.layout
            ));
            return Ok(());
        }
        let names = File::open(folder.join(NAMES)).ok().and_then(Names::read);
        let Some(names) = names else {
            let note = format!("{NAMES} cannot be read: nothing was compared with the ledger");
            verified.notes.push(note);
            return Ok(());
        };
        let sealed = Sealed::load(&self.database).await?;
        for (name, layout) in TABLES {
            let Some(expected) = verified.manifest.file(name).cloned() else { continue };
            let request = ExportRequest { period, layout, format: Format::Csv };
            let mut out = Digesting::default();
            let totals = write(&self.database, request, (&names, &sealed), &mut out, tell).await?;
            let found = ManifestFile::new(name, totals.rows, out.finish());
            if found != expected {
                verified.findings.push(format!(
                    "{name} is not what the ledger says now: {} rows with the hash {}, and not {} \
                     with {}; calls that retention has deleted are missing there",
                    found.rows, found.sha256, expected.rows, expected.sha256
                ));
            }
        }
        Ok(())
    }
}
