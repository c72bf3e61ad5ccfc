//! Exports: every layout and format of the same ledger, on every database.
//!
//! The golden files are shared by all databases: what is exported does not depend on where the
//! ledger is kept.

use std::collections::HashMap;

use gateway::{
    audit::{AuditFilter, search},
    finance::{ExportRequest, FocusVersion, Format, Layout, Period, Totals},
    storage::Database,
};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use shared::{Money, Timestamp};

use crate::billing::{
    Correction, HOUR, NOVEMBER, OCTOBER, add, call, correct, exports, id_at, line, october, people,
};

const FOCUS: [FocusVersion; 3] = [FocusVersion::V1_2, FocusVersion::V1_3, FocusVersion::V1_4];

fn month() -> Period {
    Period::month("2026-10", "UTC").unwrap()
}

async fn csv(database: &Database, period: Period, layout: Layout) -> (Totals, String) {
    let mut out = Vec::new();
    let request = ExportRequest { period, layout, format: Format::Csv };
    let exports = exports(database).await;
    let totals = exports.to_reader(request, &mut out, &mut |_| {}).await.unwrap();
    (totals, String::from_utf8(out).unwrap())
}

/// The rows of a CSV file by the names of its columns.
fn rows(text: &str) -> Vec<HashMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn sum(rows: &[HashMap<String, String>], column: &str) -> i64 {
    rows.iter().map(|row| row[column].parse::<Money>().unwrap().nanos()).sum()
}

macro_rules! golden {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => "exports", prepend_module_to_snapshot => false, omit_expression => true
        }, { insta::assert_snapshot!($name, $text) });
    };
}

pub(crate) async fn the_billing_layout_is_as_it_was(database: Database) {
    october(&database).await;
    let (_, text) = csv(&database, month(), Layout::Billing).await;
    golden!("billing", text);
}

pub(crate) async fn each_version_of_focus_is_as_it_was(database: Database) {
    october(&database).await;
    for version in FOCUS {
        let (_, text) = csv(&database, month(), Layout::Focus(version)).await;
        golden!(format!("focus_{}", version.as_str()), text);
    }
}

pub(crate) async fn every_layout_adds_up_to_what_the_ledger_says(database: Database) {
    let expected = october(&database).await;
    let (billing, text) = csv(&database, month(), Layout::Billing).await;
    let lines = rows(&text);
    assert_eq!((billing.rows, billing.lines), (lines.len() as u64, lines.len() as u64));
    assert_eq!(billing.calls, 6, "the refused one and those of other months are not in it");
    assert_eq!(billing.cost, Money::from_nanos(expected));
    assert_eq!(sum(&lines, "cost"), expected);
    for version in FOCUS {
        let (focus, text) = csv(&database, month(), Layout::Focus(version)).await;
        let rows = rows(&text);
        assert_eq!((focus.calls, focus.lines, focus.cost), (6, billing.lines, billing.cost));
        assert_eq!(focus.rows, rows.len() as u64);
        assert_eq!(sum(&rows, "BilledCost"), expected);
        assert_eq!(sum(&rows, "EffectiveCost"), expected);
    }
}

pub(crate) async fn each_line_counts_in_exactly_one_period(database: Database) {
    october(&database).await;
    let period = |from: i64, until: i64| Period {
        from: Timestamp::from_micros(from),
        until: Timestamp::from_micros(until),
    };
    let (start, end) = (OCTOBER - 10 * HOUR, NOVEMBER + 10 * HOUR);
    let (whole, _) = csv(&database, period(start, end), Layout::Billing).await;
    // Around the bounds of a month, of an hour, of what was used and of what was booked.
    let cuts = [OCTOBER, OCTOBER + 1, OCTOBER + 9, OCTOBER + 5 * HOUR, NOVEMBER - 1, NOVEMBER];
    let (mut from, mut parts) = (start, Totals::default());
    for until in cuts.into_iter().chain([end]) {
        let (part, _) = csv(&database, period(from, until), Layout::Billing).await;
        parts.rows += part.rows;
        parts.calls += part.calls;
        parts.lines += part.lines;
        parts.cost += part.cost;
        from = until;
    }
    assert_eq!(parts, whole);
}

pub(crate) async fn parquet_has_the_rows_and_the_amounts_of_csv(database: Database) {
    october(&database).await;
    let directory = tempfile::tempdir().unwrap();
    for layout in [Layout::Billing, Layout::Focus(FocusVersion::V1_2)] {
        let path = directory.path().join("export.parquet");
        let request = ExportRequest { period: month(), layout, format: Format::Parquet };
        let exports = exports(&database).await;
        let written = exports.to_file(request, &path, &mut |_| {}).await.unwrap();
        let (totals, text) = csv(&database, month(), layout).await;
        assert_eq!(written.totals, totals);
        let file = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let found: Vec<Vec<String>> = file
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| told(field)).collect())
            .collect();
        let expected: Vec<Vec<String>> = csv::Reader::from_reader(text.as_bytes())
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect();
        // An instant of CSV has as many decimals as its layout asks for.
        let seconds = |rows: Vec<Vec<String>>| -> Vec<Vec<String>> {
            let plain = |cell: String| cell.replace(".000000Z", "Z");
            rows.into_iter().map(|row| row.into_iter().map(plain).collect()).collect()
        };
        assert_eq!(seconds(found), seconds(expected));
    }
}

/// A field as CSV tells it.
fn told(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) if text.starts_with('=') => format!("'{text}"),
        Field::Str(text) => text.clone(),
        Field::Decimal(decimal) => {
            let units = i128::from_be_bytes(decimal.data().try_into().unwrap());
            let scale = usize::try_from(decimal.scale()).unwrap();
            let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let sign = if units < 0 { "-" } else { "" };
            let point = if scale > 0 { "." } else { "" };
            format!("{sign}{whole}{point}{fraction}")
        }
        Field::TimestampMicros(at) => {
            let at = jiff::Timestamp::from_microsecond(*at).unwrap();
            format!("{at:.6}")
        }
        other => other.to_string(),
    }
}

pub(crate) async fn each_export_is_in_the_audit_trail(database: Database) {
    october(&database).await;
    let (totals, _) = csv(&database, month(), Layout::Focus(FocusVersion::V1_3)).await;
    let filter = AuditFilter { action: Some("export.create".to_owned()), ..AuditFilter::default() };
    let found = search(&database, &filter, 10).await.unwrap();
    let [change] = found.changes.as_slice() else { panic!("{:?}", found.changes) };
    assert_eq!(change.resource, "2026-10-01T00:00:00Z/2026-11-01T00:00:00Z");
    let after: serde_json::Value = serde_json::from_str(&change.after_change).unwrap();
    assert_eq!(after["layout"], "focus 1.3");
    assert_eq!(after["rows"], totals.rows);
}

pub(crate) async fn a_failed_export_leaves_nothing_behind(database: Database) {
    october(&database).await;
    let directory = tempfile::tempdir().unwrap();
    let request = ExportRequest { period: month(), layout: Layout::Billing, format: Format::Csv };
    let exports = exports(&database).await;
    let path = directory.path().join("lines.csv");
    database.close().await;
    assert!(exports.to_file(request, &path, &mut |_| {}).await.is_err());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

pub(crate) async fn pages_of_corrections_that_are_booked_at_one_instant_neither_skip_nor_repeat(
    database: Database,
) {
    const CALLS: i64 = 1_500;
    people(&database).await;
    let september = OCTOBER - 20 * 24 * HOUR;
    let calls: Vec<_> = (0..CALLS).map(|n| call(n, september + n * 1_000_000)).collect();
    let lines = calls.iter().map(|call| line(call, "input", 10, 1_000, 1)).collect();
    let corrections: Vec<_> = calls
        .iter()
        .flat_map(|call| {
            let of = |token_class, cost_nanos| Correction {
                id: 0x200,
                call: call.id,
                kind: "rerate",
                booked_at: OCTOBER,
                token_class,
                tokens: 1,
                price_nanos: 7,
                cost_nanos,
            };
            [of("input", 3), of("output", 5)]
        })
        .collect();
    add(&database, calls, lines).await;
    correct(&database, &corrections).await;
    let (totals, text) = csv(&database, month(), Layout::Billing).await;
    assert_eq!((totals.calls, totals.lines), (0, corrections.len() as u64));
    assert_eq!(totals.cost, Money::from_nanos(CALLS * 8));
    let ids: Vec<_> = rows(&text).iter().map(|row| row["call_id"].clone()).collect();
    assert!(ids.is_sorted(), "calls come in their order");
    // An hour's rows at most are held, so 25 minutes of calls are one row for each class.
    let (focus, _) = csv(&database, month(), Layout::Focus(FocusVersion::V1_2)).await;
    assert_eq!((focus.rows, focus.cost), (2, totals.cost));
}

pub(crate) async fn calls_whose_ids_are_older_or_younger_than_they_are_still_counted_in_their_hour(
    database: Database,
) {
    people(&database).await;
    // Ids are made by the clock of the node a moment apart from the arrival.
    let mut early = call(1, OCTOBER + HOUR - 1);
    early.id = id_at(OCTOBER + HOUR + 2_000_000, 1);
    let mut late = call(2, OCTOBER + HOUR);
    late.id = id_at(OCTOBER + HOUR - 2_000_000, 2);
    let mut first = call(3, OCTOBER);
    first.id = id_at(OCTOBER - 1_000_000, 3);
    let mut last = call(4, NOVEMBER - 1);
    last.id = id_at(NOVEMBER + 1_000_000, 4);
    let lines = [&early, &late, &first, &last].map(|call| line(call, "input", 10, 1_000, 1));
    add(&database, vec![early, late, first, last], lines.to_vec()).await;
    let (totals, text) = csv(&database, month(), Layout::Focus(FocusVersion::V1_2)).await;
    assert_eq!((totals.calls, totals.rows), (4, 3), "two of them are of one hour");
    let hours: Vec<_> = rows(&text).iter().map(|row| row["ChargePeriodStart"].clone()).collect();
    let expected = ["2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z", "2026-10-31T23:00:00Z"];
    assert_eq!(hours, expected);
}
