//! What becomes of records that the journal does not take as they are.

use std::sync::{Arc, Mutex};

use shared::{
    Id, Money, Timestamp,
    id::{Request, RequestId},
    receipt::Outcome,
};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{
    call::{Recorded, Surface, Trail},
    journal::{JournalOptions, Position},
};

struct Nobody;

impl Observer for Nobody {
    fn finished(&self, _: &Finish) {}
}

struct Desk {
    _directory: TempDir,
    journal: Arc<Journal>,
    recorder: Arc<Recorder>,
}

impl Desk {
    fn new(backlog_limit_bytes: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = JournalOptions::for_backlog(backlog_limit_bytes);
        let (journal, _) = Journal::open(directory.path(), options).unwrap();
        let recorder = Recorder::new(Arc::clone(&journal), Durability::Group, Box::new(Nobody));
        Self { _directory: directory, journal, recorder: Arc::new(recorder) }
    }

    /// The ends of calls that are in the journal.
    fn ends(&self) -> Vec<Finish<String>> {
        let mut ends = Vec::new();
        let mut reader = self.journal.reader(Position::START);
        let mut read = 1;
        while read > 0 {
            read = reader
                .read(100, usize::MAX, |_, payload| {
                    let record = Recorded::<crate::call::CallId, String>::from_bytes(payload);
                    if let Ok(Recorded::Finish(finish)) = record {
                        ends.push(*finish);
                    }
                    Ok::<_, JournalError>(())
                })
                .unwrap();
        }
        ends
    }

    fn fill(&self) {
        while self.journal.append(&[0xc1; 64]).is_ok() {}
    }

    fn make_room(&self) {
        self.journal.applied(self.journal.appended()).unwrap();
    }

    fn call(&self, number: u128) -> Trail {
        let id = Id::<Request>::from_uuid(Uuid::from_u128(number));
        let now = Timestamp::from_micros(1);
        Trail::open(Arc::clone(&self.recorder), id, Surface::OpenAiChat, now)
    }
}

#[tokio::test]
async fn calls_are_refused_at_the_limit_and_those_under_way_are_recorded() {
    let desk = Desk::new(1 << 16);
    let mut under_way = desk.call(1);
    under_way.intend(Money::ZERO).await.unwrap();
    desk.fill();
    let mut refused = desk.call(2);
    assert!(refused.intend(Money::ZERO).await.is_err());
    under_way.intend_more(Money::from_dollars(1)).await.unwrap();
    drop(under_way);
    drop(refused);
    assert_eq!(desk.ends().len(), 2, "there is a reserve for saying what was refused");
}

#[tokio::test]
async fn refusals_wait_beyond_the_reserve_and_are_recorded_once_there_is_room() {
    let desk = Desk::new(1 << 16);
    desk.fill();
    for number in 0..50 {
        drop(desk.call(number));
    }
    let at_first = desk.ends().len();
    assert!(at_first < 50, "the reserve is small");
    let waiting = desk.journal.state().backlog_bytes;
    assert!(waiting <= (1 << 16) / 8 * 9, "the bound is a bound");
    for _ in 0..3 {
        desk.make_room();
        desk.recorder.pay_what_is_owed().unwrap();
        let state = desk.journal.state();
        assert!(state.backlog_bytes < state.backlog_limit_bytes * 3 / 4, "calls have room, too");
    }
    let mut ids: Vec<_> = desk.ends().iter().map(|end| end.request_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 50, "in order, and each once");
}

#[tokio::test]
async fn a_record_that_is_too_large_is_kept_without_its_text() {
    let desk = Desk::new(1 << 16);
    let mut call = desk.call(1);
    call.intend(Money::ZERO).await.unwrap();
    call.finish(super::super::Ending {
        outcome: Outcome::Finished,
        status: 200,
        problem: None,
        tokens: shared::receipt::TokenCounts { output: 7, ..Default::default() },
        lines: Vec::new(),
        is_estimated: false,
        raw_usage: Some("x".repeat(1 << 16)),
        service_tier: None,
    });
    let [end] = &desk.ends()[..] else { panic!("one call has ended") };
    assert_eq!((end.tokens.output, end.raw_usage.as_deref()), (7, None));
    desk.call(2).intend(Money::ZERO).await.unwrap();
}

/// Keeps intents, or refuses to.
#[derive(Clone, Default)]
struct Elsewhere {
    is_away: Arc<AtomicBool>,
    kept: Arc<Mutex<Vec<(RequestId, bool)>>>,
}

impl Elsewhere {
    fn answer(&self, call: RequestId, is_known: bool) -> Keeping<'_> {
        Box::pin(async move {
            if self.is_away.load(Ordering::Relaxed) {
                return Err(NotKept("it is away".into()));
            }
            self.kept.lock().unwrap().push((call, is_known));
            Ok(())
        })
    }
}

impl IntentKeeper for Elsewhere {
    fn keep(&self, call: RequestId, _: Vec<u8>) -> Keeping<'_> {
        self.answer(call, false)
    }

    fn keep_instead(&self, call: RequestId, _: Vec<u8>) -> Keeping<'_> {
        self.answer(call, true)
    }
}

#[tokio::test]
async fn an_intent_that_is_kept_nowhere_else_is_not_in_the_journal_either() {
    let elsewhere = Elsewhere::default();
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), JournalOptions::default()).unwrap();
    let recorder = Recorder::new(Arc::clone(&journal), Durability::Group, Box::new(Nobody))
        .with_keeper(Box::new(elsewhere.clone()));
    let desk = Desk { _directory: directory, journal, recorder: Arc::new(recorder) };
    elsewhere.is_away.store(true, Ordering::Relaxed);
    let before = desk.journal.appended();
    let mut call = desk.call(1);
    assert!(matches!(call.intend(Money::ZERO).await, Err(IntentError::NotKept(_))));
    assert_eq!(desk.journal.appended(), before, "no provider is asked for it");
    elsewhere.is_away.store(false, Ordering::Relaxed);
    call.intend(Money::ZERO).await.unwrap();
    call.intend(Money::ZERO).await.unwrap();
    call.intend_more(Money::from_dollars(1)).await.unwrap();
    let id = Id::from_uuid(Uuid::from_u128(1));
    assert_eq!(*elsewhere.kept.lock().unwrap(), [(id, false), (id, true), (id, true)]);
}
