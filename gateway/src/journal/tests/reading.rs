use super::*;
use crate::journal::JournalError;

#[test]
fn a_batch_is_bounded_by_records_and_by_bytes_and_is_never_empty_early() {
    let directory = directory();
    let (journal, _) = open(directory.path());
    for _ in 0..20 {
        journal.append(&[7; 50]).unwrap();
    }
    let mut reader = journal.reader(Position::START);
    assert_eq!(reader.next_batch(3, usize::MAX).unwrap().len(), 3);
    assert_eq!(reader.next_batch(100, 120).unwrap().len(), 3);
    assert_eq!(reader.next_batch(100, 1).unwrap().len(), 1);
    assert_eq!(reader.next_batch(100, usize::MAX).unwrap().len(), 13);
    assert_eq!(reader.next_batch(100, usize::MAX).unwrap(), []);
    journal.append(b"more").unwrap();
    assert_eq!(reader.next_batch(100, 100).unwrap()[0].payload, &b"more"[..]);
}

#[test]
fn a_reader_that_starts_at_a_position_gets_exactly_what_follows_it() {
    let directory = directory();
    let positions = write(directory.path(), &sample(40));
    let (journal, _) = open(directory.path());
    for (index, position) in positions.iter().enumerate() {
        let rest = read_all(&mut journal.reader(*position));
        assert_eq!(rest.len(), 39 - index);
    }
}

#[test]
fn an_inspection_shows_every_record_that_can_be_read_and_where_it_ends() {
    let directory = directory();
    let payloads = sample(40);
    let positions = write(directory.path(), &payloads);
    let mut shown = Vec::new();
    let report =
        Journal::inspect(directory.path(), |end, payload| shown.push((end, payload.to_vec())));
    assert_eq!(report.unwrap().records(), 40);
    assert!(shown.iter().map(|(end, _)| *end).eq(positions));
    assert!(shown.into_iter().map(|(_, payload)| payload).eq(payloads));
}

#[test]
fn a_position_after_the_end_is_refused_as_one_of_another_journal() {
    let directory = directory();
    let (journal, _) = open(directory.path());
    let elsewhere = Position { segment: 57, offset: 1234 };
    let error = journal.reader(elsewhere).next_batch(1, 1).unwrap_err();
    assert!(matches!(error, JournalError::Ahead { .. }), "{error}");
    assert!(matches!(journal.applied(elsewhere), Err(JournalError::Ahead { .. })));
    assert!(matches!(journal.release(elsewhere), Err(JournalError::Ahead { .. })));
}
