//! Reads the log in order, across segments, while it is written.

use std::sync::Arc;

use super::{
    DamageReport, JournalError, Position,
    cursor::{Cursor, Step},
    journal::Shared,
    segment::{SEGMENT_HEADER_BYTES, check_header, first_position, open_to_read, read_header},
};

/// A place in the log that moves on with every batch.
pub struct Reader {
    shared: Arc<Shared>,
    position: Position,
    /// The segment at the position, and how far it may be read.
    open: Option<(Cursor, u64)>,
}

impl Reader {
    pub(super) fn new(shared: Arc<Shared>, from: Position) -> Self {
        Self { shared, position: from, open: None }
    }

    /// Where the next batch begins.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Shows the next records, at most `max_records` and about `max_bytes` of payload, but at
    /// least one if there is one: each with its end, which is the watermark once it is applied.
    /// Gives how many there were; none means that everything appended has been read.
    ///
    /// Blocks on the disk, so call it where blocking is allowed.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] at the first byte that is not a sound record: the records before
    /// it have been shown, and this error comes again with every further call.
    /// [`JournalError::Released`] and [`JournalError::Ahead`] when the journal does not have what
    /// comes after the position. What `show` fails with ends the reading after that record.
    pub fn read<E: From<JournalError>>(
        &mut self,
        max_records: usize,
        max_bytes: usize,
        mut show: impl FnMut(Position, &[u8]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let (mut records, mut bytes) = (0, 0);
        while records < max_records.max(1) && (records == 0 || bytes < max_bytes) {
            match self.next_record() {
                Ok(Some((position, payload))) => {
                    bytes += payload.len();
                    records += 1;
                    show(position, payload)?;
                }
                Ok(None) => break,
                // Returned by the next call, after these have been taken care of.
                Err(_) if records > 0 => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(records)
    }

    fn next_record(&mut self) -> Result<Option<(Position, &[u8])>, JournalError> {
        loop {
            let step = match &mut self.open {
                Some((cursor, end)) => cursor.step(*end)?,
                None => Step::End,
            };
            match step {
                Step::Record => break,
                Step::End if self.advance()? => {}
                Step::End => return Ok(None),
                Step::Blank => return Err(self.damaged("records are missing from here on")),
                Step::Damaged(reason) => return Err(self.damaged(&reason)),
            }
        }
        let Some((cursor, _)) = &self.open else { return Ok(None) };
        self.position.offset = cursor.offset();
        Ok(Some((self.position, cursor.payload())))
    }

    /// Makes what follows the position readable; `false` when nothing does.
    fn advance(&mut self) -> Result<bool, JournalError> {
        let Some(end) = self.seek()? else { return Ok(false) };
        let Position { segment, offset } = self.position;
        self.open = match self.open.take() {
            Some((cursor, _)) if cursor.segment() == segment => Some((cursor, end)),
            _ => Some((self.open_segment(segment, offset)?, end)),
        };
        Ok(true)
    }

    /// Moves over ends of segments to where there is a record, and returns how far that segment
    /// may be read. `None`: there is no record yet.
    fn seek(&mut self) -> Result<Option<u64>, JournalError> {
        let log = self.shared.log();
        let first = log.first();
        if self.position == Position::START {
            self.position = first;
        }
        log.check_not_ahead(self.position)?;
        if self.position.segment < first.segment {
            return Err(JournalError::Released { position: self.position, first });
        }
        while self.position < log.end() {
            let segment = self.position.segment;
            match log.end_of(segment) {
                None => return Err(JournalError::Damaged(DamageReport::missing(segment))),
                Some(end) if end > self.position.offset => return Ok(Some(end)),
                Some(_) => {
                    self.position = first_position(segment + 1);
                    self.open = None;
                }
            }
        }
        Ok(None)
    }

    fn open_segment(&self, segment: u64, offset: u64) -> Result<Cursor, JournalError> {
        let directory = self.shared.log().directory.clone();
        let file = open_to_read(&directory, segment)?
            .ok_or_else(|| JournalError::Damaged(DamageReport::missing(segment)))?;
        let header = read_header(&file).map_err(|source| JournalError::Read { segment, source })?;
        match check_header(&header, segment)? {
            Some(reason) => Err(JournalError::Damaged(DamageReport {
                segment,
                offset: 0,
                reason,
                set_aside: None,
            })),
            None => Ok(Cursor::new(file, segment, offset.max(SEGMENT_HEADER_BYTES))),
        }
    }

    fn damaged(&self, reason: &str) -> JournalError {
        let Position { segment, offset } = self.position;
        JournalError::Damaged(DamageReport {
            segment,
            offset,
            reason: reason.to_owned(),
            set_aside: None,
        })
    }
}
