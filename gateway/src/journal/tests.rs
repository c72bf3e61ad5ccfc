//! The journal against real files: every promise of the module's documentation has its tests.

mod any_order;
mod appending;
mod crash;
mod durability;
mod full_disk;
mod opening;
mod reading;
mod recovery;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tempfile::TempDir;

use super::{Journal, JournalError, JournalOptions, Position, Reader, Recovery};

/// Small enough that a handful of records fills a segment.
const SMALL: JournalOptions =
    JournalOptions { segment_bytes: 256, backlog_limit_bytes: 1 << 20, max_record_bytes: 200 };

/// A record as it was read.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    position: Position,
    payload: Vec<u8>,
}

impl Reader {
    fn next_batch(
        &mut self,
        max_records: usize,
        max_bytes: usize,
    ) -> Result<Vec<Record>, JournalError> {
        let mut records = Vec::new();
        self.read(max_records, max_bytes, |position, payload| {
            records.push(Record { position, payload: payload.to_vec() });
            Ok::<_, JournalError>(())
        })?;
        Ok(records)
    }
}

/// In memory where that is to be had: the tests open journals by the thousand, and each opening
/// waits for several syncs.
fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn open(directory: &Path) -> (Arc<Journal>, Recovery) {
    Journal::open(directory, SMALL).unwrap()
}

fn read_all(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let batch = reader.next_batch(7, 1000).unwrap();
        if batch.is_empty() {
            return records;
        }
        records.extend(batch);
    }
}

fn payloads(journal: &Journal) -> Vec<Vec<u8>> {
    let records = read_all(&mut journal.reader(Position::START));
    records.iter().map(|record| record.payload.clone()).collect()
}

/// Records of different lengths, each telling its own index.
fn sample(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|index| format!("{index}:{}", "x".repeat(index * 7 % 60)).into_bytes()).collect()
}

/// A journal of these records, closed again.
fn write(directory: &Path, payloads: &[Vec<u8>]) -> Vec<Position> {
    let (journal, _) = open(directory);
    payloads.iter().map(|payload| journal.append(payload).unwrap()).collect()
}

const CHILD_DIRECTORY: &str = "JOURNAL_TEST_CHILD_DIRECTORY";

/// The journal's directory when this process was started by [`child`].
fn child_directory() -> Option<PathBuf> {
    env::var_os(CHILD_DIRECTORY).map(PathBuf::from)
}

/// This test once more, in a process of its own, which may be killed or limited. A write over the
/// limit on file size fails there instead of ending the process.
fn child(test: &str, directory: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD_DIRECTORY, directory);
    command
}
