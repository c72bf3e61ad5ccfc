//! How snapshots are kept: as compressed JSON.

use std::io::{self, Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

use crate::{catalog::sources::Snapshot, storage::StorageError};

/// A snapshot of all models of all vendors has some two megabytes.
const LARGEST_BYTES: u64 = 64 * 1024 * 1024;

/// A snapshot as it is kept.
///
/// # Errors
/// None that is known: it can always be written.
pub(super) fn packed(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(&serde_json::to_vec(snapshot)?)?;
    out.finish()
}

/// A snapshot that was kept in a column.
///
/// # Errors
/// [`StorageError::Corrupt`] where it is none.
pub(super) fn unpacked(bytes: &[u8], column: &'static str) -> Result<Snapshot, StorageError> {
    let mut text = Vec::new();
    let read = GzDecoder::new(bytes).take(LARGEST_BYTES).read_to_end(&mut text);
    let snapshot = read.ok().and_then(|_| serde_json::from_slice(&text).ok());
    snapshot.ok_or(StorageError::Corrupt { column })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sources::{ModelFacts, Place};

    #[test]
    fn a_snapshot_is_kept_as_it_is_and_nothing_else_is_taken_for_one() {
        let mut snapshot = Snapshot::default();
        snapshot.add(Place::provider("a"), "m", ModelFacts::default());
        let bytes = packed(&snapshot).unwrap();
        assert_eq!(unpacked(&bytes, "c").unwrap(), snapshot);
        assert!(unpacked(&bytes[..bytes.len() - 9], "c").is_err());
        assert!(unpacked(b"{}", "c").is_err());
    }
}
