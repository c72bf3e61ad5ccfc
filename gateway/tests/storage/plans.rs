//! How each database runs the hot statements: kept as golden files, and judged.
//!
//! `INSTA_UPDATE=always` writes them anew.

use gateway::{
    kernel::Ids,
    storage::{
        BulkInsert, Database, Dialect,
        tables::{
            api_keys, budget_leases, budget_windows, calls, change_sequence, conversations, events, messages,
            spend_hourly::{self, Cut},
            users, watermarks,
        },
    },
};
use sea_query::{Alias, Query, Value};
use shared::{Timestamp, id::User};
use sqlx::{Connection, Executor, MySqlConnection, PgConnection};
use uuid::Uuid;

use crate::databases::{empty_mariadb, empty_postgres, empty_sqlite};

const START: i64 = 1_790_000_000_000_000;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const ROWS: i64 = 6_000;
const USERS: i64 = 1_000;

/// A statement that reads these in full would take longer every day.
const GROWING: [&str; 4] = ["calls", "cost_lines", "messages", "spend_hourly"];

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
    let cut = |user| Cut { from: START + 10 * DAY, until: START + 12 * DAY, user };
    let (everyone, one) = (cut(None), cut(Some(user)));
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
        "spend_by_model": spend_hourly::by_model(&database, everyone),
        "spend_by_team": spend_hourly::by_team(&database, everyone),
        "spend_by_user": spend_hourly::by_user(&database, everyone),
        "spend_by_hour": spend_hourly::by_hour(&database, everyone),
        "spend_of_a_user_by_model": spend_hourly::by_model(&database, one),
        "spend_of_a_user_by_hour": spend_hourly::by_hour(&database, one),
        "watermark": watermarks::find(&database, Uuid::nil()),
        "open_leases": budget_leases::list_open(&database),
        "events_page": events::page(&database, Some(id(ROWS)), 100),
        "event_of_an_occasion": events::has(&database, "x"),
        "budget_windows": budget_windows::list_since(&database, Uuid::nil(), START),
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
                Dialect::Sqlite => step.starts_with(&format!("SCAN {table}")) && step.len() < 80,
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

fn row_id(n: i64) -> Uuid {
    let millis = u128::try_from(START / 1_000 + n * 60_000).unwrap();
    Uuid::from_u128(millis << 80 | 0x7000_8000_0000_0000_0000 | u128::try_from(n).unwrap())
}

fn user(n: i64) -> Uuid {
    Ids::seeded(u64::try_from(n % USERS).unwrap())
        .next::<User>(Timestamp::from_micros(START))
        .uuid()
}

macro_rules! bulk {
    ($database:expr, $rows:expr, $table:literal, [$($column:literal = $value:expr),* $(,)?]) => {{
        static INSERT: BulkInsert = BulkInsert::new(|| {
            Query::insert()
                .into_table(Alias::new($table))
                .columns([$(Alias::new($column)),*])
                .take()
        });
        let mut tx = $database.begin().await.unwrap();
        let rows: Vec<_> = (0..$rows)
            .map(|n: i64| {
                let values: [Value; [$($column),*].len()] = [$(Value::from($value(n))),*];
                values
            })
            .collect();
        tx.insert_all(&INSERT, rows.into_iter()).await.unwrap();
        tx.commit().await.unwrap();
    }};
}

async fn fill(database: &Database) {
    let text = |_| "x".to_owned();
    let none = |_| None::<String>;
    bulk!(
        database,
        5,
        "teams",
        [
            "id" = row_id,
            "name" = |n| format!("t{n}"),
            "name_key" = |n| format!("t{n}"),
            "created_at" = |n| n,
        ]
    );
    bulk!(
        database,
        USERS,
        "users",
        [
            "id" = user,
            "team_id" = |n| row_id(n % 5),
            "email" = |n| format!("{n}@example.com"),
            "email_key" = |n| format!("{n}@example.com"),
            "name" = text,
            "role" = text,
            "created_at" = |n| n,
        ]
    );
    bulk!(
        database,
        USERS,
        "api_keys",
        [
            "id" = row_id,
            "user_id" = user,
            "name" = text,
            "secret_hash" = |n: i64| [n.to_be_bytes(); 4].concat(),
            "last_four" = text,
            "created_at" = |n| n,
        ]
    );
    bulk!(
        database,
        USERS,
        "conversations",
        [
            "id" = row_id,
            "user_id" = user,
            "title" = text,
            "model" = text,
            "head_id" = |_| None::<Uuid>,
            "created_at" = |n| n,
            "updated_at" = |n| n,
        ]
    );
    bulk!(
        database,
        ROWS,
        "messages",
        [
            "id" = row_id,
            "conversation_id" = |n| row_id(n % USERS),
            "author" = text,
            "text" = text,
            "status" = |_| "finished".to_owned(),
            "created_at" = |n| n,
        ]
    );
    bulk!(
        database,
        ROWS,
        "calls",
        [
            "id" = row_id,
            "node_id" = |_| Uuid::nil(),
            "started_at" = |n| START + n * 60_000_000,
            "duration_micros" = |n| n,
            "surface" = text,
            "outcome" = text,
            "status" = |_| 200_i64,
            "problem_code" = none,
            "user_id" = user,
            "team_id" = |n| row_id(n % 5),
            "key_id" = |n| row_id(n % USERS),
            "model" = text,
            "provider" = text,
            "upstream_model" = none,
            "input_tokens" = |n| n,
            "cached_input_tokens" = |n| n,
            "cache_write_tokens" = |n| n,
            "output_tokens" = |n| n,
            "reasoning_tokens" = |n| n,
            "cost_nanos" = |n| n,
            "is_estimated" = |_| 0_i64,
            "is_priced" = |_| 1_i64,
            "raw_usage" = none,
            "verdicts" = text,
        ]
    );
    bulk!(
        database,
        ROWS,
        "cost_lines",
        [
            "call_id" = row_id,
            "token_class" = text,
            "tokens" = |n| n,
            "price_nanos" = |n| n,
            "cost_nanos" = |n| n,
        ]
    );
    bulk!(
        database,
        3 * ROWS,
        "spend_hourly",
        [
            "hour_at" = |n| START + n % 2_000 * HOUR,
            "team_id" = |n| row_id(n % 5),
            "user_id" = user,
            "key_id" = |n| row_id(n % USERS),
            "model" = |n| format!("m{n}"),
            "provider" = text,
            "calls" = |n| n,
            "tokens" = |n| n,
            "cost_nanos" = |n| n,
            "unpriced_calls" = |_| 0_i64,
        ]
    );
    bulk!(
        database,
        50,
        "budget_windows",
        ["budget_id" = row_id, "window_start_at" = |n| START - n * DAY, "spent_nanos" = |n| n,]
    );
}

/// As the servers do by themselves; of a SQLite file nobody gathers statistics.
async fn analyze(url: &str) {
    if url.starts_with("postgres") {
        PgConnection::connect(url).await.unwrap().execute("ANALYZE").await.unwrap();
    } else if url.starts_with("mysql") {
        let sql = "ANALYZE TABLE teams, users, api_keys, conversations, events, messages, calls, \
                   cost_lines, spend_hourly, budget_windows";
        MySqlConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    }
}
