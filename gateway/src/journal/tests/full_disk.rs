use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;
use crate::journal::JournalError;

const TEST: &str =
    "journal::tests::full_disk::a_full_disk_refuses_records_and_takes_them_again_once_it_has_room";

/// A limit on the size of files fails writes as a full disk does: short at first, then with an
/// error. It needs no privileges, but it holds for a whole process.
#[test]
fn a_full_disk_refuses_records_and_takes_them_again_once_it_has_room() {
    if let Some(directory) = child_directory() {
        for room in 40..=90 {
            fill_and_make_room(&directory.join(room.to_string()), room);
        }
        return;
    }
    let output = child(TEST, directory().path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn fill_and_make_room(directory: &Path, room: u64) {
    let (journal, _) = open_with_room(directory, room);
    let record = [b'r'; 22];
    let mut accepted = 0;
    let error = loop {
        match journal.append(&record) {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert_eq!(accepted, (room - 16) / 30, "everything that fits is taken");
    assert_eq!(journal.state().last_error, Some(error.to_string()));
    let length = directory.join("segment-000000000001.journal").metadata().unwrap().len();
    assert_eq!(length, 16 + accepted * 30, "no part of the refused record is left");
    assert!(matches!(journal.append(&record), Err(JournalError::Full { .. })));
    assert!(matches!(journal.check(), Err(JournalError::Full { .. })), "nobody has to call for it");

    limit_file_size(None);
    journal.check().unwrap();
    assert_eq!(payloads(&journal).len() as u64, accepted, "trying the disk leaves no record");
    journal.append(b"there is room again").unwrap();
    drop(journal);
    let (journal, recovery) = open(directory);
    assert_eq!(recovery.damaged, []);
    let read = payloads(&journal);
    assert_eq!(read.len() as u64, accepted + 1);
    assert_eq!(read.last().unwrap(), b"there is room again");
}

fn open_with_room(directory: &Path, room: u64) -> (Arc<Journal>, Recovery) {
    fs::create_dir(directory).unwrap();
    limit_file_size(Some(room));
    open(directory)
}

fn limit_file_size(current: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current, maximum }).unwrap();
}
