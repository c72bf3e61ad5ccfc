//! Brings the directory in order when the journal is opened.
//!
//! Every segment is read once. What a crash left behind the last whole record of the last used
//! segment is moved aside; damage anywhere else is reported and left alone, because records
//! follow it. Writing always goes on in a new segment, so that a position handed out before a
//! power loss never names a record written after it.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{
    DamageReport, JournalError, Position,
    extents::Extents,
    scan::{Scan, scan},
    segment::{
        OWNER_ONLY, SEGMENT_HEADER_BYTES, first_position, header, numbers, path, sync_directory,
    },
};

/// What was found when the journal was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes after the last whole record that were moved aside.
    pub truncated_bytes: u64,
    /// Every damage, oldest first.
    pub damaged: Vec<DamageReport>,
    /// The beginning of the oldest record that is kept.
    pub first: Position,
    /// The end of the last record.
    pub last: Position,
}

/// The log as recovered, before the new segment is made.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) recovery: Recovery,
    pub(super) extents: Extents,
    pub(super) next_number: u64,
}

/// Reads all segments and repairs the tail.
pub(super) fn recover(directory: &Path) -> Result<Recovered, JournalError> {
    let numbers = numbers(directory).map_err(JournalError::at("list", directory))?;
    let next_number = numbers.last().map_or(1, |last| last + 1);
    let first = first_position(numbers.first().copied().unwrap_or(next_number));
    let scans =
        numbers.iter().map(|number| scan(directory, *number)).collect::<Result<Vec<_>, _>>()?;
    let tail = scans.iter().rposition(|scan| !scan.is_blank());
    let recovery = Recovery { truncated_bytes: 0, damaged: Vec::new(), first, last: first };
    let mut recovered = Recovered { recovery, extents: Extents::default(), next_number };
    for (index, scan) in scans.iter().enumerate() {
        recovered.take(directory, scan, tail == Some(index))?;
    }
    sync_directory(directory).map_err(JournalError::at("sync", directory))?;
    Ok(recovered)
}

impl Recovered {
    fn take(&mut self, directory: &Path, scan: &Scan, is_tail: bool) -> Result<(), JournalError> {
        self.report_missing(scan.number);
        let end = match &scan.damage {
            // Made durable before the next one was begun, and trimmed by the start after that.
            None if !is_tail && scan.is_trimmed() => scan.sound_end,
            None => trim(directory, scan)?,
            Some(reason) if is_tail => {
                let set_aside = set_aside(directory, scan)
                    .map_err(JournalError::at("keep the damaged bytes of", directory))?;
                self.report(scan, reason, Some(set_aside));
                self.recovery.truncated_bytes = scan.used_end - scan.sound_end;
                trim(directory, scan)?
            }
            Some(reason) => {
                self.report(scan, reason, None);
                scan.length.max(SEGMENT_HEADER_BYTES)
            }
        };
        self.extents.seal(scan.number, end);
        if !scan.is_blank() {
            self.recovery.last = Position { segment: scan.number, offset: end };
        }
        Ok(())
    }

    fn report(&mut self, scan: &Scan, reason: &str, set_aside: Option<PathBuf>) {
        let (segment, offset) = (scan.number, scan.sound_end);
        let reason = reason.to_owned();
        self.recovery.damaged.push(DamageReport { segment, offset, reason, set_aside });
    }

    fn report_missing(&mut self, number: u64) {
        let previous = self.extents.last_number();
        if previous.is_some_and(|previous| previous + 1 < number) {
            self.recovery.damaged.push(DamageReport::missing(number - 1));
        }
    }
}

/// Copies what follows the last whole record into a file of its own.
fn set_aside(directory: &Path, scan: &Scan) -> io::Result<PathBuf> {
    let source = File::open(path(directory, scan.number))?;
    let size = usize::try_from(scan.used_end - scan.sound_end).map_err(io::Error::other)?;
    let mut bytes = vec![0; size];
    source.read_exact_at(&mut bytes, scan.sound_end)?;
    let (path, file) = create_damaged(directory, scan.number)?;
    file.write_all_at(&bytes, 0)?;
    file.sync_all()?;
    sync_directory(directory)?;
    Ok(path)
}

/// A name that is still free: a segment that was repaired once may be damaged again.
fn create_damaged(directory: &Path, number: u64) -> io::Result<(PathBuf, File)> {
    let mut attempt = 1;
    loop {
        let suffix = if attempt == 1 { String::new() } else { format!("-{attempt}") };
        let path = directory.join(format!("segment-{number:012}.damaged{suffix}"));
        let created = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&path);
        match created {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Ends the file after its last whole record, which gives back reserved space, and makes it
/// durable: a killed process may not have. Returns that end.
fn trim(directory: &Path, scan: &Scan) -> Result<u64, JournalError> {
    let path = path(directory, scan.number);
    let trimmed = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(scan.sound_end)?;
        if scan.sound_end == 0 {
            file.write_all_at(&header(scan.number), 0)?;
        }
        file.sync_all()
    };
    trimmed().map_err(JournalError::at("trim", &path))?;
    Ok(scan.sound_end.max(SEGMENT_HEADER_BYTES))
}
