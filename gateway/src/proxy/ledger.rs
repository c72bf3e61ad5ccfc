//! The ledger: one writer brings the journal into the database.
//!
//! Call, cost lines, roll-ups, budget settlement, last use of keys and the watermark are written
//! in one transaction, so that a crash at any moment leaves each record applied exactly once.

mod adoption;
mod batch;
mod books;
mod open_calls;
mod recover;
#[cfg(test)]
mod tests;
mod writer;

use std::collections::HashMap;

use shared::{
    Id, Money, Timestamp,
    id::RequestId,
    receipt::{Outcome, Receipt},
};

pub use self::{
    adoption::{Adoption, is_its_own},
    open_calls::OpenCalls,
    recover::recover,
    writer::{ApplyError, LedgerWriter},
};
use crate::storage::{
    Database, StorageError,
    tables::calls::{self, CallRow},
};

/// The receipts of these calls; a call that is not in the ledger yet has none.
///
/// # Errors
/// What the database reports.
pub async fn receipts(
    database: &Database,
    requests: &[RequestId],
) -> Result<HashMap<RequestId, Receipt>, StorageError> {
    let ids: Vec<_> = requests.iter().map(|id| id.uuid()).collect();
    let rows = calls::find_all(database, &ids).await?;
    rows.into_iter().map(|row| receipt(row).map(|receipt| (receipt.request_id, receipt))).collect()
}

/// A page of receipts in the order of arrival.
///
/// # Errors
/// What the database reports.
pub async fn page(
    database: &Database,
    after: Option<RequestId>,
    limit: u64,
) -> Result<Vec<Receipt>, StorageError> {
    let rows = calls::page(database, after.map(Id::uuid), limit).await?;
    rows.into_iter().map(receipt).collect()
}

fn receipt(row: CallRow) -> Result<Receipt, StorageError> {
    let tokens = row.tokens();
    let outcome: Outcome = serde_json::from_value(row.outcome.into())
        .map_err(|_| StorageError::Corrupt { column: "calls.outcome" })?;
    let verdicts = serde_json::from_str(&row.verdicts)
        .map_err(|_| StorageError::Corrupt { column: "calls.verdicts" })?;
    Ok(Receipt {
        request_id: Id::from_uuid(row.id),
        started_at: Timestamp::from_micros(row.started_at),
        duration_micros: row.duration_micros,
        outcome,
        model: row.model,
        provider: row.provider,
        tokens,
        cost: Money::from_nanos(row.cost_nanos),
        is_estimated: row.is_estimated != 0,
        verdicts,
    })
}
