//! Reads the records of one segment in order, in large reads.

use std::{fs::File, os::unix::fs::FileExt};

use bytes::Bytes;

use super::{JournalError, record::RECORD_HEADER_BYTES, record::RecordHeader};

/// Bytes per read: large enough for hundreds of records, small enough to keep while a batch
/// is applied.
const WINDOW_BYTES: u64 = 256 * 1024;

/// What stands at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole record; the cursor is after it now.
    Record(Bytes),
    /// Zeros: the reserved space after the last record.
    Blank,
    /// The end of what may be read.
    End,
    /// No whole record, for this reason.
    Damaged(String),
}

/// A place in the file of one segment.
#[derive(Debug)]
pub(super) struct Cursor {
    file: File,
    segment: u64,
    offset: u64,
    window: Bytes,
    window_offset: u64,
}

impl Cursor {
    pub(super) fn new(file: File, segment: u64, offset: u64) -> Self {
        Self { file, segment, offset, window: Bytes::new(), window_offset: offset }
    }

    pub(super) fn segment(&self) -> u64 {
        self.segment
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads the record at the cursor. Nothing from byte `end` of the file on is looked at.
    pub(super) fn step(&mut self, end: u64) -> Result<Step, JournalError> {
        let left = end.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Step::End);
        }
        let start = self.view(RECORD_HEADER_BYTES.min(left), end)?;
        let Some(header) = RecordHeader::read(&start) else {
            let blank = start.iter().all(|byte| *byte == 0);
            return Ok(if blank { Step::Blank } else { cut_off(left) });
        };
        if header.is_blank() {
            return Ok(Step::Blank);
        }
        if header.length() == 0 {
            return Ok(Step::Damaged("a record without a length begins here".to_owned()));
        }
        let size = RECORD_HEADER_BYTES + header.length();
        if size > left {
            return Ok(cut_off(left));
        }
        let record = self.view(size, end)?;
        let payload = record.slice(start.len()..);
        if !header.matches(&payload) {
            return Ok(Step::Damaged("the record and its checksum do not match".to_owned()));
        }
        self.offset += size;
        Ok(Step::Record(payload))
    }

    /// The next `size` bytes, which the caller knows to lie before `end`.
    fn view(&mut self, size: u64, end: u64) -> Result<Bytes, JournalError> {
        let window_end = self.window_offset + self.window.len() as u64;
        if self.offset < self.window_offset || self.offset + size > window_end {
            self.window = self.read(size.max(WINDOW_BYTES.min(end - self.offset)))?;
            self.window_offset = self.offset;
        }
        let from = self.index(self.offset - self.window_offset)?;
        let to = self.index(self.offset - self.window_offset + size)?;
        Ok(self.window.slice(from..to))
    }

    fn read(&self, size: u64) -> Result<Bytes, JournalError> {
        let mut bytes = vec![0; self.index(size)?];
        self.file
            .read_exact_at(&mut bytes, self.offset)
            .map_err(|source| JournalError::Read { segment: self.segment, source })?;
        Ok(bytes.into())
    }

    fn index(&self, value: u64) -> Result<usize, JournalError> {
        usize::try_from(value).map_err(|error| JournalError::Read {
            segment: self.segment,
            source: std::io::Error::other(error),
        })
    }
}

fn cut_off(left: u64) -> Step {
    Step::Damaged(format!("the record is cut off: {left} bytes are left of it"))
}
