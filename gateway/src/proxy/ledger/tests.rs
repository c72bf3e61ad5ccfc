//! The way from the journal into the database, with more records than are held at once.

use std::{fs, os::unix::fs::FileExt, path::Path};

use shared::{
    Id, Money, Timestamp,
    id::{Node, Request},
    receipt::{Outcome, TokenCounts},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{
    audit::{Place, verify_database},
    call::{Charge, CostLine, Finish, Record, Recorded, TokenClass, Verdicts},
    journal::{Journal, JournalOptions},
    kernel::config::JournalPlace,
    proxy::ledger::writer::PORTION_RECORDS,
    storage::tables::{
        billing_state, budget_windows, correction_lines,
        spend::{self, Cut},
        watermarks,
    },
};

const COST: Money = Money::from_nanos(7);
/// More than three portions, an intent and a finish for each.
const CALLS: u128 = 3 * PORTION_RECORDS as u128 / 2 + 11;

struct Books {
    directory: TempDir,
    database: Database,
    node: shared::id::NodeId,
}

impl Books {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("books.db").display());
        let database = Database::open(&url).await.unwrap();
        Self { directory, database, node: Id::<Node>::from_uuid(Uuid::from_u128(1)) }
    }

    fn journal_directory(&self) -> std::path::PathBuf {
        self.directory.path().join("journal")
    }

    fn journal(&self) -> std::sync::Arc<Journal> {
        Journal::open(&self.journal_directory(), JournalOptions::default()).unwrap().0
    }

    async fn calls(&self) -> usize {
        calls::page(&self.database, None, 10_000).await.unwrap().len()
    }

    /// The links of the calls' chain, which is whole.
    async fn links(&self) -> u64 {
        let report = verify_database(&self.database, &[], &mut |_| {}).await.unwrap();
        assert_eq!(report.findings, []);
        report.chains.iter().map(|chain| chain.links).sum()
    }

    async fn settled(&self) -> i64 {
        let windows =
            budget_windows::list_since(&self.database, self.node.uuid(), 0).await.unwrap();
        windows.iter().map(|window| window.spent_nanos).sum()
    }
}

fn finish(number: u128) -> Finish {
    Finish {
        request_id: Id::<Request>::from_uuid(Uuid::from_u128(number)),
        started_at: Timestamp::from_micros(1_790_000_000_000_000),
        duration_micros: 5,
        surface: "openai_chat".into(),
        outcome: Outcome::Finished,
        status: 200,
        problem: None,
        user: None,
        team: None,
        key: None,
        model: "m".to_owned(),
        asked_model: None,
        provider: Some("p".to_owned()),
        upstream_model: None,
        tokens: TokenCounts { input: 7, ..TokenCounts::default() },
        lines: vec![CostLine {
            class: TokenClass::Input,
            tokens: 7,
            price: Money::from_nanos(1_000_000),
            cost: COST,
        }],
        cost: COST,
        is_estimated: false,
        is_priced: true,
        price_version: None,
        service_tier: None,
        raw_usage: None,
        charges: vec![Charge {
            budget: Id::from_uuid(Uuid::from_u128(2)),
            window_start: Timestamp::from_micros(1),
            is_leased: false,
        }],
        verdicts: Verdicts::default(),
    }
}

fn append_calls(journal: &Journal) {
    for number in 1..=CALLS {
        let finish = finish(number);
        let intent = Record::Intent { so_far: &finish, worst_case: COST };
        journal.append(&intent.to_bytes()).unwrap();
        journal.append(&Record::Finish(&finish).to_bytes()).unwrap();
    }
}

#[tokio::test]
async fn many_records_are_applied_once_each_and_with_their_place() {
    let books = Books::new().await;
    let journal = books.journal();
    append_calls(&journal);
    let recovered =
        recover(books.database.clone(), journal, books.node, JournalPlace::Files).await.unwrap();
    assert_eq!(recovered.1, 0, "every call has its end");
    drop(recovered);
    let calls = usize::try_from(CALLS).unwrap();
    assert_eq!(books.calls().await, calls);
    assert_eq!(books.settled().await, i64::try_from(CALLS).unwrap() * COST.nanos());

    // Another start reads all of them again and applies none.
    drop(
        recover(books.database.clone(), books.journal(), books.node, JournalPlace::Files)
            .await
            .unwrap(),
    );
    assert_eq!(books.calls().await, calls);
    assert_eq!(books.settled().await, i64::try_from(CALLS).unwrap() * COST.nanos());
    assert_eq!(books.links().await, u64::try_from(CALLS).unwrap());
}

#[tokio::test]
async fn a_batch_that_the_database_refuses_leaves_no_gap_in_the_chain() {
    let books = Books::new().await;
    let journal = books.journal();
    let (mut writer, _) = recover(
        books.database.clone(),
        std::sync::Arc::clone(&journal),
        books.node,
        JournalPlace::Files,
    )
    .await
    .unwrap();
    append_calls(&journal);
    // The last call is there already, so that all portions before it are written in vain.
    let mut tx = books.database.begin().await.unwrap();
    let in_the_way = Id::<Request>::from_uuid(Uuid::from_u128(CALLS));
    let mut batch = batch::Batch::after(books::Books { place: Place::START, closed_until: 0 });
    batch.add(Id::from_uuid(Uuid::from_u128(9)), *owned(&finish(CALLS)));
    batch.write_rows(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..2 {
        let refused = writer.apply_some().await;
        assert!(matches!(refused, Err(ApplyError::Storage(StorageError::Conflict(_)))));
    }
    let mut tx = books.database.begin().await.unwrap();
    calls::delete(&mut tx, &[in_the_way.uuid()]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(writer.apply_some().await.unwrap());
    assert_eq!(books.links().await, u64::try_from(CALLS).unwrap());

    // After a crash the next start goes on where the database is.
    drop(writer);
    let (mut writer, _) = recover(
        books.database.clone(),
        std::sync::Arc::clone(&journal),
        books.node,
        JournalPlace::Files,
    )
    .await
    .unwrap();
    journal.append(&Record::Finish(&finish(CALLS + 1)).to_bytes()).unwrap();
    assert!(writer.apply_some().await.unwrap());
    assert_eq!(books.links().await, u64::try_from(CALLS).unwrap() + 1);
}

#[tokio::test]
async fn a_writer_that_does_not_know_of_its_commit_goes_on_where_the_database_is() {
    let books = Books::new().await;
    let journal = books.journal();
    let (mut behind, _) = recover(
        books.database.clone(),
        std::sync::Arc::clone(&journal),
        books.node,
        JournalPlace::Files,
    )
    .await
    .unwrap();
    append_calls(&journal);
    // Another writer stands for the commit whose answer was lost.
    drop(
        recover(
            books.database.clone(),
            std::sync::Arc::clone(&journal),
            books.node,
            JournalPlace::Files,
        )
        .await,
    );
    let calls = usize::try_from(CALLS).unwrap();
    assert_eq!(books.calls().await, calls);
    journal.append(&Record::Finish(&finish(CALLS + 1)).to_bytes()).unwrap();
    while behind.apply_some().await.unwrap() {}
    assert_eq!(books.calls().await, calls + 1);
    assert_eq!(books.links().await, u64::try_from(CALLS).unwrap() + 1);
    assert_eq!(books.settled().await, i64::try_from(CALLS + 1).unwrap() * COST.nanos());
}

#[tokio::test]
async fn a_call_whose_end_nobody_saw_has_a_line_for_all_that_was_reserved() {
    let books = Books::new().await;
    let journal = books.journal();
    let so_far = Finish { lines: Vec::new(), tokens: TokenCounts::default(), ..finish(1) };
    let worst_case = Money::from_nanos(40);
    let intent = Record::Intent { so_far: &so_far, worst_case };
    journal.append(&intent.to_bytes()).unwrap();
    let (_, cut_off) =
        recover(books.database.clone(), journal, books.node, JournalPlace::Files).await.unwrap();
    assert_eq!(cut_off, 1);
    let lines = calls::cost_lines_of(&books.database, &[Uuid::from_u128(1)]).await.unwrap();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&*line.token_class, line.tokens, line.cost_nanos), ("reserved", 1, 40));
    assert_eq!(books.settled().await, 40);
}

#[tokio::test]
async fn a_call_that_comes_after_its_month_was_closed_counts_in_the_next() {
    let books = Books::new().await;
    let journal = books.journal();
    let (mut writer, _) = recover(
        books.database.clone(),
        std::sync::Arc::clone(&journal),
        books.node,
        JournalPlace::Files,
    )
    .await
    .unwrap();
    journal.append(&Record::Finish(&finish(1)).to_bytes()).unwrap();
    assert!(writer.apply_some().await.unwrap());
    let started_at = finish(1).started_at.micros();
    let hour = 3_600_000_000;
    let end_of_month = started_at - started_at % hour + hour;
    let mut tx = books.database.begin().await.unwrap();
    billing_state::close(&mut tx, end_of_month).await.unwrap();
    tx.commit().await.unwrap();
    journal.append(&Record::Finish(&finish(2)).to_bytes()).unwrap();
    while writer.apply_some().await.unwrap() {}

    let ids = [1, 2].map(Uuid::from_u128);
    let usage = calls::cost_lines_of(&books.database, &ids).await.unwrap();
    assert_eq!(usage.iter().map(|line| line.call_id).collect::<Vec<_>>(), ids[..1]);
    let late = correction_lines::of_calls(&books.database, &ids).await.unwrap();
    let [line] = &late[..] else { panic!("{late:?}") };
    assert_eq!(
        (line.call_id, line.booked_at, line.cost_nanos),
        (ids[1], end_of_month, COST.nanos())
    );
    let cut = |from, until| Cut { from, until, ..Cut::default() };
    for (cut, calls) in [(cut(0, end_of_month), 1), (cut(end_of_month, i64::MAX), 1)] {
        let mut snapshot = books.database.snapshot().await.unwrap();
        let rows = spend::by_model(&mut snapshot, &cut).await.unwrap();
        assert_eq!((rows[0].calls, rows[0].cost_nanos), (calls, COST.nanos()));
    }
    assert_eq!(books.links().await, 2);
    assert_eq!(books.settled().await, 2 * COST.nanos(), "its budget counts it when it was");
}

/// As the journal gives it back.
fn owned(finish: &Finish) -> Box<Finish<String>> {
    match writer::record::<crate::call::CallId, String>(&Record::Finish(finish).to_bytes()) {
        Ok(Recorded::Finish(finish)) => finish,
        _ => panic!("a finish comes back as one"),
    }
}

#[tokio::test]
async fn what_comes_before_damage_is_applied_and_the_damage_is_told_again_and_again() {
    let books = Books::new().await;
    let journal = books.journal();
    let (mut writer, _) = recover(
        books.database.clone(),
        std::sync::Arc::clone(&journal),
        books.node,
        JournalPlace::Files,
    )
    .await
    .unwrap();
    append_calls(&journal);
    damage_the_last_record(&books.journal_directory());
    assert!(writer.apply_some().await.unwrap());
    assert_eq!(books.calls().await, usize::try_from(CALLS).unwrap() - 1);
    let mark = watermarks::find(&books.database, books.node.uuid()).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(writer.apply_some().await, Err(ApplyError::Journal(_))));
    }
    assert_eq!(watermarks::find(&books.database, books.node.uuid()).await.unwrap(), mark);
}

/// Flips the last byte that is not reserved space.
fn damage_the_last_record(directory: &Path) {
    let segment = directory.join("segment-000000000001.journal");
    let bytes = fs::read(&segment).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let file = fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.write_all_at(&[!bytes[last]], last as u64).unwrap();
}

#[tokio::test]
async fn a_call_that_was_cut_off_has_a_line_of_all_that_was_reserved_for_it_at_last() {
    let books = Books::new().await;
    let journal = books.journal();
    let so_far = Finish { lines: Vec::new(), cost: Money::ZERO, ..finish(1) };
    let most = Money::from_nanos(90);
    for worst_case in [Money::from_nanos(50), most] {
        let intent = Record::Intent { so_far: &so_far, worst_case };
        journal.append(&intent.to_bytes()).unwrap();
    }
    let (_, cut_off) =
        recover(books.database.clone(), journal, books.node, JournalPlace::Files).await.unwrap();
    assert_eq!(cut_off, 1, "what grew on its way is still one call");
    let id = so_far.request_id.uuid();
    let lines = calls::cost_lines_of(&books.database, &[id]).await.unwrap();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&*line.token_class, line.cost_nanos), ("reserved", most.nanos()));
    let row = calls::find_all(&books.database, &[id]).await.unwrap().remove(0);
    assert_eq!((row.cost_nanos, row.is_estimated), (most.nanos(), 1));
    assert_eq!(books.settled().await, most.nanos());
}
