use std::fs;

use super::*;
use crate::journal::{JournalError, segment};

/// A journal in one segment, its records, and where each of them ends.
fn one_segment(directory: &Path) -> (Vec<u8>, Vec<Vec<u8>>, Vec<u64>) {
    let payloads = vec![b"alpha".to_vec(), vec![0; 9], b"record three".to_vec(), vec![255; 20]];
    let positions = write(directory, &payloads);
    let ends = positions.iter().map(|position| position.offset).collect();
    drop(open(directory));
    let bytes = fs::read(segment::path(directory, 1)).unwrap();
    (bytes, payloads, ends)
}

/// A directory with nothing but these bytes as its only segment.
fn restart_with(bytes: &[u8]) -> (TempDir, Arc<Journal>, Recovery) {
    let directory = directory();
    fs::write(segment::path(directory.path(), 1), bytes).unwrap();
    let (journal, recovery) = open(directory.path());
    (directory, journal, recovery)
}

#[test]
fn a_log_cut_off_at_any_byte_keeps_exactly_the_whole_records_before_it() {
    let (bytes, payloads_written, ends) = one_segment(directory().path());
    assert_eq!(bytes.len() as u64, *ends.last().unwrap(), "reserved space is given back");
    for length in 0..=bytes.len() {
        for reserved in [0, 100] {
            let mut cut = bytes[..length].to_vec();
            cut.resize(length + reserved, 0);
            let (_directory, journal, _) = restart_with(&cut);
            let whole = ends.iter().filter(|end| **end <= length as u64).count();
            let kept = payloads(&journal);
            // A record that ends in zeros is whole when the zeros are there anyway.
            let expected = if kept.len() > whole && reserved > 0 {
                assert!(
                    bytes[length..usize::try_from(ends[whole]).unwrap()].iter().all(|b| *b == 0)
                );
                whole + 1
            } else {
                whole
            };
            assert_eq!(kept, payloads_written[..expected], "cut at {length}");
            journal.append(b"afterwards").unwrap();
            assert_eq!(payloads(&journal).len(), expected + 1, "cut at {length}");
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_in_the_tail_is_reported_and_costs_only_what_follows() {
    let (bytes, payloads_written, ends) = one_segment(directory().path());
    for index in 16..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[index] ^= 1 << (index % 8);
        let (directory, journal, recovery) = restart_with(&flipped);
        let whole = ends.iter().filter(|end| **end <= index as u64).count();
        assert_eq!(payloads(&journal), payloads_written[..whole], "byte {index}");
        let [damage] = &recovery.damaged[..] else { panic!("byte {index}: {recovery:?}") };
        let sound_end = if whole == 0 { 16 } else { ends[whole - 1] };
        assert_eq!((damage.segment, damage.offset), (1, sound_end));
        assert_eq!(recovery.truncated_bytes, bytes.len() as u64 - sound_end);
        let kept = fs::read(damage.set_aside.as_ref().unwrap()).unwrap();
        assert_eq!(kept, flipped[usize::try_from(sound_end).unwrap()..], "nothing is destroyed");
        assert!(Journal::verify(directory.path()).is_err(), "it is in use");
        drop(journal);
        let report = Journal::verify(directory.path()).unwrap();
        assert!(report.is_sound() && report.set_aside.len() == 1);
    }
}

#[test]
fn damage_in_an_older_segment_is_reported_and_readers_stop_there() {
    let directory = directory();
    let expected = sample(60);
    let positions = write(directory.path(), &expected);
    let victim = positions[30];
    let path = segment::path(directory.path(), victim.segment);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(victim.offset - 1).unwrap()] ^= 1;
    fs::write(&path, &bytes).unwrap();

    let report = Journal::verify(directory.path()).unwrap();
    let (journal, recovery) = open(directory.path());
    assert_eq!(report.damaged, recovery.damaged);
    assert_eq!(recovery.damaged[0].segment, victim.segment);
    assert_eq!((recovery.damaged[0].set_aside.as_ref(), recovery.truncated_bytes), (None, 0));
    assert_eq!(fs::read(&path).unwrap(), bytes, "the evidence is left alone");

    let mut reader = journal.reader(Position::START);
    let mut read = Vec::new();
    let error = loop {
        match reader.next_batch(4, 1000) {
            Ok(batch) => read.extend(batch.iter().map(|record| record.payload.clone())),
            Err(error) => break error,
        }
    };
    assert_eq!(read, expected[..30]);
    let JournalError::Damaged(damage) = error else { panic!("{error}") };
    assert_eq!(damage, recovery.damaged[0]);
    assert!(reader.next_batch(4, 1000).is_err(), "it does not go on behind the damage");
    journal.append(b"appending goes on").unwrap();
}

#[test]
fn a_missing_segment_is_reported_and_readers_stop_there() {
    let directory = directory();
    write(directory.path(), &sample(60));
    fs::remove_file(segment::path(directory.path(), 4)).unwrap();
    assert_eq!(Journal::verify(directory.path()).unwrap().damaged[0].segment, 4);
    let (journal, recovery) = open(directory.path());
    assert_eq!(recovery.damaged[0].segment, 4);
    let mut reader = journal.reader(Position { segment: 3, offset: 16 });
    while let Ok(batch) = reader.next_batch(100, 10_000) {
        assert!(batch.iter().all(|record| record.position.segment < 4));
    }
    let error = reader.next_batch(1, 1).unwrap_err();
    assert!(error.to_string().contains("segment 4 is damaged at byte 0: its file is missing"));
}

#[test]
fn a_segment_of_a_newer_format_is_refused_and_left_alone() {
    let directory = directory();
    write(directory.path(), &sample(3));
    let path = segment::path(directory.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4] = 2;
    fs::write(&path, &bytes).unwrap();
    let error = Journal::open(directory.path(), SMALL).unwrap_err();
    assert!(matches!(error, JournalError::Version { segment: 1, found: 2, supported: 1 }));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_flipped_bit_in_the_header_of_the_tail_is_reported_and_nothing_is_destroyed() {
    let (bytes, ..) = one_segment(directory().path());
    for index in (0..4).chain(8..16) {
        let mut flipped = bytes.clone();
        flipped[index] ^= 4;
        let (_directory, journal, recovery) = restart_with(&flipped);
        let [damage] = &recovery.damaged[..] else { panic!("byte {index}: {recovery:?}") };
        assert_eq!((damage.segment, damage.offset), (1, 0));
        assert_eq!(fs::read(damage.set_aside.as_ref().unwrap()).unwrap(), flipped);
        assert!(payloads(&journal).is_empty());
        journal.append(b"afterwards").unwrap();
        assert_eq!(payloads(&journal), [b"afterwards"]);
    }
}

#[test]
fn bytes_in_the_reserved_space_are_reported_and_cost_no_record() {
    let (bytes, payloads_written, ends) = one_segment(directory().path());
    let end = *ends.last().unwrap();
    for index in 0..40 {
        let mut stray = bytes.clone();
        stray.resize(bytes.len() + 40, 0);
        stray[bytes.len() + index] = 1;
        let (_directory, journal, recovery) = restart_with(&stray);
        assert_eq!(payloads(&journal), payloads_written);
        assert_eq!((recovery.damaged[0].offset, recovery.truncated_bytes), (end, index as u64 + 1));
    }
}

#[test]
fn a_second_damage_of_the_same_segment_does_not_overwrite_the_first_one_set_aside() {
    let directory = directory();
    let (mut bytes, ..) = one_segment(directory.path());
    for expected in 1..=3 {
        bytes.push(b'!');
        let journal = directory.path().join("segment-000000000001.journal");
        fs::write(&journal, &bytes).unwrap();
        for later in Journal::verify(directory.path()).unwrap().segments.iter().skip(1) {
            fs::remove_file(segment::path(directory.path(), later.number)).unwrap();
        }
        drop(open(directory.path()));
        let set_aside = Journal::verify(directory.path()).unwrap().set_aside;
        let lengths: Vec<u64> =
            set_aside.iter().map(|path| path.metadata().unwrap().len()).collect();
        assert_eq!(lengths, (1..=expected).collect::<Vec<u64>>());
    }
}

#[test]
fn a_watermark_of_records_that_a_power_loss_took_never_skips_later_ones() {
    let directory = directory();
    let positions = write(directory.path(), &[vec![1; 50], vec![2; 50], vec![3; 50]]);
    let watermark = positions[2];
    let path = segment::path(directory.path(), 1);
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(positions[0].offset).unwrap();

    let (journal, recovery) = open(directory.path());
    assert_eq!((recovery.last, recovery.damaged), (positions[0], vec![]));
    let mut reader = journal.reader(watermark);
    assert_eq!(reader.next_batch(9, 9).unwrap(), []);
    for _ in 0..3 {
        assert!(journal.append(&[4; 10]).unwrap() > watermark);
    }
    assert_eq!(read_all(&mut reader).len(), 3);
    journal.applied(watermark).unwrap();
    assert_eq!(journal.state().backlog_bytes, 3 * 18);
}
