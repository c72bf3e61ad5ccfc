//! How each database runs the hot statements: kept as golden files, and judged.
//!
//! `INSTA_UPDATE=always` writes them anew.

use gateway::storage::{
    Database, Dialect,
    tables::{
        api_keys,
        audit_entries::{self, AuditFilter},
        budget_leases, budget_windows, calls, change_sequence, conversations, events, messages,
        spend::{self, Cut},
        users, watermarks,
    },
};
use sqlx::{Connection, Executor, MySqlConnection, PgConnection};
use uuid::Uuid;

use crate::{
    databases::{empty_mariadb, empty_postgres, empty_sqlite},
    rows::{DAY, ROWS, START, fill, row_id, user},
};

/// A statement that reads these in full would take longer every day.
const GROWING: [&str; 9] = [
    "budget_windows",
    "calls",
    "cost_lines",
    "events",
    "messages",
    "spend_daily",
    "spend_hourly",
    "team_spend_daily",
    "team_spend_hourly",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_hot_statements_find_their_rows_by_an_index() {
    for empty in [empty_sqlite(), empty_postgres().await, empty_mariadb().await] {
        judge_all(&empty.url).await;
    }
}

async fn judge_all(url: &str) {
    let database = Database::open(url).await.unwrap();
    fill(&database).await;
    analyze(url).await;
    let (database, plans) = database.with_plans();
    let folder = match database.dialect() {
        Dialect::Sqlite => "plans/sqlite",
        Dialect::Postgres => "plans/postgres",
        Dialect::MySql => "plans/mysql",
    };
    let user = user(7);
    let cut =
        |user| Cut { from: START + 10 * DAY, until: START + 13 * DAY, user, ..Cut::default() };
    let (everyone, one) = (&cut(None), &cut(Some(user)));
    let mut moment = database.snapshot().await.unwrap();
    let id = |n| row_id(n);
    macro_rules! judge {
        ($($name:literal: $read:expr),* $(,)?) => {$(
            $read.await.map(|_| ()).unwrap();
            let plan = plans.take().join("\n");
            refuse_full_scans($name, &plan, database.dialect());
            insta::with_settings!({
                snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true
            }, { insta::assert_snapshot!($name, normalized(&plan)) });
        )*};
    }
    judge! {
        "sign_in": users::find(&database, "7@example.com"),
        "change_sequence": change_sequence::current(&database),
        "keys_of_a_user": api_keys::list_of(&database, user),
        "calls_page": calls::page(&database, Some(id(ROWS / 2)), 100),
        "receipts": calls::find_all(&database, &[id(3), id(5), id(8)]),
        "spend_by_model": spend::by_model(&mut moment, everyone),
        "spend_by_team": spend::by_team(&mut moment, everyone),
        "spend_by_user": spend::by_user(&mut moment, everyone),
        "spend_by_hour": spend::by_hour(&mut moment, everyone),
        "spend_of_a_user_by_model": spend::by_model(&mut moment, one),
        "spend_of_a_user_by_hour": spend::by_hour(&mut moment, one),
        "watermark": watermarks::find(&database, Uuid::nil()),
        "open_leases": budget_leases::list_open(&database),
        "events_page": events::page(&database, Some(id(ROWS / 2)), 100),
        "event_of_an_occasion": events::has(&database, "o7"),
        "audit_by_actor": audit_entries::search(&database, &AuditFilter { actor: Some("user_7".into()), before: Some(id(ROWS)), ..AuditFilter::default() }, 50),
        "audit_by_resource": audit_entries::search(&database, &AuditFilter { resource: Some("key_7".into()), ..AuditFilter::default() }, 50),
        "audit_by_request": audit_entries::search(&database, &AuditFilter { request_id: Some("req_7".into()), ..AuditFilter::default() }, 50),
        "audit_by_action": audit_entries::search(&database, &AuditFilter { action: Some("key".into()), ..AuditFilter::default() }, 50),
        "audit_by_period": audit_entries::search(&database, &AuditFilter { from: Some(START + DAY), until: Some(START + DAY + DAY / 24), ..AuditFilter::default() }, 50),
        "audit_links_of_changes": audit_entries::links(&database, Uuid::from_u128(1), 500, 200),
        "audit_newest_change": audit_entries::newest_link(&database, Uuid::from_u128(1), 500),
        "audit_links_of_calls": calls::links(&database, Uuid::nil(), 500, 200),
        "audit_newest_call": calls::newest_link(&database, Uuid::nil(), 500),
        "audit_first_link_since": calls::first_link_since(&database, Uuid::nil(), START + DAY),
        "budget_windows": budget_windows::list_since(&database, Uuid::nil(), START - 31 * DAY),
        "conversations_of_a_user": conversations::list(&database, user, 50),
        "messages_of_a_conversation": messages::nodes(&database, id(9)),
        "messages": messages::find_all(&database, &[id(3), id(5), id(8)]),
    }
}

/// A plan must not read a growing table in full.
fn refuse_full_scans(name: &str, plan: &str, dialect: Dialect) {
    for table in GROWING {
        for step in plan.lines() {
            let is_full = match dialect {
                Dialect::Sqlite => step.starts_with(&format!("SCAN {table}")),
                Dialect::Postgres => step.contains(&format!("Seq Scan on {table}")),
                Dialect::MySql => {
                    step.contains(&format!("table={table} type=ALL"))
                        || step.contains(&format!("table={table} type=index "))
                }
            };
            assert!(!is_full, "`{name}` reads all of `{table}`:\n{plan}");
        }
    }
}

/// Values of this run give way to `?`.
fn normalized(plan: &str) -> String {
    let mut out = String::new();
    let mut quoted = plan.split('\'');
    out.push_str(quoted.next().unwrap_or_default());
    while let (Some(_), Some(rest)) = (quoted.next(), quoted.next()) {
        out.push('?');
        out.push_str(rest);
    }
    out
}

/// As the servers do by themselves; of a SQLite file nobody gathers statistics.
async fn analyze(url: &str) {
    if url.starts_with("postgres") {
        PgConnection::connect(url).await.unwrap().execute("ANALYZE").await.unwrap();
    } else if url.starts_with("mysql") {
        let sql = "ANALYZE TABLE audit_entries, teams, users, api_keys, conversations, events, messages, calls, \
                   cost_lines, spend_hourly, spend_daily, team_spend_hourly, team_spend_daily, budget_leases, budget_windows";
        MySqlConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    }
}
