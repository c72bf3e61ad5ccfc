//! Some thousand rows, the same in every run.

use gateway::{
    kernel::Ids,
    storage::{BulkInsert, Database},
};
use sea_query::{Alias, Query, Value};
use shared::{Timestamp, id::User};
use uuid::Uuid;

pub(crate) const START: i64 = 1_790_000_000_000_000;
const HOUR: i64 = 3_600_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;
pub(crate) const ROWS: i64 = 6_000;
const USERS: i64 = 1_000;

/// The same id for the same number, in the order of the numbers.
pub(crate) fn row_id(n: i64) -> Uuid {
    let millis = u128::try_from(START / 1_000 + n * 60_000).unwrap();
    Uuid::from_u128(millis << 80 | 0x7000_8000_0000_0000_0000 | u128::try_from(n).unwrap())
}

/// The user of a number; they come around again.
pub(crate) fn user(n: i64) -> Uuid {
    Ids::seeded(u64::try_from(n % USERS).unwrap())
        .next::<User>(Timestamp::from_micros(START))
        .uuid()
}

macro_rules! bulk {
    ($database:expr, $rows:expr, $table:literal, [$($column:literal = $value:expr),* $(,)?]) => {{
        static INSERT: BulkInsert = BulkInsert::new(|_| {
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

/// Rows in every table that a judged statement reads.
pub(crate) async fn fill(database: &Database) {
    people(database).await;
    chats(database).await;
    ledger(database).await;
    spend(database).await;
    budgets(database).await;
}

async fn people(database: &Database) {
    let text = |_| "x".to_owned();
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
}

async fn chats(database: &Database) {
    let text = |_| "x".to_owned();
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
}

async fn ledger(database: &Database) {
    let text = |_| "x".to_owned();
    let none = |_| None::<String>;
    bulk!(
        database,
        ROWS,
        "audit_entries",
        [
            "id" = row_id,
            "at" = |n| START + n * 60_000_000,
            "actor" = |n| format!("user_{}", n % USERS),
            "action" = |n| ["key.create", "key.revoke", "session.open", "user.create"]
                [usize::try_from(n % 4).unwrap()]
            .to_owned(),
            "resource" = |n| format!("key_{}", n % 900),
            "after_change" = text,
            "request_id" = |n| format!("req_{n}"),
            "node_id" = |_| Uuid::from_u128(1),
            "audit_sequence" = |n| n + 1,
            "audit_hash" = |_| vec![7_u8; 32],
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
            "audit_sequence" = |n| n + 1,
            "audit_hash" = |_| vec![7_u8; 32],
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
}

async fn spend(database: &Database) {
    let hour = |n| START + n % 2_000 * HOUR;
    let day = |n| START + n % 200 * DAY;
    macro_rules! roll_up {
        ($table:literal, [$($key:literal = $value:expr),*]) => {
            bulk!(
                database,
                3 * ROWS,
                $table,
                [
                    $($key = $value,)*
                    "team_id" = |n| row_id(n % 5),
                    "model" = |n| format!("m{n}"),
                    "provider" = |_| "x".to_owned(),
                    "calls" = |n| n,
                    "tokens" = |n| n,
                    "cost_nanos" = |n| n,
                    "unpriced_calls" = |_| 0_i64,
                ]
            )
        };
    }
    let key = |n| row_id(n % USERS);
    roll_up!("spend_hourly", ["hour_at" = hour, "user_id" = user, "key_id" = key]);
    roll_up!("spend_daily", ["day_at" = day, "user_id" = user, "key_id" = key]);
    roll_up!("team_spend_hourly", ["hour_at" = hour]);
    roll_up!("team_spend_daily", ["day_at" = day]);
}

async fn budgets(database: &Database) {
    let text = |_| "x".to_owned();
    bulk!(
        database,
        ROWS,
        "budget_windows",
        [
            "budget_id" = |n| row_id(n % 10),
            "window_start_at" = |n| START - n / 10 * DAY,
            "spent_nanos" = |n| n,
        ]
    );
    bulk!(
        database,
        ROWS,
        "budget_leases",
        [
            "budget_id" = |n| row_id(n % 10),
            "window_start_at" = |n| START - n / 10 * DAY,
            "node_id" = |_| Uuid::nil(),
            "leased_nanos" = |n: i64| i64::from(n < 10),
            "spent_nanos" = |n| n,
            "renewed_at" = |n| n,
        ]
    );
    bulk!(
        database,
        ROWS,
        "events",
        [
            "id" = row_id,
            "at" = |n| n,
            "kind" = text,
            "occasion" = |n| format!("o{n}"),
            "detail" = text,
        ]
    );
}
