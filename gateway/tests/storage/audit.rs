//! The cases of the audit trail: whatever is changed, left out, moved or added is found and named.

use std::io::BufReader;

use gateway::{
    audit::{
        self, Action, Actor, Audit, AuditFilter, Broken, Chain, Change, Client, Finding, Form,
        Place, Report, call_form,
    },
    kernel::{Clock, Ids},
    storage::{
        Database, Dialect,
        tables::{
            audit_heads,
            calls::{self, CallRow, CostLineRow},
        },
    },
};
use sea_query::{Alias, Expr, ExprTrait, Func, Query, SimpleExpr};
use shared::{
    Id, Timestamp,
    id::{Node, NodeId},
};
use uuid::Uuid;

use crate::contract::call;

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const LINKS: i64 = 5;
/// Which link is tampered with.
const THIRD: i64 = 3;

pub(crate) struct Trail {
    pub(crate) database: Database,
    pub(crate) audit: Audit,
    pub(crate) clock: Clock,
    pub(crate) node: NodeId,
}

impl Trail {
    /// Five changes and five calls.
    pub(crate) async fn new(database: Database) -> Self {
        let node = Id::<Node>::from_uuid(Uuid::from_u128(77));
        let clock = Clock::manual(NOW);
        let audit = Audit::open(&database, node, clock.clone(), Ids::seeded(11)).await.unwrap();
        let trail = Self { database, audit, clock, node };
        for number in 0..LINKS {
            trail.clock.set(NOW.plus_seconds(number));
            trail.change(number).await;
        }
        trail.add_calls().await;
        trail
    }

    pub(crate) async fn change(&self, number: i64) {
        let client = Client {
            ip: "192.0.2.7".to_owned(),
            user_agent: "größe ✓".to_owned(),
            request_id: format!("req_{number}"),
        };
        let actor = Actor::from(&"user_1", &client);
        let change = Change {
            actor: &actor,
            action: if number == 0 { Action::UserCreate } else { Action::KeyCreate },
            resource: format!("key_{number}"),
            before: (number > 0).then(|| serde_json::json!({ "name": "old \"one\"" })),
            after: Some(serde_json::json!({ "name": "new 🧬", "number": number })),
        };
        let mut tx = self.database.begin().await.unwrap();
        self.audit.record(&mut tx, change).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As the ledger writes them.
    async fn add_calls(&self) {
        self.chain_calls(Place::START, LINKS).await;
    }

    /// More calls behind the five, later than these.
    pub(crate) async fn add_calls_behind(&self, last: i64, count: i64) {
        let page = calls::links(&self.database, self.node.uuid(), last - 1, 1).await.unwrap();
        let hash = page[0].audit_hash.clone().unwrap().try_into().unwrap();
        self.chain_calls(Place { sequence: last, hash }, count).await;
    }

    async fn chain_calls(&self, mut place: Place, count: i64) {
        let ids = Ids::seeded(12 + u64::try_from(place.sequence).unwrap());
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for number in place.sequence..place.sequence + count {
            let at = NOW.plus_seconds(number);
            let mut row = CallRow { node_id: self.node.uuid(), ..call(&ids, at) };
            let first = lines.len();
            for class in ["output", "input"] {
                lines.push(CostLineRow {
                    call_id: row.id,
                    token_class: class.into(),
                    tokens: 5,
                    price_nanos: 7,
                    cost_nanos: 9,
                });
            }
            let sequence = place.sequence + 1;
            place = place.next(call_form(&mut Form::default(), &row, &lines[first..], sequence));
            row.audit_sequence = Some(place.sequence);
            row.audit_hash = Some(place.hash.to_vec());
            rows.push(row);
        }
        let mut tx = self.database.begin().await.unwrap();
        calls::add_all(&mut tx, rows.into_iter()).await.unwrap();
        calls::add_cost_lines(&mut tx, lines.into_iter()).await.unwrap();
        audit_heads::set(&mut tx, place.row(self.node.uuid(), Chain::Calls)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn verified(&self) -> Report {
        audit::verify_database(&self.database, &[], &mut |_| {}).await.unwrap()
    }

    pub(crate) async fn exported(&self) -> String {
        let mut out = Vec::new();
        audit::export(&self.database, &mut out, &mut |_| {}).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Sets a column of the third link of a table.
    async fn set(&self, table: &str, column: &str, value: SimpleExpr) {
        self.set_of(THIRD, table, column, value).await;
    }

    pub(crate) async fn set_of(&self, sequence: i64, table: &str, column: &str, value: SimpleExpr) {
        let update = Query::update()
            .table(Alias::new(table))
            .value(Alias::new(column), value)
            .and_where(Expr::col(Alias::new("audit_sequence")).eq(sequence))
            .and_where(Expr::col(Alias::new("node_id")).eq(self.node.uuid()))
            .take();
        let mut tx = self.database.begin().await.unwrap();
        assert_eq!(tx.execute(&update).await.unwrap(), 1, "{table}.{column}");
        tx.commit().await.unwrap();
    }

    /// The value of a column of the third link.
    async fn value(&self, table: &str, column: &str, class: Class) -> SimpleExpr {
        let query = Query::select()
            .column(Alias::new(column))
            .from(Alias::new(table))
            .and_where(Expr::col(Alias::new("audit_sequence")).eq(THIRD))
            .and_where(Expr::col(Alias::new("node_id")).eq(self.node.uuid()))
            .take();
        match class {
            Class::Integer => self.only::<Option<i64>>(&query).await.into(),
            Class::Text => self.only::<Option<String>>(&query).await.into(),
            Class::Id => self.only::<Option<Uuid>>(&query).await.into(),
            Class::Hash => self.only::<Option<Vec<u8>>>(&query).await.into(),
        }
    }

    async fn only<T>(&self, query: &sea_query::SelectStatement) -> T
    where
        (T,): gateway::storage::Record,
    {
        self.database.fetch_optional::<(T,)>(query).await.unwrap().unwrap().0
    }

    /// Runs a statement of somebody who has the database.
    async fn run(&self, statement: &sea_query::UpdateStatement) {
        let mut tx = self.database.begin().await.unwrap();
        tx.execute(statement).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Class {
    Integer,
    Text,
    Id,
    Hash,
}

/// The columns of a table as the live database has them.
async fn columns(database: &Database, table: &str) -> Vec<(String, Class)> {
    let schema = match database.dialect() {
        Dialect::Sqlite => Query::select()
            .expr(Expr::cust("name"))
            .expr(Expr::cust("type"))
            .from_function(Func::cust(Alias::new("pragma_table_info")).arg(table), Alias::new("it"))
            .take(),
        dialect => {
            let (text, here) = match dialect {
                Dialect::MySql => ("CHAR", "table_schema = DATABASE()"),
                _ => ("TEXT", "table_schema = current_schema()"),
            };
            Query::select()
                .expr(Expr::cust(format!("CAST(column_name AS {text})")))
                .expr(Expr::cust(format!("CAST(data_type AS {text})")))
                .from((Alias::new("information_schema"), Alias::new("columns")))
                .and_where(Expr::col(Alias::new("table_name")).eq(table))
                .and_where(Expr::cust(here))
                .take()
        }
    };
    let found: Vec<(String, String)> = database.fetch_all(&schema).await.unwrap();
    let class = |(column, kind): (String, String)| {
        let class = match kind.to_lowercase().as_str() {
            "integer" | "bigint" => Class::Integer,
            "text" | "varchar" | "character varying" | "longtext" => Class::Text,
            _ if column == "audit_hash" => Class::Hash,
            "blob" | "binary" | "uuid" => Class::Id,
            other => panic!("`{other}` is no type that we use"),
        };
        (column, class)
    };
    found.into_iter().map(class).collect()
}

pub(crate) fn first(report: &Report) -> &Finding {
    &report.findings[0]
}

pub(crate) fn verified_file(text: &str) -> Report {
    audit::verify_export(BufReader::new(text.as_bytes()), &[], &mut |_| {}).unwrap()
}

pub(crate) async fn an_untouched_trail_is_sound_in_the_database_and_in_its_export(
    database: Database,
) {
    let trail = Trail::new(database).await;
    let report = trail.verified().await;
    assert_eq!(report.findings, []);
    assert_eq!(report.chains.iter().map(|chain| chain.links).collect::<Vec<_>>(), [5, 6]);
    let text = trail.exported().await;
    let exported = verified_file(&text);
    assert_eq!((exported.chains, exported.findings), (report.chains, vec![]));
    assert_eq!(text.lines().count(), 13, "links and a head, twice; the first change begins them");
}

/// The columns are those of the live schema, so that one which a later migration adds must be
/// covered as well.
pub(crate) async fn a_change_of_any_column_of_any_row_is_found_and_named(database: Database) {
    let trail = Trail::new(database).await;
    let mut tried = 0;
    for (table, chain) in [("audit_entries", "changes"), ("calls", "calls")] {
        for (column, class) in columns(&trail.database, table).await {
            // With another place it is another link, and this one is missing. A call with cost lines
            // keeps its id: the database itself refuses another.
            if ["node_id", "audit_sequence"].contains(&&*column)
                || (table, &*column) == ("calls", "id")
            {
                continue;
            }
            let original = trail.exported().await;
            let value = trail.value(table, &column, class).await;
            let other = match class {
                Class::Integer => Expr::val(4_711_i64),
                Class::Text => Expr::val("other"),
                Class::Id => Expr::val(Uuid::from_u128(4_711)),
                Class::Hash => Expr::val(vec![9_u8; 32]),
            };
            trail.set(table, &column, other).await;
            let report = trail.verified().await;
            let finding = first(&report);
            assert_eq!((finding.sequence, &finding.broken), (THIRD, &Broken::Changed), "{column}");
            assert_eq!(finding.chain, chain, "{column}");
            assert_eq!(finding, first(&verified_file(&trail.exported().await)), "{column}");
            trail.set(table, &column, value).await;
            assert_eq!(trail.exported().await, original, "{column} is as it was");
            tried += 1;
        }
    }
    assert!(tried > 40, "the columns were found");
}

pub(crate) async fn a_changed_or_missing_cost_line_is_found(database: Database) {
    let trail = Trail::new(database).await;
    let third = calls::links(&trail.database, trail.node.uuid(), 2, 1).await.unwrap().remove(0).id;
    let of_third = || Expr::col(Alias::new("call_id")).eq(third);
    for column in ["tokens", "price_nanos", "cost_nanos"] {
        let set = |value: SimpleExpr| {
            Query::update()
                .table(Alias::new("cost_lines"))
                .value(Alias::new(column), value)
                .and_where(of_third())
                .take()
        };
        let column_of = || Expr::col(Alias::new(column));
        trail.run(&set(column_of().add(1))).await;
        let report = trail.verified().await;
        assert_eq!((first(&report).sequence, &first(&report).broken), (THIRD, &Broken::Changed));
        trail.run(&set(column_of().sub(1))).await;
        assert!(trail.verified().await.is_sound());
    }
    let delete = Query::delete()
        .from_table(Alias::new("cost_lines"))
        .and_where(of_third())
        .and_where(Expr::col(Alias::new("token_class")).eq("input"))
        .take();
    let mut tx = trail.database.begin().await.unwrap();
    assert_eq!(tx.execute(&delete).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(first(&trail.verified().await).sequence, THIRD);
}

pub(crate) async fn a_removed_row_is_named_and_so_is_a_cut_off_end(database: Database) {
    let trail = Trail::new(database).await;
    let page = calls::links(&trail.database, trail.node.uuid(), 0, 10).await.unwrap();
    let mut tx = trail.database.begin().await.unwrap();
    calls::delete(&mut tx, &[page[2].id]).await.unwrap();
    tx.commit().await.unwrap();
    let missing = Broken::Missing { from: THIRD, until: THIRD };
    let report = trail.verified().await;
    assert_eq!((report.findings.len(), &first(&report).broken), (1, &missing));
    assert!(first(&report).to_string().contains("link 3 is missing"));

    let mut tx = trail.database.begin().await.unwrap();
    calls::delete(&mut tx, &[page[4].id]).await.unwrap();
    tx.commit().await.unwrap();
    let report = trail.verified().await;
    assert_eq!(report.findings[1].broken, Broken::Missing { from: 5, until: 5 });

    // Who moves the head as well is found by a hash that was noted before.
    let head = Place { sequence: 4, hash: page[3].audit_hash.clone().unwrap().try_into().unwrap() };
    let mut tx = trail.database.begin().await.unwrap();
    audit_heads::set(&mut tx, head.row(trail.node.uuid(), Chain::Calls)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(trail.verified().await.findings.len(), 1);
    let noted: [u8; 32] = page[4].audit_hash.clone().unwrap().try_into().unwrap();
    let report = audit::verify_database(&trail.database, &[noted], &mut |_| {}).await.unwrap();
    assert!(matches!(report.findings[1].broken, Broken::ExpectedHash(_)));
}

pub(crate) async fn two_swapped_rows_are_named(database: Database) {
    for table in ["calls", "audit_entries"] {
        let trail = Trail::new(database.clone()).await;
        let place = |sequence: i64| Expr::val(sequence);
        trail.set_of(3, table, "audit_sequence", place(999)).await;
        trail.set_of(4, table, "audit_sequence", place(3)).await;
        trail.set_of(999, table, "audit_sequence", place(4)).await;
        let report = trail.verified().await;
        let named: Vec<_> = report.findings.iter().map(|finding| finding.sequence).collect();
        assert_eq!(named[..2], [3, 4], "{table}");
        assert!(report.findings.iter().all(|finding| finding.broken == Broken::Changed));
        if table == "calls" {
            return; // a second trail on the same database would be the same one
        }
    }
}

pub(crate) async fn an_export_with_one_byte_changed_anywhere_is_not_sound(database: Database) {
    let trail = Trail::new(database).await;
    let text = trail.exported().await;
    // Every byte that says something; a few bytes at a time would miss none either.
    for at in (0..text.len()).step_by(7) {
        let mut bytes = text.clone().into_bytes();
        if bytes[at] == b'\n' {
            continue;
        }
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let is_found = match String::from_utf8(bytes) {
            Err(_) => true, // not even text any more
            Ok(changed) => {
                let reader = BufReader::new(changed.as_bytes());
                match audit::verify_export(reader, &[], &mut |_| {}) {
                    Err(_) => true,
                    Ok(report) => !report.is_sound(),
                }
            }
        };
        assert!(
            is_found,
            "byte {at}: {:?}",
            &text[at.saturating_sub(20)..(at + 20).min(text.len())]
        );
    }
    let lines: Vec<_> = text.lines().collect();
    let swapped = [&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat().join("\n");
    let report = verified_file(&swapped);
    assert_eq!((first(&report).sequence, report.is_sound()), (4, false), "{report:?}");
    let removed = [&lines[..2], &lines[3..]].concat().join("\n");
    assert!(matches!(first(&verified_file(&removed)).broken, Broken::Missing { .. }));
}

pub(crate) async fn changes_at_the_same_time_chain_one_after_the_other(database: Database) {
    let trail = std::sync::Arc::new(Trail::new(database).await);
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let trail = std::sync::Arc::clone(&trail);
            tokio::spawn(async move { trail.change(number).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let report = trail.verified().await;
    assert_eq!(report.findings, []);
    let changes = report.chains.iter().find(|chain| chain.chain == "changes").unwrap();
    assert_eq!(changes.links, 26);
}

pub(crate) async fn retention_leaves_a_tombstone_and_nobody_else_can_lay_one(database: Database) {
    let trail = Trail::new(database).await;
    let before = NOW.plus_seconds(2);
    let actor = Actor::command_line();
    let prune = |is_real| {
        let (database, audit, actor) = (&trail.database, &trail.audit, &actor);
        async move { audit::prune(database, audit, actor, before, is_real, &mut |_| {}).await.unwrap() }
    };
    assert_eq!((prune(false).await.calls, trail.verified().await.chains[0].links), (2, 5));
    assert_eq!(prune(true).await.calls, 2);
    assert_eq!(prune(true).await.calls, 0);
    let report = trail.verified().await;
    assert_eq!(report.findings, []);
    assert_eq!((report.chains[0].links, report.chains[0].deleted), (3, 2));
    assert_eq!(verified_file(&trail.exported().await).findings, []);

    let page = calls::links(&trail.database, trail.node.uuid(), 0, 1).await.unwrap();
    let forged = gateway::storage::tables::audit_tombstones::TombstoneRow {
        node_id: trail.node.uuid(),
        chain: "calls".to_owned(),
        last_sequence: page[0].audit_sequence.unwrap(),
        last_hash: page[0].audit_hash.clone().unwrap(),
        entries: 1,
        reason: "retention".to_owned(),
        at: 0,
    };
    let mut tx = trail.database.begin().await.unwrap();
    calls::delete(&mut tx, &[page[0].id]).await.unwrap();
    gateway::storage::tables::audit_tombstones::add(&mut tx, forged).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(first(&trail.verified().await).broken, Broken::UntoldDeletion);
    let file = verified_file(&trail.exported().await);
    assert_eq!(first(&file).broken, Broken::UntoldDeletion);
}

pub(crate) async fn changes_are_found_by_who_what_where_and_when(database: Database) {
    let trail = Trail::new(database).await;
    let count = |filter: AuditFilter| {
        let database = trail.database.clone();
        async move { audit::search(&database, &filter, 100).await.unwrap().changes.len() }
    };
    let some = |text: &str| Some(text.to_owned());
    let all = AuditFilter::default;
    assert_eq!(count(all()).await, 6);
    assert_eq!(count(AuditFilter { actor: some("user_1"), ..all() }).await, 5);
    assert_eq!(count(AuditFilter { actor: some("user_2"), ..all() }).await, 0);
    assert_eq!(count(AuditFilter { action: some("key"), ..all() }).await, 4);
    assert_eq!(count(AuditFilter { action: some("key.create"), ..all() }).await, 4);
    assert_eq!(count(AuditFilter { action: some("ke"), ..all() }).await, 0);
    assert_eq!(count(AuditFilter { resource: some("key_2"), ..all() }).await, 1);
    assert_eq!(count(AuditFilter { request_id: some("req_3"), ..all() }).await, 1);
    assert_eq!(count(AuditFilter { from: Some(NOW.micros() + 1), ..all() }).await, 4);
    assert_eq!(count(AuditFilter { until: Some(NOW.micros() + 1), ..all() }).await, 2);

    let mut filter = AuditFilter { actor: some("user_1"), ..all() };
    let mut seen = Vec::new();
    loop {
        let found = audit::search(&trail.database, &filter, 2).await.unwrap();
        seen.extend(found.changes.into_iter().map(|change| change.resource));
        let Some(next) = found.next else { break };
        filter.before = Some(next);
    }
    assert_eq!(seen, ["key_4", "key_3", "key_2", "key_1", "key_0"], "the newest first");
}
