//! The end of the log that is written to: appending, rotating, and undoing what went wrong.

use std::{io, os::unix::fs::FileExt, path::PathBuf, sync::Arc};

use super::{
    JournalError, JournalOptions, Position,
    disk::Disk,
    extents::Extents,
    segment::{SEGMENT_HEADER_BYTES, Segment},
};

/// What the lock of the journal protects.
pub(super) struct Log {
    pub(super) directory: PathBuf,
    pub(super) options: JournalOptions,
    pub(super) disk: Arc<Disk>,
    /// Every older segment; all of them are durable.
    pub(super) extents: Extents,
    pub(super) active: Segment,
    /// Where the next record goes in the active segment.
    pub(super) offset: u64,
    /// The end of the last record, which may be in an older segment.
    pub(super) appended: Position,
    pub(super) applied: Position,
    /// Whether a failed write left bytes after `offset` that could not be removed.
    pub(super) torn: bool,
    /// The size of the record that the disk refused last, if it has taken none since.
    pub(super) refused: Option<u64>,
    pub(super) last_error: Option<String>,
}

impl Log {
    /// Writes one framed record after the last one, or changes nothing.
    pub(super) fn append(&mut self, record: &[u8]) -> Result<Position, JournalError> {
        self.write(record)?;
        self.offset += record.len() as u64;
        self.appended = self.end();
        Ok(self.appended)
    }

    /// Fails as the next record would, if the disk has refused the last one: as many zeros are
    /// written, which read as the end of the log.
    pub(super) fn check_disk(&mut self) -> Result<(), JournalError> {
        let Some(size) = self.refused else { return Ok(()) };
        self.write(&vec![0; usize::try_from(size).unwrap_or(0)])
    }

    /// Writes bytes where the next record goes; what fails leaves nothing behind.
    fn write(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        let outcome = self.try_write(bytes);
        self.refused = outcome.is_err().then_some(bytes.len() as u64);
        if let Err(error) = &outcome {
            self.last_error = Some(error.to_string());
        }
        outcome
    }

    fn try_write(&mut self, bytes: &[u8]) -> Result<(), JournalError> {
        self.disk.check()?;
        if self.torn {
            self.cut_torn_bytes().map_err(JournalError::from_write)?;
        }
        let size = bytes.len() as u64;
        if self.offset + size > self.options.segment_bytes && self.offset > SEGMENT_HEADER_BYTES {
            self.rotate()?;
        }
        if let Err(error) = self.active.file.write_all_at(bytes, self.offset) {
            // A failure to remove them is remembered and tried again before the next write.
            self.torn = true;
            drop(self.cut_torn_bytes());
            return Err(JournalError::from_write(error));
        }
        Ok(())
    }

    fn cut_torn_bytes(&mut self) -> io::Result<()> {
        self.active.file.set_len(self.offset)?;
        self.torn = false;
        Ok(())
    }

    /// Begins the next segment. The full one is synced first, so that after a power loss only
    /// the last segment can lack records.
    fn rotate(&mut self) -> Result<(), JournalError> {
        self.disk.sync(&self.active.file)?;
        let number = self.active.number + 1;
        let next = Segment::create(&self.directory, number, self.options.segment_bytes)
            .map_err(JournalError::from_write)?;
        self.extents.seal(self.active.number, self.offset);
        self.active = next;
        self.offset = SEGMENT_HEADER_BYTES;
        Ok(())
    }

    /// Where the next record begins.
    pub(super) fn end(&self) -> Position {
        Position { segment: self.active.number, offset: self.offset }
    }

    /// The beginning of the oldest record that is kept.
    pub(super) fn first(&self) -> Position {
        let active = Position { offset: SEGMENT_HEADER_BYTES, ..self.end() };
        self.extents.first().unwrap_or(active)
    }

    /// Where segment `number` ends for a reader; `None` when the log does not keep it.
    pub(super) fn end_of(&self, number: u64) -> Option<u64> {
        if number == self.active.number { Some(self.offset) } else { self.extents.end_of(number) }
    }

    /// Bytes of records that are appended and not applied.
    pub(super) fn backlog_bytes(&self) -> u64 {
        let end = self.extents.bytes_before(self.end());
        end.saturating_sub(self.extents.bytes_before(self.applied))
    }

    /// Refuses a record of `size` bytes with which more would wait than the limit and `beyond`.
    pub(super) fn check_backlog(&mut self, size: u64, beyond: u64) -> Result<(), JournalError> {
        let backlog_bytes = self.backlog_bytes();
        let limit_bytes = self.options.backlog_limit_bytes;
        if backlog_bytes + size <= limit_bytes.saturating_add(beyond) {
            return Ok(());
        }
        let error = JournalError::BacklogLimit { limit_bytes, backlog_bytes };
        self.last_error = Some(error.to_string());
        Err(error)
    }

    /// Refuses a position after everything that was written.
    pub(super) fn check_not_ahead(&self, position: Position) -> Result<(), JournalError> {
        let end = self.end();
        if position <= end { Ok(()) } else { Err(JournalError::Ahead { position, end }) }
    }
}
