//! Correction lines in the order in which they count.

use sea_query::{Expr, ExprTrait, Order};
use uuid::Uuid;

use crate::storage::{
    Database, StorageError,
    tables::correction_lines::{CorrectionLineRow, CorrectionLines, select},
};

/// How far corrections were read: every line of this call that counts at this instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookingPlace {
    /// When the last one counts, in microseconds.
    pub booked_at: i64,
    /// Its call.
    pub call_id: Uuid,
}

/// About `limit` lines behind `after` that count before the microsecond `until`: ordered by when
/// they count, then by call, then by correction, token class and price. Lines of one call that
/// count at once are never parted.
///
/// # Errors
/// What the database reports.
pub async fn corrections_after(
    database: &Database,
    after: BookingPlace,
    until: i64,
    limit: u64,
) -> Result<Vec<CorrectionLineRow>, StorageError> {
    // A whole month's calls can be booked at one instant. Two questions stay in the index where
    // one with `OR` would look at all of them for every page.
    let mut same = select();
    same.and_where(Expr::col(CorrectionLines::BookedAt).eq(after.booked_at))
        .and_where(Expr::col(CorrectionLines::CallId).gt(after.call_id))
        .order_by(CorrectionLines::CallId, Order::Asc)
        .limit(limit);
    let mut page: Vec<CorrectionLineRow> =
        if after.booked_at < until { database.fetch_all(&same).await? } else { Vec::new() };
    if page.is_empty() {
        let mut later = select();
        later
            .and_where(Expr::col(CorrectionLines::BookedAt).gt(after.booked_at))
            .and_where(Expr::col(CorrectionLines::BookedAt).lt(until))
            .order_by(CorrectionLines::BookedAt, Order::Asc)
            .order_by(CorrectionLines::CallId, Order::Asc)
            .limit(limit);
        page = database.fetch_all(&later).await?;
    }
    let Some(last) = page.last() else { return Ok(page) };
    let place = BookingPlace { booked_at: last.booked_at, call_id: last.call_id };
    page.retain(|line| line.booked_at != place.booked_at || line.call_id != place.call_id);
    page.extend(lines_at(database, place).await?);
    // Not by the database: how it orders text depends on how it was set up.
    page.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(page)
}

async fn lines_at(
    database: &Database,
    place: BookingPlace,
) -> Result<Vec<CorrectionLineRow>, StorageError> {
    let mut query = select();
    query
        .and_where(Expr::col(CorrectionLines::BookedAt).eq(place.booked_at))
        .and_where(Expr::col(CorrectionLines::CallId).eq(place.call_id));
    database.fetch_all(&query).await
}

fn order(line: &CorrectionLineRow) -> (i64, Uuid, Uuid, &str, i64) {
    (line.booked_at, line.call_id, line.correction_id, &line.token_class, line.price_nanos)
}
