//! Reads the records of one segment in order, in large reads.

use std::{fs::File, ops::Range, os::unix::fs::FileExt};

use super::{JournalError, record::RECORD_HEADER_BYTES, record::RecordHeader};

/// Bytes per read: large enough for a hundred records, small enough for a processor's cache.
const WINDOW_BYTES: u64 = 128 * 1024;

/// What stands at the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole record; the cursor is after it now, and [`Cursor::payload`] has it.
    Record,
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
    /// What was read last: the first `window_length` bytes of a buffer that is kept.
    window: Vec<u8>,
    window_length: usize,
    window_offset: u64,
    payload: Range<usize>,
}

impl Cursor {
    pub(super) fn new(file: File, segment: u64, offset: u64) -> Self {
        Self {
            file,
            segment,
            offset,
            window: Vec::new(),
            window_length: 0,
            window_offset: offset,
            payload: 0..0,
        }
    }

    pub(super) fn segment(&self) -> u64 {
        self.segment
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The payload of the record that the last step was over.
    pub(super) fn payload(&self) -> &[u8] {
        &self.window[self.payload.clone()]
    }

    /// Reads the record at the cursor. Nothing from byte `end` of the file on is looked at.
    pub(super) fn step(&mut self, end: u64) -> Result<Step, JournalError> {
        let left = end.saturating_sub(self.offset);
        if left == 0 {
            return Ok(Step::End);
        }
        let start = self.view(RECORD_HEADER_BYTES.min(left), end)?;
        let start = &self.window[start];
        let Some(header) = RecordHeader::read(start) else {
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
        let header_length = start.len();
        let record = self.view(size, end)?;
        let payload = record.start + header_length..record.end;
        if !header.matches(&self.window[payload.clone()]) {
            return Ok(Step::Damaged("the record and its checksum do not match".to_owned()));
        }
        self.payload = payload;
        self.offset += size;
        Ok(Step::Record)
    }

    /// Where in the window the next `size` bytes are, which the caller knows to lie before `end`.
    fn view(&mut self, size: u64, end: u64) -> Result<Range<usize>, JournalError> {
        let window_end = self.window_offset + self.window_length as u64;
        if self.offset < self.window_offset || self.offset + size > window_end {
            self.read(size.max(WINDOW_BYTES.min(end - self.offset)))?;
        }
        let from = self.index(self.offset - self.window_offset)?;
        let to = self.index(self.offset - self.window_offset + size)?;
        Ok(from..to)
    }

    fn read(&mut self, size: u64) -> Result<(), JournalError> {
        let length = self.index(size)?;
        if self.window.len() < length {
            self.window.resize(length, 0);
        }
        // Where reading fails the window holds nothing of use.
        self.window_length = 0;
        self.file
            .read_exact_at(&mut self.window[..length], self.offset)
            .map_err(|source| JournalError::Read { segment: self.segment, source })?;
        self.window_length = length;
        self.window_offset = self.offset;
        Ok(())
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
