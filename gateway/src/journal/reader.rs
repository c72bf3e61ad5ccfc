//! Reading the log in order.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

use bytes::Bytes;

use super::{
    Entry, JournalError, Position,
    record::{self, Decoded, HEADER_BYTES},
    segment,
};

const READ_BYTES: usize = 1024 * 1024;

/// Reads records one after the other; a reader of its own for each purpose.
pub struct Reader {
    directory: PathBuf,
    position: Position,
}

impl Reader {
    pub(super) fn new(directory: PathBuf, position: Position) -> Self {
        Self { directory, position: position.max(Position { segment: 1, offset: 0 }) }
    }

    /// Where the next record begins.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Goes back, to read again what could not be used.
    pub fn rewind(&mut self, position: Position) {
        self.position = position;
    }

    /// The next records, at most `limit` of them; empty at the end of the log. Blocks on the
    /// disk, so it belongs on a blocking thread.
    ///
    /// # Errors
    /// [`JournalError::Read`] where the disk refuses, [`JournalError::Damaged`] at a record that
    /// cannot be read although more follow.
    pub fn next_batch(&mut self, limit: usize) -> Result<Vec<Entry>, JournalError> {
        loop {
            let entries = self.read_segment(limit)?;
            if !entries.is_empty() {
                return Ok(entries);
            }
            let segments = segment::list(&self.directory).map_err(JournalError::Read)?;
            match segments.into_iter().find(|number| *number > self.position.segment) {
                Some(number) => self.position = Position { segment: number, offset: 0 },
                None => return Ok(Vec::new()),
            }
        }
    }

    fn read_segment(&mut self, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let Ok(mut file) = File::open(segment::path(&self.directory, self.position.segment)) else {
            return Ok(Vec::new());
        };
        file.seek(SeekFrom::Start(self.position.offset)).map_err(JournalError::Read)?;
        let mut bytes = Vec::new();
        let mut wanted = READ_BYTES;
        loop {
            file.by_ref()
                .take((wanted - bytes.len()) as u64)
                .read_to_end(&mut bytes)
                .map_err(JournalError::Read)?;
            let is_at_end = bytes.len() < wanted;
            match record::decode(&bytes) {
                Decoded::Whole(_) => break,
                Decoded::Incomplete if is_at_end => return Ok(Vec::new()),
                Decoded::Incomplete => wanted += READ_BYTES,
                Decoded::Damaged => {
                    return Err(JournalError::Damaged {
                        segment: self.position.segment,
                        offset: self.position.offset,
                    });
                }
            }
        }
        let bytes = Bytes::from(bytes);
        let mut entries = Vec::new();
        let mut start = 0;
        while entries.len() < limit
            && let Decoded::Whole(length) = record::decode(&bytes[start..])
        {
            let payload = bytes.slice(start + HEADER_BYTES..start + HEADER_BYTES + length);
            start += HEADER_BYTES + length;
            self.position.offset += (HEADER_BYTES + length) as u64;
            entries.push(Entry { end: self.position, payload });
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Arc};

    use proptest::prelude::*;

    use super::*;
    use crate::journal::{Journal, JournalOptions, Recovery};

    const OPTIONS: JournalOptions =
        JournalOptions { segment_bytes: 200, backlog_limit_bytes: u64::MAX };

    fn open(directory: &std::path::Path) -> (Arc<Journal>, Recovery) {
        Journal::open(directory, OPTIONS).unwrap()
    }

    fn read_all(journal: &Arc<Journal>) -> Vec<Vec<u8>> {
        let mut reader = journal.reader(Position::default());
        let mut all = Vec::new();
        loop {
            let batch = reader.next_batch(3).unwrap();
            if batch.is_empty() {
                return all;
            }
            all.extend(batch.into_iter().map(|entry| entry.payload.to_vec()));
        }
    }

    #[test]
    fn what_is_appended_is_read_in_order_across_segments_and_restarts() {
        let directory = tempfile::tempdir().unwrap();
        let expected: Vec<Vec<u8>> = (0..50).map(|n| format!("record {n}").into_bytes()).collect();
        for part in expected.chunks(7) {
            let (journal, _) = open(directory.path());
            for payload in part {
                journal.append(payload).unwrap();
            }
        }
        let (journal, recovery) = open(directory.path());
        assert_eq!(read_all(&journal), expected);
        assert!(recovery.last.segment > 1);
    }

    #[test]
    fn a_log_cut_at_any_byte_keeps_every_record_that_was_whole() {
        let directory = tempfile::tempdir().unwrap();
        let (journal, _) = open(directory.path());
        let ends: Vec<u64> = (0..4)
            .map(|n| journal.append(format!("record {n}").as_bytes()).unwrap().offset)
            .collect();
        drop(journal);
        let path = segment::path(directory.path(), 1);
        let whole = fs::read(&path).unwrap();
        for length in 0..=whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (journal, recovery) = open(directory.path());
            let kept = ends.iter().filter(|end| **end <= length as u64).count();
            assert_eq!(read_all(&journal).len(), kept, "cut at {length}");
            let last = if kept == 0 { 0 } else { ends[kept - 1] };
            assert_eq!(recovery.damaged_bytes, length as u64 - last);
        }
    }

    #[test]
    fn a_second_process_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (_journal, _) = open(directory.path());
        let error = Journal::open(directory.path(), OPTIONS).err().unwrap();
        assert!(error.to_string().contains("in use by another process"), "{error}");
    }

    #[test]
    fn past_the_backlog_limit_appends_are_refused_until_something_is_applied() {
        let directory = tempfile::tempdir().unwrap();
        let options = JournalOptions { segment_bytes: 1_000, backlog_limit_bytes: 20 };
        let (journal, _) = Journal::open(directory.path(), options).unwrap();
        journal.append(b"twenty-two bytes or so").unwrap();
        let error = journal.append(b"more").unwrap_err();
        assert!(matches!(error, JournalError::Backlog { limit_bytes: 20, .. }), "{error}");
        journal.applied(30);
        journal.append(b"more").unwrap();
    }

    #[test]
    fn records_of_many_threads_are_all_there_exactly_once() {
        let directory = tempfile::tempdir().unwrap();
        let (journal, _) = open(directory.path());
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let journal = &journal;
                scope.spawn(move || {
                    for n in 0..100 {
                        journal.append(format!("{thread}/{n}").as_bytes()).unwrap();
                    }
                });
            }
        });
        let mut all = read_all(&journal);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 800);
    }

    #[tokio::test]
    async fn a_record_is_durable_once_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let (journal, _) = open(directory.path());
        let position = journal.append(b"kept").unwrap();
        journal.durable(position).await.unwrap();
    }

    proptest! {
        #[test]
        fn one_flipped_byte_never_yields_a_record_that_was_not_appended(
            at in 0..60_usize, bit in 0..8_u8,
        ) {
            let directory = tempfile::tempdir().unwrap();
            let (journal, _) = open(directory.path());
            let expected: Vec<Vec<u8>> =
                (0..4).map(|n| format!("record {n}").into_bytes()).collect();
            for payload in &expected {
                journal.append(payload).unwrap();
            }
            drop(journal);
            let path = segment::path(directory.path(), 1);
            let mut bytes = fs::read(&path).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            fs::write(&path, bytes).unwrap();
            let (journal, _) = open(directory.path());
            let read = read_all(&journal);
            prop_assert!(expected.starts_with(&read), "{read:?}");
        }
    }
}
