use std::{
    fs::File,
    io,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use super::*;
use crate::journal::{JournalError, disk::SyncFile};

/// A disk whose syncs end when the test says so.
struct SlowDisk {
    started: Receiver<()>,
    end: Sender<io::Result<()>>,
}

fn slow_disk() -> (SlowDisk, SyncFile) {
    let (start, started) = channel();
    let (end, ended) = channel();
    let (start, ended) = (Mutex::new(start), Mutex::new(ended));
    let sync_file = move |file: &File| {
        // The test may be over while the journal is closed: nobody listens then.
        start.lock().unwrap().send(()).ok();
        ended.lock().unwrap().recv().unwrap_or(Ok(()))?;
        file.sync_data()
    };
    (SlowDisk { started, end }, Box::new(sync_file))
}

/// Without waiters this journal syncs once and then not for an hour.
fn open_on(directory: &Path, sync_file: SyncFile) -> Arc<Journal> {
    let pause = Duration::from_hours(1);
    Journal::open_with(directory, SMALL, sync_file, pause).unwrap().0
}

fn broken() -> io::Result<()> {
    Err(io::Error::other("the disk is gone"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_wait_share_the_sync_that_starts_when_the_last_one_has_ended() {
    let directory = directory();
    let (disk, sync_file) = slow_disk();
    let journal = open_on(directory.path(), sync_file);
    let wait = |position| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move { journal.durable(position).await })
    };
    let first = journal.append(b"first").unwrap();
    let first_waits = wait(first);
    disk.started.recv().unwrap();

    let second = journal.append(b"second").unwrap();
    let third = journal.append(b"third").unwrap();
    let (second_waits, third_waits) = (wait(second), wait(third));
    assert!(journal.state().durable < first && !first_waits.is_finished());

    disk.end.send(Ok(())).unwrap();
    first_waits.await.unwrap().unwrap();
    disk.started.recv().unwrap();
    assert_eq!(journal.state().durable, first);
    assert!(!second_waits.is_finished() && !third_waits.is_finished());

    disk.end.send(Ok(())).unwrap();
    second_waits.await.unwrap().unwrap();
    third_waits.await.unwrap().unwrap();
    assert_eq!(journal.state().durable, third);
    assert!(disk.started.try_recv().is_err(), "two syncs were enough");
}

#[test]
fn what_nobody_waits_for_is_synced_too() {
    let directory = directory();
    let (disk, sync_file) = slow_disk();
    let (journal, _) =
        Journal::open_with(directory.path(), SMALL, sync_file, Duration::ZERO).unwrap();
    for _ in 0..3 {
        while !journal.shared.syncing.is_idle() {
            thread::yield_now();
        }
        journal.append(b"unawaited").unwrap();
        disk.started.recv().unwrap();
        disk.end.send(Ok(())).unwrap();
    }
    // The disk is gone before the journal, which ends all the same.
    drop(disk);
    drop(journal);
}

#[tokio::test]
async fn whoever_waits_cuts_short_the_pause_between_unawaited_syncs() {
    let directory = directory();
    let journal = open_on(directory.path(), Box::new(File::sync_data));
    // The thread is met on its way into the pause at first, and in it later.
    for yields in 0..100 {
        let position = journal.append(b"x").unwrap();
        for _ in 0..yields {
            thread::yield_now();
        }
        journal.durable(position).await.unwrap();
    }
}

#[tokio::test]
async fn closing_syncs_what_is_left() {
    let directory = directory();
    let syncs = Arc::new(AtomicUsize::new(0));
    let sync_file: SyncFile = Box::new({
        let syncs = Arc::clone(&syncs);
        move |file: &File| {
            syncs.fetch_add(1, Ordering::SeqCst);
            file.sync_data()
        }
    });
    let journal = open_on(directory.path(), sync_file);
    let first = journal.append(b"first").unwrap();
    journal.durable(first).await.unwrap();
    journal.append(b"second").unwrap();
    drop(journal);
    assert_eq!(syncs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failed_sync_fails_those_who_wait_and_everything_after_it() {
    let directory = directory();
    let (disk, sync_file) = slow_disk();
    let journal = open_on(directory.path(), sync_file);
    let position = journal.append(b"in doubt").unwrap();
    disk.end.send(broken()).unwrap();
    disk.end.send(Ok(())).unwrap();
    let error = journal.durable(position).await.unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    assert!(matches!(journal.append(b"refused"), Err(JournalError::Sync { .. })));
    assert!(matches!(journal.durable(position).await, Err(JournalError::Sync { .. })));
    assert_eq!(journal.state().last_error, Some(error.to_string()));

    drop(journal);
    let (journal, _) = open(directory.path());
    assert_eq!(payloads(&journal), [b"in doubt"]);
}

#[tokio::test]
async fn a_segment_that_cannot_be_synced_is_not_left_for_the_next_one() {
    let directory = directory();
    let (disk, sync_file) = slow_disk();
    let journal = open_on(directory.path(), sync_file);
    disk.end.send(Ok(())).unwrap();
    let kept = journal.append(&[1; 200]).unwrap();
    journal.durable(kept).await.unwrap();

    disk.end.send(broken()).unwrap();
    disk.end.send(Ok(())).unwrap();
    assert!(matches!(journal.append(&[2; 200]), Err(JournalError::Sync { .. })));
    assert!(matches!(journal.append(b"fits"), Err(JournalError::Sync { .. })));
    assert_eq!((journal.state().segments, journal.appended()), (1, kept));
    journal.durable(kept).await.unwrap();
}

#[test]
fn a_sync_that_begins_while_another_one_fails_does_not_succeed() {
    let directory = directory();
    let (disk, sync_file) = slow_disk();
    let journal = open_on(directory.path(), sync_file);
    let position = journal.append(&[1; 200]).unwrap();
    let waiting = thread::spawn({
        let journal = Arc::clone(&journal);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        move || runtime.block_on(journal.durable(position))
    });
    disk.started.recv().unwrap();
    let rotating = thread::spawn({
        let journal = Arc::clone(&journal);
        move || journal.append(&[2; 200])
    });
    disk.end.send(broken()).unwrap();
    disk.end.send(Ok(())).unwrap();
    assert!(matches!(rotating.join().unwrap(), Err(JournalError::Sync { .. })));
    assert!(matches!(waiting.join().unwrap(), Err(JournalError::Sync { .. })));
    assert_eq!(journal.state().segments, 1);
}

#[tokio::test]
async fn a_position_that_was_never_appended_is_not_waited_for() {
    let directory = directory();
    let (journal, recovery) = open(directory.path());
    journal.durable(recovery.last).await.unwrap();
    let position = journal.append(b"x").unwrap();
    let next = Position { offset: position.offset + 1, ..position };
    assert!(matches!(journal.durable(next).await, Err(JournalError::Ahead { .. })));
    journal.durable(position).await.unwrap();
}
