use std::{collections::HashSet, fs, thread};

use super::*;
use crate::journal::JournalError;

#[test]
fn records_are_read_as_appended_across_segments_and_restarts() {
    let directory = directory();
    let expected = sample(100);
    let positions = write(directory.path(), &expected);
    assert!(positions.is_sorted() && positions.last().unwrap().segment > 10);

    let (journal, recovery) = open(directory.path());
    let records = read_all(&mut journal.reader(Position::START));
    assert_eq!(records.iter().map(|record| record.position).collect::<Vec<_>>(), positions);
    assert_eq!(payloads(&journal), expected);
    assert_eq!(recovery.last, *positions.last().unwrap());
    assert_eq!((recovery.truncated_bytes, recovery.damaged), (0, vec![]));
}

#[test]
fn a_position_is_never_handed_out_twice_even_after_restarts_without_records() {
    let directory = directory();
    let mut last = Position::START;
    for _ in 0..4 {
        drop(open(directory.path()));
        let (journal, recovery) = open(directory.path());
        let position = journal.append(b"x").unwrap();
        assert!(position > last && position > recovery.last);
        last = position;
    }
}

#[test]
fn what_32_threads_append_is_there_exactly_once_and_in_the_order_of_positions() {
    let directory = directory();
    let (journal, _) = open(directory.path());
    let mut acknowledged: Vec<(Position, Vec<u8>)> = thread::scope(|scope| {
        let writers: Vec<_> = (0..32)
            .map(|writer| {
                let journal = &journal;
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for index in 0..200 {
                        let payload = format!("{writer}/{index}").into_bytes();
                        acknowledged.push((journal.append(&payload).unwrap(), payload));
                    }
                    assert!(acknowledged.is_sorted());
                    acknowledged
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    acknowledged.sort();
    let read: Vec<(Position, Vec<u8>)> = read_all(&mut journal.reader(Position::START))
        .into_iter()
        .map(|record| (record.position, record.payload.clone()))
        .collect();
    assert_eq!(read.len(), 32 * 200);
    assert_eq!(read.iter().map(|(position, _)| position).collect::<HashSet<_>>().len(), 32 * 200);
    assert_eq!(read, acknowledged);
}

#[test]
fn what_nothing_depends_on_has_a_small_reserve_beyond_the_limit() {
    let directory = directory();
    let options = JournalOptions { backlog_limit_bytes: 1000, ..SMALL };
    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    let record = [b'r'; 92];
    for _ in 0..10 {
        journal.append(&record).unwrap();
    }
    assert!(journal.append_in_reserve(&record).is_ok(), "100 bytes of 125");
    let refused = journal.append_in_reserve(&record);
    assert!(matches!(refused, Err(JournalError::BacklogLimit { .. })));
    journal.append_beyond_limit(&record).unwrap();
}

#[test]
fn the_backlog_limit_refuses_until_records_are_applied() {
    let directory = directory();
    let options = JournalOptions { backlog_limit_bytes: 1000, ..SMALL };
    let (journal, _) = Journal::open(directory.path(), options).unwrap();
    let mut positions = Vec::new();
    let error = loop {
        match journal.append(&[1; 100]) {
            Ok(position) => positions.push(position),
            Err(error) => break error,
        }
    };
    let text = error.to_string();
    assert!(matches!(error, JournalError::BacklogLimit { limit_bytes: 1000, backlog_bytes: 972 }));
    assert_eq!(positions.len(), 9);
    assert_eq!(journal.state().backlog_bytes, 972);
    assert_eq!(journal.state().last_error, Some(text));

    journal.append_beyond_limit(&[2; 100]).unwrap();
    journal.applied(positions[0]).unwrap();
    assert!(matches!(journal.append(&[1; 100]), Err(JournalError::BacklogLimit { .. })));
    journal.applied(positions[1]).unwrap();
    journal.applied(positions[0]).unwrap();
    journal.append(&[3; 100]).unwrap();
    assert_eq!(payloads(&journal).len(), 11);
}

#[test]
fn the_backlog_of_an_earlier_run_counts_until_it_is_applied() {
    let directory = directory();
    let positions = write(directory.path(), &sample(50));
    let (journal, recovery) = open(directory.path());
    let total: usize = sample(50).iter().map(|payload| payload.len() + 8).sum();
    assert_eq!(journal.state().backlog_bytes, total as u64);
    journal.applied(positions[49]).unwrap();
    assert_eq!(journal.state().backlog_bytes, 0);
    assert_eq!(journal.state().released, recovery.first);
}

#[test]
fn released_segments_are_deleted_and_the_one_of_the_watermark_is_kept() {
    let directory = directory();
    let positions = write(directory.path(), &sample(50));
    let (journal, _) = open(directory.path());
    let watermark = positions[20];
    journal.release(watermark).unwrap();
    let state = journal.state();
    assert_eq!(state.released, Position { segment: watermark.segment, offset: 16 });
    assert_eq!(state.applied, watermark);
    let files = fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(files, state.segments + 1, "the segments and the lock");

    drop(journal);
    let (journal, _) = open(directory.path());
    let rest = read_all(&mut journal.reader(watermark));
    assert_eq!(rest.len(), 29);
    assert!(matches!(
        journal.reader(positions[0]).next_batch(1, 1),
        Err(JournalError::Released { .. })
    ));
}

#[test]
fn records_that_could_never_be_read_again_are_refused() {
    let directory = directory();
    let (journal, _) = open(directory.path());
    assert!(matches!(journal.append(&[]), Err(JournalError::Empty)));
    assert!(matches!(
        journal.append(&[0; 201]),
        Err(JournalError::TooLarge { bytes: 201, limit_bytes: 200 })
    ));
    journal.append(&[0; 200]).unwrap();
    assert_eq!(payloads(&journal), [vec![0; 200]]);
}
