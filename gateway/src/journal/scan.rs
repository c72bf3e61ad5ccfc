//! Reads one segment from end to end and says how much of it is sound.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use super::{
    JournalError, Position,
    cursor::{Cursor, Step},
    segment::{SEGMENT_HEADER_BYTES, check_header, header, open_to_read, read_header},
};

const CHUNK_BYTES: usize = 1024 * 1024;

/// What a segment holds.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) number: u64,
    /// Whole records from the beginning on.
    pub(super) records: u64,
    /// The end of the last of them; zero when not even the header is there.
    pub(super) sound_end: u64,
    /// The byte after the last one that is not zero: what follows is reserved space.
    pub(super) used_end: u64,
    /// The length of the file.
    pub(super) length: u64,
    /// What is wrong at `sound_end`.
    pub(super) damage: Option<String>,
}

impl Scan {
    /// Whether nothing was ever written after the header.
    pub(super) fn is_blank(&self) -> bool {
        self.records == 0 && self.damage.is_none()
    }

    /// Whether the file has its header and ends after its last record.
    pub(super) fn is_trimmed(&self) -> bool {
        self.sound_end >= SEGMENT_HEADER_BYTES && self.sound_end == self.length
    }
}

/// Reads segment `number`, the file of which exists.
pub(super) fn scan(directory: &Path, number: u64) -> Result<Scan, JournalError> {
    scan_showing(directory, number, &mut |_, _| {})
}

/// [`scan`], which shows each whole record and where it ends.
pub(super) fn scan_showing(
    directory: &Path,
    number: u64,
    show: &mut dyn FnMut(Position, &[u8]),
) -> Result<Scan, JournalError> {
    let failed = |source| JournalError::Read { segment: number, source };
    let file = open_to_read(directory, number)?
        .ok_or_else(|| failed(io::Error::from(io::ErrorKind::NotFound)))?;
    let length = file.metadata().map_err(failed)?.len();
    let header = read_header(&file).map_err(failed)?;
    let headless = is_unwritten(&header, number);
    let mut scan = Scan { number, records: 0, sound_end: 0, used_end: 0, length, damage: None };
    if !headless {
        scan.damage = check_header(&header, number)?;
    }
    if !headless && scan.damage.is_none() {
        let records = file.try_clone().map_err(failed)?;
        scan.read_records(Cursor::new(records, number, SEGMENT_HEADER_BYTES), show)?;
    }
    let unchecked_from = if headless { header.len() as u64 } else { scan.sound_end };
    scan.used_end = used_end(&file, unchecked_from, length).map_err(failed)?;
    if scan.damage.is_none() && scan.used_end > unchecked_from {
        scan.damage = Some("the log ends here, but other bytes follow".to_owned());
    }
    Ok(scan)
}

impl Scan {
    fn read_records(
        &mut self,
        mut cursor: Cursor,
        show: &mut dyn FnMut(Position, &[u8]),
    ) -> Result<(), JournalError> {
        self.damage = loop {
            match cursor.step(self.length)? {
                Step::Record => {
                    self.records += 1;
                    let end = Position { segment: self.number, offset: cursor.offset() };
                    show(end, cursor.payload());
                }
                Step::Blank | Step::End => break None,
                Step::Damaged(reason) => break Some(reason),
            }
        };
        self.sound_end = cursor.offset();
        Ok(())
    }
}

/// A header is synced before the first record is written, so a segment that lacks it, or has only
/// its first bytes, never held a record.
fn is_unwritten(found: &[u8], number: u64) -> bool {
    let written = found.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    found != header(number) && header(number).starts_with(&found[..written])
}

fn used_end(file: &File, from: u64, length: u64) -> io::Result<u64> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut offset, mut used_end) = (from, from);
    while offset < length {
        let size = usize::try_from(length - offset).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        file.read_exact_at(&mut chunk[..size], offset)?;
        if let Some(last) = chunk[..size].iter().rposition(|byte| *byte != 0) {
            used_end = offset + last as u64 + 1;
        }
        offset += size as u64;
    }
    Ok(used_end)
}
