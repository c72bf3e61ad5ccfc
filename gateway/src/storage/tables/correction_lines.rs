//! What is booked about calls after their end. Rows are added and never changed.

use std::borrow::Cow;

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{BulkInsert, Database, StorageError, Tx};

/// Columns of `correction_lines`.
#[derive(Iden, Clone, Copy)]
pub enum CorrectionLines {
    /// The table.
    Table,
    /// What the lines of one correction have in common.
    CorrectionId,
    /// The call.
    CallId,
    /// The token class.
    TokenClass,
    /// Why: `late`, `rerate`, `refund` or `settle`.
    Kind,
    /// When it was made, in microseconds.
    MadeAt,
    /// When it counts, in microseconds.
    BookedAt,
    /// How many more tokens, or fewer.
    Tokens,
    /// Nano-dollars per million.
    PriceNanos,
    /// How much more it costs, or less.
    CostNanos,
    /// Of which price.
    PriceVersion,
    /// For people.
    Reason,
}

/// One line of a correction.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns are told at `CorrectionLines`")]
pub struct CorrectionLineRow {
    pub correction_id: Uuid,
    pub call_id: Uuid,
    pub token_class: Cow<'static, str>,
    pub kind: Cow<'static, str>,
    pub made_at: i64,
    pub booked_at: i64,
    pub tokens: i64,
    pub price_nanos: i64,
    pub cost_nanos: i64,
    pub price_version: Option<String>,
    pub reason: String,
}

const fn columns() -> [CorrectionLines; 11] {
    [
        CorrectionLines::CorrectionId,
        CorrectionLines::CallId,
        CorrectionLines::TokenClass,
        CorrectionLines::Kind,
        CorrectionLines::MadeAt,
        CorrectionLines::BookedAt,
        CorrectionLines::Tokens,
        CorrectionLines::PriceNanos,
        CorrectionLines::CostNanos,
        CorrectionLines::PriceVersion,
        CorrectionLines::Reason,
    ]
}

/// Whole lines.
pub(super) fn select() -> SelectStatement {
    Query::select().columns(columns()).from(CorrectionLines::Table).take()
}

static INSERT: BulkInsert = BulkInsert::new(|_| {
    Query::insert().into_table(CorrectionLines::Table).columns(columns()).take()
});

/// Adds lines.
///
/// # Errors
/// [`StorageError::Conflict`] if one is there already; else what the database reports.
pub async fn add_all(
    tx: &mut Tx,
    lines: impl ExactSizeIterator<Item = CorrectionLineRow>,
) -> Result<(), StorageError> {
    let rows = lines.map(|line| {
        [
            line.correction_id.into(),
            line.call_id.into(),
            line.token_class.into_owned().into(),
            line.kind.into_owned().into(),
            line.made_at.into(),
            line.booked_at.into(),
            line.tokens.into(),
            line.price_nanos.into(),
            line.cost_nanos.into(),
            line.price_version.into(),
            line.reason.into(),
        ]
    });
    tx.insert_all(&INSERT, rows).await
}

/// The lines about these calls.
///
/// # Errors
/// What the database reports.
pub async fn of_calls(
    database: &Database,
    calls: &[Uuid],
) -> Result<Vec<CorrectionLineRow>, StorageError> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = select();
    query.and_where(Expr::col(CorrectionLines::CallId).is_in(calls.iter().copied()));
    database.fetch_all(&query).await
}

/// Deletes the lines about calls that are being deleted.
///
/// # Errors
/// What the database reports.
pub async fn delete_of(tx: &mut Tx, calls: &[Uuid]) -> Result<(), StorageError> {
    let mut lines = Query::delete();
    lines
        .from_table(CorrectionLines::Table)
        .and_where(Expr::col(CorrectionLines::CallId).is_in(calls.iter().copied()));
    tx.execute(&lines).await.map(drop)
}
