//! The cases of somebody who writes to the audit trail past the gateway: rows that were never
//! links, heads and tombstones that are not what they were.

use gateway::kernel::Ids;
use gateway::{
    audit::{self, Actor, Broken},
    storage::{
        Database,
        tables::{
            audit_entries::{self, AuditRow},
            audit_tombstones,
            calls::{self, CallRow},
        },
    },
};
use sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use crate::{
    audit::{NOW, Trail, first, verified_file},
    contract::call,
};

async fn remove_head(trail: &Trail, chain: &str) {
    let delete = Query::delete()
        .from_table(Alias::new("audit_heads"))
        .and_where(Expr::col(Alias::new("chain")).eq(chain))
        .take();
    let mut tx = trail.database.begin().await.unwrap();
    assert_eq!(tx.execute(&delete).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

/// A call that looks like one of the node's.
fn forged(trail: &Trail, sequence: Option<i64>) -> CallRow {
    CallRow {
        node_id: trail.node.uuid(),
        audit_sequence: sequence,
        audit_hash: sequence.map(|_| vec![9; 32]),
        ..call(&Ids::seeded(99), NOW.plus_seconds(60))
    }
}

async fn add_call(trail: &Trail, row: CallRow) {
    let mut tx = trail.database.begin().await.unwrap();
    calls::add_all(&mut tx, [row].into_iter()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn add_entry(trail: &Trail, entry: AuditRow) {
    let mut tx = trail.database.begin().await.unwrap();
    audit_entries::add(&mut tx, entry).await.unwrap();
    tx.commit().await.unwrap();
}

fn entry(action: &str, resource: String) -> AuditRow {
    AuditRow {
        id: Ids::seeded(98).next::<shared::id::AuditEntry>(NOW).uuid(),
        at: NOW.micros(),
        actor: "command line".to_owned(),
        subject: None,
        action: action.to_owned(),
        resource,
        before_change: None,
        after_change: "null".to_owned(),
        ip: None,
        user_agent: None,
        request_id: None,
        node_id: None,
        audit_sequence: None,
        audit_hash: None,
    }
}

pub(crate) async fn a_chain_whose_head_was_removed_is_named(database: Database) {
    let trail = Trail::new(database).await;
    for (chain, findings) in [("calls", 1), ("changes", 2)] {
        remove_head(&trail, chain).await;
        let report = trail.verified().await;
        assert_eq!(report.findings.len(), findings, "{report:?}");
        let finding = report.findings.iter().find(|finding| finding.chain == chain).unwrap();
        assert_eq!(finding.broken, Broken::WithoutHead);
        assert_eq!(verified_file(&trail.exported().await).findings, report.findings);
    }
}

pub(crate) async fn a_link_added_beyond_the_head_is_named(database: Database) {
    let trail = Trail::new(database).await;
    let added = forged(&trail, Some(6));
    let id = added.id;
    add_call(&trail, added).await;
    let report = trail.verified().await;
    let beyond = first(&report);
    assert_eq!((beyond.sequence, &beyond.broken), (6, &Broken::BeyondHead(5)));
    assert!(beyond.id.contains(&id.simple().to_string()) || beyond.id.starts_with("req_"));
}

pub(crate) async fn a_link_with_a_number_before_the_first_is_named(database: Database) {
    let trail = Trail::new(database).await;
    for number in [0_i64, -7] {
        add_call(
            &trail,
            CallRow {
                id: Uuid::from_u128(number.unsigned_abs().into()),
                ..forged(&trail, Some(number))
            },
        )
        .await;
    }
    let report = trail.verified().await;
    let named: Vec<_> = report.findings.iter().map(|finding| finding.sequence).collect();
    assert_eq!(named, [-7, 0]);
    assert_eq!(first(&report).broken, Broken::OutOfPlace { expected: 1 });
    assert_eq!(first(&verified_file(&trail.exported().await)), first(&report));
}

pub(crate) async fn a_row_added_without_a_place_is_named(database: Database) {
    let trail = Trail::new(database).await;
    assert!(trail.verified().await.is_sound());
    add_call(&trail, forged(&trail, None)).await;
    let report = trail.verified().await;
    assert_eq!(first(&report).broken, Broken::WithoutPlace { found: 1, told: 0 });
    add_entry(&trail, entry("key.create", "key_1".to_owned())).await;
    assert_eq!(trail.verified().await.findings.len(), 2);
}

pub(crate) async fn a_row_that_lost_its_place_is_missing(database: Database) {
    let trail = Trail::new(database).await;
    let nothing = Expr::val(Option::<i64>::None);
    trail.set_of(3, "calls", "audit_sequence", nothing).await;
    let report = trail.verified().await;
    assert_eq!(first(&report).broken, Broken::Missing { from: 3, until: 3 });
}

pub(crate) async fn a_deletion_that_only_a_forged_row_tells_of_is_untold(database: Database) {
    let trail = Trail::new(database).await;
    let page = calls::links(&trail.database, trail.node.uuid(), 0, 2).await.unwrap();
    let tombstone = audit_tombstones::TombstoneRow {
        node_id: trail.node.uuid(),
        chain: "calls".to_owned(),
        last_sequence: 2,
        last_hash: page[1].audit_hash.clone().unwrap(),
        entries: 2,
        reason: "retention".to_owned(),
        at: 0,
    };
    let told = format!("calls of {} up to 2", trail.node);
    let mut tx = trail.database.begin().await.unwrap();
    calls::delete(&mut tx, &[page[0].id, page[1].id]).await.unwrap();
    audit_tombstones::add(&mut tx, tombstone).await.unwrap();
    tx.commit().await.unwrap();
    add_entry(&trail, entry("audit.prune", told)).await;
    let report = trail.verified().await;
    assert!(report.findings.iter().any(|finding| finding.broken == Broken::UntoldDeletion));
}

pub(crate) async fn a_changed_tombstone_is_named(database: Database) {
    let trail = Trail::new(database).await;
    let (before, actor) = (NOW.plus_seconds(2), Actor::command_line());
    audit::prune(&trail.database, &trail.audit, &actor, before, true, &mut |_| {}).await.unwrap();
    assert!(trail.verified().await.is_sound());
    let set = |column: &'static str, value: sea_query::SimpleExpr| {
        let update = Query::update()
            .table(Alias::new("audit_tombstones"))
            .value(Alias::new(column), value)
            .take();
        let database = trail.database.clone();
        async move {
            let mut tx = database.begin().await.unwrap();
            assert_eq!(tx.execute(&update).await.unwrap(), 1);
            tx.commit().await.unwrap();
        }
    };
    set("entries", Expr::val(1_i64)).await;
    assert_eq!(first(&trail.verified().await).broken, Broken::UntoldDeletion);
    assert_eq!(first(&verified_file(&trail.exported().await)).broken, Broken::UntoldDeletion);
    set("entries", Expr::val(2_i64)).await;
    set("last_hash", Expr::val(vec![3_u8; 32])).await;
    let report = trail.verified().await;
    assert!(report.findings.iter().any(|finding| finding.broken == Broken::UntoldDeletion));
}

pub(crate) async fn retention_during_a_verification_is_no_finding(database: Database) {
    let trail = Trail::new(database).await;
    trail.add_calls_behind(5, 700).await;
    let (before, actor) = (NOW.plus_seconds(600), Actor::command_line());
    let mut is_pruned = false;
    let mut prune_once = |read: u64| {
        if read < 500 || std::mem::replace(&mut is_pruned, true) {
            return;
        }
        let prune = async {
            audit::prune(&trail.database, &trail.audit, &actor, before, true, &mut |_| {}).await
        };
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(prune).unwrap();
        });
    };
    let report = audit::verify_database(&trail.database, &[], &mut prune_once).await.unwrap();
    assert!(is_pruned);
    assert_eq!(report.findings, []);
    assert!(trail.verified().await.is_sound());
}
