//! Closing months, and verifying what was written of them.

use std::{fs, path::Path};

use gateway::{
    audit::{AuditFilter, search},
    finance::{ClosingError, Verified, verify_files},
    kernel::Clock,
    storage::{
        Database,
        tables::{
            audit_heads::{self, AuditHeadRow},
            billing_periods::{self, BillingPeriodRow},
            billing_state, teams,
        },
    },
};
use sea_query::{Alias, Expr, ExprTrait, Query};
use shared::{Money, Timestamp};

use crate::billing::{
    Correction, HOUR, NODE, NOVEMBER, OCTOBER, add, call, correct, id_at, line, october, periods,
};

const SEPTEMBER: i64 = OCTOBER - 30 * 24 * HOUR;

fn clock() -> Clock {
    Clock::manual(Timestamp::from_micros(NOVEMBER + HOUR))
}

/// The calls of the fixture are links of their node's chain, up to here.
async fn set_head(database: &Database, sequence: i64) {
    let mut tx = database.begin().await.unwrap();
    let head = AuditHeadRow {
        node_id: NODE,
        chain: "calls".to_owned(),
        audit_sequence: sequence,
        audit_hash: vec![7; 32],
    };
    audit_heads::set(&mut tx, head).await.unwrap();
    tx.commit().await.unwrap();
}

/// A ledger whose September is closed; gives what October costs.
async fn ready(database: &Database, folder: &Path) -> Money {
    let cost = october(database).await;
    let periods = periods(database, &clock()).await;
    set_head(database, 9).await;
    periods.close("2026-09", &folder.join("2026-09"), &mut |_| {}).await.unwrap();
    Money::from_nanos(cost)
}

async fn verified(database: &Database, folder: &Path) -> Verified {
    periods(database, &clock()).await.verify(folder, &mut |_| {}).await.unwrap()
}

pub(crate) async fn a_month_is_closed_once_when_it_is_over_and_after_those_before(
    database: Database,
) {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    october(&database).await;
    let clock = Clock::manual(Timestamp::from_micros(NOVEMBER - 1));
    let periods = periods(&database, &clock).await;
    set_head(&database, 9).await;
    let mut tell = |_| {};
    let early = periods.close("2026-10", folder, &mut tell).await.unwrap_err();
    assert_eq!(
        early.to_string(),
        "2026-10 is not over: it can be closed from 2026-11-01T00:00:00Z on"
    );
    clock.set(Timestamp::from_micros(NOVEMBER));
    let skipped = periods.close("2026-10", folder, &mut tell).await.unwrap_err();
    let ClosingError::EarlierIsOpen { open, .. } = &skipped else { panic!("{skipped}") };
    assert_eq!(open, "2026-09");
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        0,
        "nothing is written of what is not closed"
    );
    assert_eq!(billing_state::closed_until(&database).await.unwrap(), 0);

    periods.close("2026-09", &folder.join("09"), &mut tell).await.unwrap();
    let closed = periods.close("2026-10", &folder.join("10"), &mut tell).await.unwrap();
    assert_eq!(billing_state::closed_until(&database).await.unwrap(), NOVEMBER);
    for month in ["2026-10", "2026-09", "2026-08"] {
        let again = periods.close(month, folder, &mut tell).await.unwrap_err();
        assert!(matches!(again, ClosingError::AlreadyClosed(_)), "{again}");
    }
    let listed = periods.list().await.unwrap();
    assert_eq!(listed.len(), 2);
    let totals = listed[1].sealed.as_ref().unwrap();
    assert_eq!((totals.calls, totals.cost), (closed.manifest.calls, closed.manifest.cost));
    assert_eq!(totals.manifest_sha256, closed.manifest.sha256());
}

pub(crate) async fn a_closed_month_verifies_whatever_comes_later(database: Database) {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("2026-10");
    let cost = ready(&database, directory.path()).await;
    let closing = periods(&database, &clock()).await;
    let closed = closing.close("2026-10", &folder, &mut |_| {}).await.unwrap();
    assert_eq!(closed.manifest.cost, cost);
    assert!(closed.manifest.audit_heads.iter().any(|head| head.sequence == 9));

    // A call without a price that reaches the ledger now, a late one, a correction, another name.
    let mut unseen = call(10, OCTOBER + HOUR);
    (unseen.is_priced, unseen.input_tokens) = (0, 5);
    let late = call(11, OCTOBER + HOUR + 1);
    let of_late = Correction {
        id: late.id.as_u128(),
        call: late.id,
        kind: "late",
        booked_at: NOVEMBER,
        token_class: "input",
        tokens: 5,
        price_nanos: 1_000,
        cost_nanos: 1,
    };
    add(&database, vec![unseen, late], Vec::new()).await;
    correct(&database, &[of_late]).await;
    set_head(&database, 11).await;
    rename_team(&database).await;
    let verified = verified(&database, &folder).await;
    assert_eq!((verified.findings, verified.notes), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(verified.sound_files, 4);
    assert_eq!(verified.manifest_sha256, closed.manifest.sha256());
    assert!(verify_files(&folder).unwrap().findings.is_empty(), "and without any database");
}

async fn rename_team(database: &Database) {
    let team = teams::list(database).await.unwrap().remove(0);
    let mut update = Query::update();
    update
        .table(Alias::new("teams"))
        .value(Alias::new("name"), "Renamed")
        .and_where(Expr::col(Alias::new("id")).eq(team.id));
    let mut tx = database.begin().await.unwrap();
    tx.execute(&update).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn a_changed_file_and_a_changed_ledger_are_found(database: Database) {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("2026-10");
    ready(&database, directory.path()).await;
    let closing = periods(&database, &clock()).await;
    closing.close("2026-10", &folder, &mut |_| {}).await.unwrap();

    let file = folder.join("billing.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("gpt", "gpx", 1)).unwrap();
    let found = verified(&database, &folder).await.findings;
    assert!(found[0].contains("billing.csv was changed"), "{found:?}");
    assert_eq!(found.len(), 1, "the ledger is as it was");
    fs::write(&file, text).unwrap();

    // Whoever changes a file and its hash in the manifest has another manifest.
    let manifest = folder.join("manifest.json");
    let written = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, written.replacen("\"calls\": 6", "\"calls\": 7", 1)).unwrap();
    assert!(verify_files(&folder).unwrap().findings.is_empty());
    let found = verified(&database, &folder).await.findings;
    assert!(found[0].contains("the manifest of 2026-10 that the database keeps"), "{found:?}");
    fs::write(&manifest, written).unwrap();

    let mut update = Query::update();
    update
        .table(Alias::new("cost_lines"))
        .value(Alias::new("cost_nanos"), 0)
        .and_where(Expr::col(Alias::new("call_id")).eq(id_at(OCTOBER, 1)))
        .and_where(Expr::col(Alias::new("token_class")).eq("request"));
    let mut tx = database.begin().await.unwrap();
    assert_eq!(tx.execute(&update).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let found = verified(&database, &folder).await.findings;
    assert!(found[0].contains("billing.csv is not what the ledger says now"), "{found:?}");
    assert!(found[1].contains("focus.csv is not what the ledger says now"), "{found:?}");

    fs::remove_file(folder.join("names.csv")).unwrap();
    let missing = verified(&database, &folder).await;
    assert!(missing.findings[0].contains("names.csv is missing"), "{:?}", missing.findings);
    assert!(missing.notes[0].contains("nothing was compared"), "{:?}", missing.notes);
}

pub(crate) async fn a_closing_that_was_cut_off_goes_on(database: Database) {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("2026-10");
    ready(&database, directory.path()).await;
    // As after a crash right behind the first step.
    let mut tx = database.begin().await.unwrap();
    assert!(billing_state::close(&mut tx, NOVEMBER).await.unwrap());
    let row = BillingPeriodRow {
        month_start_at: OCTOBER,
        month_end_at: NOVEMBER,
        closed_at: NOVEMBER + 5,
        closed_by: "command line".to_owned(),
        heads: None,
        call_count: None,
        line_count: None,
        cost_nanos: None,
        manifest: None,
    };
    billing_periods::add(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    let periods = periods(&database, &clock()).await;
    assert!(periods.list().await.unwrap()[1].sealed.is_none());
    let closed = periods.close("2026-10", &folder, &mut |_| {}).await.unwrap();
    assert!(closed.was_cut_off);
    assert_eq!(closed.manifest.closed_at, "2026-11-01T00:00:00Z", "when the books were closed");
    assert!(verified(&database, &folder).await.findings.is_empty());
}

pub(crate) async fn of_two_that_close_a_month_at_once_one_does(database: Database) {
    let directory = tempfile::tempdir().unwrap();
    ready(&database, directory.path()).await;
    let (one, two) = (periods(&database, &clock()).await, periods(&database, &clock()).await);
    let folders = [directory.path().join("one"), directory.path().join("two")];
    let (mut tell_one, mut tell_two) = (|_| {}, |_| {});
    let (first, second) = tokio::join!(
        one.close("2026-10", &folders[0], &mut tell_one),
        two.close("2026-10", &folders[1], &mut tell_two),
    );
    let winner = usize::from(first.is_err());
    let results = [first, second];
    assert!(results[winner].is_ok(), "{results:?}");
    assert!(matches!(results[1 - winner], Err(ClosingError::AlreadyClosed(_))), "{results:?}");
    assert!(verified(&database, &folders[winner]).await.findings.is_empty());
}

pub(crate) async fn what_is_being_booked_while_a_month_is_closed_is_in_it(database: Database) {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("2026-10");
    ready(&database, directory.path()).await;
    // A writer that has asked up to when the books are closed, and books with the answer.
    let mut writer = database.begin().await.unwrap();
    audit_heads::lock(&mut writer, NODE, "calls").await.unwrap();
    assert_eq!(billing_state::closed_until_in(&mut writer).await.unwrap(), OCTOBER);
    let closing = periods_in_background(&database, &folder);
    tokio::task::yield_now().await;
    let booked = call(10, NOVEMBER - 2);
    let cost = line(&booked, "input", 1, 1, 77);
    gateway::storage::tables::calls::add_all(&mut writer, [booked].into_iter()).await.unwrap();
    gateway::storage::tables::calls::add_cost_lines(&mut writer, [cost].into_iter()).await.unwrap();
    let head = AuditHeadRow {
        node_id: NODE,
        chain: "calls".to_owned(),
        audit_sequence: 10,
        audit_hash: vec![8; 32],
    };
    audit_heads::set(&mut writer, head).await.unwrap();
    writer.commit().await.unwrap();
    let manifest = closing.await.unwrap();
    assert!(manifest.audit_heads.iter().any(|head| head.sequence == 10));
    assert_eq!(manifest.calls, 7);
    assert!(verified(&database, &folder).await.findings.is_empty());
}

fn periods_in_background(
    database: &Database,
    folder: &Path,
) -> tokio::task::JoinHandle<gateway::finance::Manifest> {
    let (database, folder) = (database.clone(), folder.to_owned());
    tokio::spawn(async move {
        let periods = periods(&database, &clock()).await;
        periods.close("2026-10", &folder, &mut |_| {}).await.unwrap().manifest
    })
}

pub(crate) async fn a_closing_and_its_manifest_are_in_the_audit_trail(database: Database) {
    let directory = tempfile::tempdir().unwrap();
    ready(&database, directory.path()).await;
    let filter = AuditFilter { action: Some("period".to_owned()), ..AuditFilter::default() };
    let found = search(&database, &filter, 10).await.unwrap().changes;
    let mut actions: Vec<_> =
        found.iter().map(|change| (change.action.as_str(), change.resource.as_str())).collect();
    actions.sort_unstable();
    assert_eq!(actions, [("period.close", "2026-09"), ("period.seal", "2026-09")]);
    let kept = billing_periods::find(&database, SEPTEMBER).await.unwrap().unwrap();
    let manifest = fs::read_to_string(directory.path().join("2026-09/manifest.json")).unwrap();
    assert_eq!(kept.manifest.as_deref(), Some(manifest.as_str()));
    assert!(kept.call_count == Some(1) && kept.cost_nanos == Some(1_750_000));
}
