//! What ten million calls do to the ledger: how long the spend queries take, and whether writing is
//! still as fast as into an empty table.
//!
//!     scripts/bench ledger [--calls 10000000]
//!
//! Runs on SQLite, and on PostgreSQL where `HELIX_TEST_POSTGRES_URL` names a server. The calls are
//! made by the database itself, spread over ninety days, so that filling takes minutes; what is timed
//! goes through the gateway's own code.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

#[path = "ledger/fill.rs"]
mod fill;
#[path = "ledger/inserts.rs"]
mod inserts;
#[path = "ledger/queries.rs"]
mod queries;

use std::{env, time::Instant};

use anyhow::Context;
use gateway::storage::Database;
use sqlx::{Connection, Executor, PgConnection};

const CALLS: i64 = 10_000_000;
/// What the 95th percentile of every query must stay below, in milliseconds.
const QUERY_LIMIT_MS: f64 = 300.0;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let calls = calls_wanted()?;
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("ledger.db");
    let mut is_met = measure("SQLite", &format!("sqlite:{}", file.display()), calls).await?;
    drop(directory);
    match env::var("HELIX_TEST_POSTGRES_URL") {
        Ok(server) => {
            let url = fresh_postgres(&server).await?;
            is_met &= measure("PostgreSQL", &url, calls).await?;
        }
        Err(_) => println!("\nPostgreSQL: not measured, HELIX_TEST_POSTGRES_URL is not set"),
    }
    println!(
        "\nevery query's p95 below {QUERY_LIMIT_MS} ms: {}",
        if is_met { "yes" } else { "NO" }
    );
    Ok(())
}

/// `--calls N`; whatever else cargo passes is not for us.
fn calls_wanted() -> anyhow::Result<i64> {
    let mut arguments = env::args().skip_while(|argument| argument != "--calls");
    match arguments.nth(1) {
        Some(calls) => calls.parse().context("--calls wants a whole number"),
        None => Ok(CALLS),
    }
}

async fn fresh_postgres(server: &str) -> anyhow::Result<String> {
    let mut connection = PgConnection::connect(server).await?;
    connection.execute("DROP DATABASE IF EXISTS helix_bench").await?;
    connection.execute("CREATE DATABASE helix_bench").await?;
    let mut url: url::Url = server.parse()?;
    url.set_path("/helix_bench");
    Ok(url.into())
}

/// Measures one database; says whether every query is fast enough.
async fn measure(name: &str, url: &str, calls: i64) -> anyhow::Result<bool> {
    let database = Database::open(url).await?;
    let empty = inserts::micros_per_call(&database).await?;
    let began = Instant::now();
    fill::fill(url, database.dialect(), calls).await?;
    let fill_seconds = began.elapsed().as_secs();
    let full = inserts::micros_per_call(&database).await?;
    println!("\n{name}: {calls} calls, filled in {fill_seconds} s");
    println!(
        "  writing a call: {empty:.1} µs into the empty ledger, {full:.1} µs into the full one, \
         ratio {:.2}",
        full / empty
    );
    println!("  {:<34}{:>9}{:>9}{:>9}", "query", "p50 ms", "p95 ms", "rows");
    let timings = queries::time_all(&database).await?;
    for timing in &timings {
        println!("  {:<34}{:>9.1}{:>9.1}{:>9}", timing.name, timing.p50, timing.p95, timing.rows);
    }
    database.close().await;
    Ok(timings.iter().all(|timing| timing.p95 < QUERY_LIMIT_MS))
}
