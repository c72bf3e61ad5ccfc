//! What was used in a period.

use std::collections::HashMap;

use shared::Money;
use uuid::Uuid;

use super::{Entry, Line, Period, USAGE};
use crate::{
    finance::periods::Sealed,
    kernel::{first_id_beyond, first_id_since},
    storage::{
        Database, StorageError,
        tables::{
            calls::{self, CostLineRow},
            export_lines::{self, ExportedCallRow},
        },
    },
};

/// How many calls are read at once.
const PAGE: u64 = 2_000;

/// Ids between which every call is that arrived from one microsecond on and before another.
fn ids_around((from, until): (i64, i64)) -> (Uuid, Uuid) {
    (first_id_since(from), first_id_beyond(until))
}

/// When the first call that reached a provider arrived, from one microsecond on and before another.
pub(in crate::finance) async fn first_call(
    database: &Database,
    between: (i64, i64),
) -> Result<Option<i64>, StorageError> {
    export_lines::first_call_between(database, ids_around(between), between).await
}

/// Reads calls with their cost lines.
pub(super) struct UsageReader<'a> {
    period: Period,
    sealed: &'a Sealed,
    after: Uuid,
    end: Uuid,
}

impl<'a> UsageReader<'a> {
    pub(super) fn new(period: Period, sealed: &'a Sealed) -> Self {
        let (after, end) = ids_around((period.from.micros(), period.until.micros()));
        Self { period, sealed, after, end }
    }

    pub(super) async fn next_page(
        &mut self,
        database: &Database,
    ) -> Result<Option<Vec<Entry>>, StorageError> {
        let page = export_lines::calls_after(database, self.after, self.end, PAGE).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(None) };
        let mut lines: HashMap<Uuid, Vec<CostLineRow>> = HashMap::new();
        for line in calls::cost_lines_between(database, first.id, last.id).await? {
            lines.entry(line.call_id).or_default().push(line);
        }
        self.after = last.id;
        let in_period = page.into_iter().filter(|call| self.period.has(call.started_at));
        let entries = in_period.filter_map(|call| {
            let lines = lines.remove(&call.id).unwrap_or_default();
            self.entry(call, lines)
        });
        Ok(Some(entries.collect()))
    }

    /// A call that reached no provider and cost nothing is none of finance's.
    fn entry(&self, call: ExportedCallRow, mut rows: Vec<CostLineRow>) -> Option<Entry> {
        rows.sort_by(|a, b| a.token_class.cmp(&b.token_class));
        let mut lines: Vec<_> = rows.into_iter().map(|row| line(&call, row)).collect();
        if lines.is_empty() {
            if call.provider.is_none() || self.sealed.is_late(&call) {
                return None;
            }
            lines.push(unpriced(&call));
        }
        Some(Entry { call, lines, is_usage: true })
    }
}

fn line(call: &ExportedCallRow, row: CostLineRow) -> Line {
    Line {
        kind: USAGE.to_owned(),
        booked_at: call.started_at,
        token_class: row.token_class.into_owned(),
        tokens: row.tokens,
        price: Some(Money::from_nanos(row.price_nanos)),
        cost: Money::from_nanos(row.cost_nanos),
        price_version: call.price_version.clone(),
    }
}

/// What a call used for which there is no price.
fn unpriced(call: &ExportedCallRow) -> Line {
    Line {
        kind: USAGE.to_owned(),
        booked_at: call.started_at,
        token_class: String::new(),
        tokens: call.tokens(),
        price: None,
        cost: Money::ZERO,
        price_version: call.price_version.clone(),
    }
}
