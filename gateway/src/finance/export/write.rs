//! Writes the lines of a period into a table.

use std::io::Write;

use super::{
    ExportError, ExportRequest, Names, Totals,
    layout::{columns, rows},
    lines::{Entry, LineReader},
    table::table,
};
use crate::{finance::periods::Sealed, storage::Database};

/// Writes an export, page by page; `tell` hears how many billing lines were read.
///
/// # Errors
/// [`ExportError`]; what was written until then is no export.
pub(in crate::finance) async fn write(
    database: &Database,
    request: ExportRequest,
    (names, sealed): (&Names, &Sealed),
    out: impl Write + Send,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Totals, ExportError> {
    let mut totals = Totals::default();
    let mut table = table(request.format, columns(request.layout), out)?;
    let mut rows = rows(request.layout, names);
    let mut reader = LineReader::new(database, request.period, sealed);
    while let Some(page) = reader.next_page().await? {
        for entry in page {
            totals.count(&entry);
            totals.rows += rows.take(entry, table.as_mut())?;
        }
        tell(totals.lines);
    }
    totals.rows += rows.finish(table.as_mut())?;
    table.finish()?;
    Ok(totals)
}

impl Totals {
    fn count(&mut self, entry: &Entry) {
        self.calls += u64::from(entry.is_usage);
        self.lines += entry.lines.len() as u64;
        self.cost += entry.lines.iter().map(|line| line.cost).sum();
    }
}
