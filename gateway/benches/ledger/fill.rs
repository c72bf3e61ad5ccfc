//! Millions of calls with their cost lines and roll-ups, made by the database itself.

use std::io::{Write, stderr};

use anyhow::Context;
use gateway::storage::Dialect;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

/// How many keys call; few of them most of the time.
pub(crate) const KEYS: i64 = 2_000;
/// Two keys each.
pub(crate) const USERS: i64 = KEYS / 2;
/// Over how many days the calls are spread.
pub(crate) const DAYS: i64 = 91;
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const DAY: i64 = 24 * HOUR;
/// 2026-08-01T00:00:00Z.
pub(crate) const START: i64 = 1_785_542_400_000_000;

/// How many calls one statement makes.
const STEP: i64 = 500_000;
/// A verdict of each stage, as long as they are.
const VERDICT_BYTES: usize = 400;

/// Fills the ledger.
pub(crate) async fn fill(url: &str, dialect: Dialect, calls: i64) -> anyhow::Result<()> {
    match dialect {
        Dialect::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await?;
            let fast = "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; \
                        PRAGMA temp_store = FILE";
            connection.execute(fast).await?;
            run(&mut connection, &SQLITE, calls).await?;
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            connection.close().await?;
        }
        Dialect::Postgres => {
            let mut connection = PgConnection::connect(url).await?;
            connection.execute("SET work_mem = '256MB'").await?;
            run(&mut connection, &POSTGRES, calls).await?;
            connection.execute("VACUUM ANALYZE").await?;
            connection.close().await?;
        }
        Dialect::MySql => anyhow::bail!("MySQL is not measured"),
    }
    Ok(())
}

/// What the two call differently.
struct Words {
    /// A row `n` for each number from the first to the one before the second.
    numbers: fn(i64, i64) -> String,
    /// A UUID of 32 hexadecimal digits.
    uuid: fn(&str) -> String,
    /// So many hexadecimal digits of a number.
    hexadecimal: fn(&str, usize) -> String,
    /// Bytes of a hash.
    hash: &'static str,
    /// Which key calls: the third power of a random share, so that a few call most of the time.
    key: &'static str,
}

static SQLITE: Words = Words {
    numbers: |from, until| {
        format!(
            "(WITH RECURSIVE numbers(n) AS (VALUES ({from}) UNION ALL \
             SELECT n + 1 FROM numbers WHERE n + 1 < {until}) SELECT n FROM numbers)"
        )
    },
    uuid: |digits| format!("unhex({digits})"),
    hexadecimal: |number, digits| format!("printf('%0{digits}x', {number})"),
    hash: "randomblob(32)",
    key: "CAST(2000.0 * (r / 4294967296.0) * (r / 4294967296.0) * (r / 4294967296.0) AS INTEGER)",
};

static POSTGRES: Words = Words {
    numbers: |from, until| format!("generate_series({from}::bigint, {until} - 1) AS numbers(n)"),
    uuid: |digits| format!("({digits})::uuid"),
    hexadecimal: |number, digits| format!("lpad(to_hex(({number})::bigint), {digits}, '0')"),
    hash: "sha256(n::text::bytea)",
    key: "CAST(floor(2000 * power(CAST(r AS DOUBLE PRECISION) / 4294967296, 3)) AS BIGINT)",
};

async fn run<C>(connection: &mut C, words: &Words, calls: i64) -> anyhow::Result<()>
where
    C: Connection,
    for<'c> &'c mut C: Executor<'c>,
{
    let mut from = 0;
    while from < calls {
        let until = (from + STEP).min(calls);
        for statement in [
            calls_between(words, from, until, calls),
            lines_between(words, from, until, calls, "input", 800),
            lines_between(words, from, until, calls, "output", 200),
        ] {
            connection.execute(AssertSqlSafe(statement)).await.context("filling the ledger")?;
        }
        from = until;
        write!(stderr(), "\r  {from} of {calls} calls made")?;
    }
    writeln!(stderr())?;
    let of_teams = |table: &str, at: &str| {
        format!(
            "INSERT INTO {table} SELECT {at}, team_id, model, provider, SUM(calls), SUM(tokens), \
             SUM(cost_nanos), 0 FROM spend_hourly WHERE hour_at < {START} + {DAYS} * {DAY} \
             GROUP BY {at}, team_id, model, provider"
        )
    };
    for statement in [
        roll_up(words, calls, "spend_hourly", "hour_at", HOUR),
        roll_up(words, calls, "spend_daily", "day_at", DAY),
        of_teams("team_spend_hourly", "hour_at"),
        of_teams("team_spend_daily", &format!("hour_at - hour_at % {DAY}")),
    ] {
        connection.execute(AssertSqlSafe(statement)).await.context("rolling up")?;
    }
    Ok(())
}

/// The calls `n` with when (`at`), with which key (`key`) and a number of their own (`r`).
fn source(words: &Words, from: i64, until: i64, calls: i64) -> String {
    let step = DAYS * DAY / calls;
    let key = words.key;
    let numbers = (words.numbers)(from, until);
    format!(
        "(SELECT n, r, {START} + n * {step} AS at, {key} AS key \
          FROM (SELECT n, n * 2654435761 % 4294967296 AS r FROM {numbers}) AS hashed) AS source"
    )
}

fn call_id(words: &Words) -> String {
    let hexadecimal = words.hexadecimal;
    let (millis, tail) = (hexadecimal("at / 1000", 12), hexadecimal("n", 15));
    let middle = hexadecimal("n % 4096", 3);
    (words.uuid)(&format!("{millis} || '7' || {middle} || '8' || {tail}"))
}

fn id(words: &Words, number: &str) -> String {
    (words.uuid)(&(words.hexadecimal)(number, 32))
}

const MODEL: &str = "'model-' || ((key * 7 + r / 1000 % 2) % 6)";
const PROVIDER: &str = "'provider-' || (key % 3)";

fn calls_between(words: &Words, from: i64, until: i64, calls: i64) -> String {
    let (call, node) = (call_id(words), id(words, "1"));
    let (user, team, key) = (id(words, "key / 2"), id(words, "key % 20"), id(words, "key"));
    let (hash, verdicts) = (words.hash, "v".repeat(VERDICT_BYTES));
    let source = source(words, from, until, calls);
    format!(
        "INSERT INTO calls (id, node_id, started_at, duration_micros, surface, outcome, status, \
         user_id, team_id, key_id, model, provider, input_tokens, cached_input_tokens, \
         cache_write_tokens, output_tokens, reasoning_tokens, cost_nanos, is_estimated, is_priced, \
         price_version, verdicts, audit_sequence, audit_hash) \
         SELECT {call}, {node}, at, 400000, 'openai_chat', 'finished', 200, {user}, {team}, {key}, \
         {MODEL}, {PROVIDER}, 800, 0, 0, 200, 0, 1000000, 0, 1, 'price_1', '{verdicts}', n + 1, \
         {hash} FROM {source}"
    )
}

fn lines_between(
    words: &Words,
    from: i64,
    until: i64,
    calls: i64,
    class: &str,
    tokens: i64,
) -> String {
    let call = call_id(words);
    let source = source(words, from, until, calls);
    format!(
        "INSERT INTO cost_lines (call_id, token_class, tokens, price_nanos, cost_nanos) \
         SELECT {call}, '{class}', {tokens}, 1000000000, {} FROM {source}",
        tokens * 1_000
    )
}

fn roll_up(words: &Words, calls: i64, table: &str, at: &str, micros: i64) -> String {
    let (user, team, key) = (id(words, "key / 2"), id(words, "key % 20"), id(words, "key"));
    let source = source(words, 0, calls, calls);
    format!(
        "INSERT INTO {table} ({at}, team_id, user_id, key_id, model, provider, calls, tokens, \
         cost_nanos, unpriced_calls) \
         SELECT begins_at, {team}, {user}, {key}, model, provider, COUNT(*), COUNT(*) * 1000, \
         COUNT(*) * 1000000, 0 \
         FROM (SELECT at - at % {micros} AS begins_at, key, {MODEL} AS model, \
                      {PROVIDER} AS provider FROM {source}) AS calls \
         GROUP BY begins_at, key, model, provider"
    )
}
