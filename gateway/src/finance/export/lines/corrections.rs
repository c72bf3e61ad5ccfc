//! What was booked in a period about calls after their end.

use std::collections::HashMap;

use shared::Money;
use uuid::Uuid;

use super::{Entry, Line, Period};
use crate::storage::{
    Database, StorageError,
    tables::{
        correction_lines::CorrectionLineRow,
        export_lines::{self, BookingPlace, ExportedCallRow},
    },
};

/// How many lines are read at once, and a few more where a call's lines are not parted.
const PAGE: u64 = 1_000;

/// Reads correction lines with their calls.
pub(super) struct CorrectionReader {
    until: i64,
    after: BookingPlace,
}

impl CorrectionReader {
    pub(super) fn new(period: Period) -> Self {
        let booked_at = period.from.micros().saturating_sub(1);
        let after = BookingPlace { booked_at, call_id: Uuid::max() };
        Self { until: period.until.micros(), after }
    }

    pub(super) async fn next_page(
        &mut self,
        database: &Database,
    ) -> Result<Option<Vec<Entry>>, StorageError> {
        let rows = export_lines::corrections_after(database, self.after, self.until, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        self.after = BookingPlace { booked_at: last.booked_at, call_id: last.call_id };
        let mut ids: Vec<_> = rows.iter().map(|row| row.call_id).collect();
        ids.dedup();
        let calls: HashMap<Uuid, ExportedCallRow> = export_lines::calls_of(database, &ids)
            .await?
            .into_iter()
            .map(|call| (call.id, call))
            .collect();
        entries(rows, &calls).map(Some)
    }
}

/// The lines of each call, in the order in which they are.
fn entries(
    rows: Vec<CorrectionLineRow>,
    calls: &HashMap<Uuid, ExportedCallRow>,
) -> Result<Vec<Entry>, StorageError> {
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        let continues = |entry: &&mut Entry| entry.call.id == row.call_id;
        if let Some(entry) = entries.last_mut().filter(continues) {
            entry.lines.push(line(row));
            continue;
        }
        // A foreign key holds the call.
        let missing = StorageError::Corrupt { column: "correction_lines.call_id" };
        let call = calls.get(&row.call_id).cloned().ok_or(missing)?;
        entries.push(Entry { call, lines: vec![line(row)], is_usage: false });
    }
    Ok(entries)
}

fn line(row: CorrectionLineRow) -> Line {
    Line {
        kind: row.kind.into_owned(),
        booked_at: row.booked_at,
        token_class: row.token_class.into_owned(),
        tokens: row.tokens,
        price: Some(Money::from_nanos(row.price_nanos)),
        cost: Money::from_nanos(row.cost_nanos),
        price_version: row.price_version,
    }
}
