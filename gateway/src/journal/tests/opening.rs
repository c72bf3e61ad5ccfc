use std::{fs, os::unix::fs::PermissionsExt};

use super::*;
use crate::journal::JournalError;

#[test]
fn a_second_process_is_refused_while_the_first_has_the_journal() {
    let directory = directory();
    let (journal, _) = open(directory.path());
    let error = Journal::open(directory.path(), SMALL).unwrap_err();
    assert!(matches!(error, JournalError::Locked { .. }));
    assert!(error.to_string().contains("in use by another process"), "{error}");
    assert!(matches!(Journal::verify(directory.path()), Err(JournalError::Locked { .. })));
    drop(journal);
    open(directory.path());
}

#[test]
fn a_directory_that_cannot_be_written_to_is_named_in_the_error() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    // Not even root can make files in the second one.
    for path in [file.as_path(), Path::new("/proc/self")] {
        let error = Journal::open(path, SMALL).unwrap_err();
        assert!(matches!(error, JournalError::Directory { .. }));
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
        assert!(text.ends_with("needs a journal directory that it can write to"), "{text}");
    }
}

#[test]
fn nobody_else_on_the_machine_can_read_the_records() {
    let directory = directory();
    let journal_directory = directory.path().join("made/by/the/journal");
    write(&journal_directory, &sample(30));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&journal_directory), 0o700);
    for entry in fs::read_dir(&journal_directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn sizes_with_which_a_record_could_never_be_appended_are_refused() {
    let directory = directory();
    let fits =
        JournalOptions { segment_bytes: 124, backlog_limit_bytes: 108, max_record_bytes: 100 };
    for (options, refused) in [
        (fits, false),
        (JournalOptions { segment_bytes: 123, ..fits }, true),
        (JournalOptions { backlog_limit_bytes: 107, ..fits }, true),
        (JournalOptions { max_record_bytes: 0, ..fits }, true),
        (JournalOptions::default(), false),
    ] {
        match Journal::open(directory.path(), options) {
            Ok((journal, _)) => {
                assert!(!refused, "{options:?}");
                journal.append(&vec![1; options.max_record_bytes as usize]).unwrap();
                journal.release(journal.appended()).unwrap();
            }
            Err(error) => {
                assert!(
                    refused && matches!(error, JournalError::Options(_)),
                    "{options:?}: {error}"
                );
            }
        }
    }
}

#[test]
fn records_larger_than_a_new_limit_are_still_read() {
    let directory = directory();
    write(directory.path(), &[vec![5; 200]]);
    let options = JournalOptions { segment_bytes: 64, max_record_bytes: 10, ..SMALL };
    let (journal, recovery) = Journal::open(directory.path(), options).unwrap();
    assert_eq!(recovery.damaged, []);
    assert_eq!(payloads(&journal), [vec![5; 200]]);
}

#[test]
fn a_position_survives_two_signed_columns() {
    let position = Position { segment: 7, offset: 1 << 40 };
    let (segment, offset) = position.columns();
    assert_eq!(Position::from_columns(segment, offset), position);
    assert_eq!(Position::from_columns(-1, 0), Position::START);
    let (huge, _) = Position { segment: u64::MAX, offset: 0 }.columns();
    assert_eq!(huge, i64::MAX);
}

#[test]
fn a_small_backlog_makes_small_segments_and_never_contradicts_itself() {
    for limit in [1 << 10, 1 << 20, 1 << 27, 1 << 30, 1 << 40] {
        let options = JournalOptions::for_backlog(limit);
        assert_eq!(options.check().unwrap().backlog_limit_bytes, limit);
        assert!(options.segment_bytes <= limit / 2);
    }
    assert_eq!(JournalOptions::for_backlog(1 << 30), JournalOptions::default());
}
