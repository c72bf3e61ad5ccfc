//! Reads a whole journal offline and says what is in it.

use std::path::{Path, PathBuf};

use super::{
    DamageReport, JournalError, Position,
    lock::DirectoryLock,
    scan::{Scan, scan_showing},
    segment::{SEGMENT_HEADER_BYTES, damaged_files, numbers},
};

/// What a journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Every segment, oldest first.
    pub segments: Vec<SegmentReport>,
    /// Every damage, oldest first. One at the end of the last used segment is repaired by the
    /// next start; readers stop at any other.
    pub damaged: Vec<DamageReport>,
    /// Damaged bytes that earlier starts moved aside.
    pub set_aside: Vec<PathBuf>,
}

/// What one segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentReport {
    /// The number of the segment.
    pub number: u64,
    /// Whole records, up to the first damage.
    pub records: u64,
    /// Their bytes, frames included.
    pub bytes: u64,
}

impl VerifyReport {
    /// Whether every byte is as it was written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }

    /// Whole records in all segments.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.records).sum()
    }

    fn add(&mut self, scan: Scan) {
        let previous = self.segments.last().map(|segment| segment.number);
        if previous.is_some_and(|previous| previous + 1 < scan.number) {
            self.damaged.push(DamageReport::missing(scan.number - 1));
        }
        self.segments.push(SegmentReport {
            number: scan.number,
            records: scan.records,
            bytes: scan.sound_end.saturating_sub(SEGMENT_HEADER_BYTES),
        });
        if let Some(reason) = scan.damage {
            let (segment, offset) = (scan.number, scan.sound_end);
            self.damaged.push(DamageReport { segment, offset, reason, set_aside: None });
        }
    }
}

/// Reads every segment in `directory`, and shows each whole record and where it ends.
pub(super) fn verify(
    directory: &Path,
    show: &mut dyn FnMut(Position, &[u8]),
) -> Result<VerifyReport, JournalError> {
    let listed = |error| JournalError::at("list", directory)(error);
    let numbers = numbers(directory).map_err(listed)?;
    let _lock = DirectoryLock::shared(directory)?;
    let set_aside = damaged_files(directory).map_err(listed)?;
    let mut report = VerifyReport { set_aside, ..VerifyReport::default() };
    for number in numbers {
        report.add(scan_showing(directory, number, show)?);
    }
    Ok(report)
}
