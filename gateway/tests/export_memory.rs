//! The memory of an export does not grow with what is exported.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by ending")]
#![cfg(target_os = "linux")]

use std::{fs, io};

use gateway::{
    audit::Audit,
    finance::{ExportRequest, Exports, FocusVersion, Format, Layout, Period},
    kernel::{Clock, Ids, config::Organization},
    storage::Database,
};
use shared::{Timestamp, id::Node};
use sqlx::{Connection, Executor, SqliteConnection};

/// 2026-10-01T00:00:00Z, in milliseconds.
const OCTOBER: i64 = 1_790_812_800_000;
/// With names so long that a row group of Parquet is full several times.
const NAME_BYTES: i64 = 4_000;
const FEW_CALLS: i64 = 2_500;
const TIMES: i64 = 6;
/// More than allocators sway by; the rows between few and many take six times as much.
const MOST_GROWTH_KIB: i64 = 16 * 1024;

/// Calls in October, one every few seconds, each with three cost lines.
async fn fill(url: &str) {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let calls = format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {FEW_CALLS} * {TIMES} - 1)
         INSERT INTO calls (id, node_id, started_at, duration_micros, surface, outcome, status, user_id, team_id,
             key_id, model, provider, upstream_model, input_tokens, cached_input_tokens, cache_write_tokens,
             output_tokens, reasoning_tokens, cost_nanos, is_estimated, is_priced, verdicts, price_version)
         SELECT unhex(printf('%012x7000%016x', {OCTOBER} + i * 8000, i)), zeroblob(16), ({OCTOBER} + i * 8000) * 1000,
             1, 'openai_chat', 'answered', 200, unhex(printf('%032x', i % 500)), unhex(printf('%032x', i % 20)),
             unhex(printf('%032x', i % 700)), printf('%0*d', {NAME_BYTES}, i % 9), 'openai', 'gpt', 9, 9, 0, 9, 0, 27, 0, 1,
             '[]', 'price_0123456789abcdef'
         FROM n"
    );
    connection.execute(sqlx::AssertSqlSafe(calls)).await.unwrap();
    for class in ["input", "cached_input", "output"] {
        let lines = format!(
            "INSERT INTO cost_lines (call_id, token_class, tokens, price_nanos, cost_nanos)
             SELECT id, '{class}', 9, 1000000, 9 FROM calls"
        );
        connection.execute(sqlx::AssertSqlSafe(lines)).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// The most memory that this process has had since the last time that this was asked, in KiB.
fn peak_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    // Writing 5 there forgets the peak (proc(5)).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn export(exports: &Exports, calls: i64, layout: Layout, format: Format) -> i64 {
    let from = OCTOBER * 1_000;
    let period = Period {
        from: Timestamp::from_micros(from),
        until: Timestamp::from_micros(from + calls * 8_000_000),
    };
    let request = ExportRequest { period, layout, format };
    peak_kib();
    let totals = exports.to_reader(request, io::sink(), &mut |_| {}).await.unwrap();
    assert_eq!(totals.calls, u64::try_from(calls).unwrap());
    peak_kib()
}

#[tokio::test]
async fn six_times_the_rows_need_no_more_memory() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("ledger.db").display());
    let database = Database::open(&url).await.unwrap();
    fill(&url).await;
    let (clock, ids) = (Clock::manual(Timestamp::from_micros(OCTOBER * 1_000)), Ids::random());
    let node = ids.next::<Node>(clock.now());
    let audit = Audit::open(&database, node, clock, ids).await.unwrap();
    let exports = Exports::new(database, audit, Organization::default());
    let focus = Layout::Focus(FocusVersion::V1_2);
    for (layout, format, few) in [
        (Layout::Billing, Format::Csv, FEW_CALLS),
        (focus, Format::Csv, FEW_CALLS),
        (Layout::Billing, Format::Parquet, FEW_CALLS),
        (focus, Format::Parquet, FEW_CALLS),
        // Compressing takes long without optimisation.
        (Layout::Billing, Format::Xlsx, FEW_CALLS / 5),
    ] {
        let calls = few * TIMES;
        let few = export(&exports, few, layout, format).await;
        let many = export(&exports, calls, layout, format).await;
        assert!(many - few < MOST_GROWTH_KIB, "{layout:?} {format:?}: from {few} to {many} KiB");
    }
}
