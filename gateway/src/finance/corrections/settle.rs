//! Puts the bill of a batch right: it was charged with the most that its requests could cost.

use serde_json::json;
use shared::{Money, id::RequestId};

use super::{
    Corrections,
    booking::{Cause, Entry},
    difference::Booked,
};
use crate::{
    audit::{Action, Actor, Change},
    call::{CorrectionKind, CostLine},
    storage::{
        StorageError, Tx,
        tables::{billing_state, calls, correction_lines},
    },
};

/// What a bill was and is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// What the call was charged with.
    pub before: Money,
    /// What it has cost.
    pub after: Money,
}

impl Corrections {
    /// Books, within a transaction, what a call has cost by `due` instead of what is booked of it.
    /// None where the ledger does not have the call yet; then the transaction has to be dropped.
    /// It is for the caller to see to it that this is done once.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn settle(
        &self,
        tx: &mut Tx,
        call: RequestId,
        due: &[CostLine],
        price_version: &str,
        reason: &str,
    ) -> Result<Option<Settled>, StorageError> {
        let names = self.names().await?;
        let closed_until = billing_state::hold(tx).await?;
        let id = [call.uuid()];
        let found = calls::find_all(&self.database, &id).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let lines = calls::cost_lines_of(&self.database, &id).await?;
        let corrections = correction_lines::of_calls(&self.database, &id).await?;
        let booked = Booked::of(lines.iter(), corrections.iter());
        let due = Booked::due(due);
        let settled = Settled {
            before: Money::from_nanos(booked.cost_nanos()),
            after: Money::from_nanos(due.cost_nanos()),
        };
        let missing = booked.to(&due);
        if missing.is_empty() {
            return Ok(Some(settled));
        }
        let now = self.clock.now();
        let id = self.ids.next(now);
        let cause = Cause { id, kind: CorrectionKind::Settle, made_at: now, reason };
        let price_version = Some(price_version.to_owned());
        let entry = Entry { call: row, lines: missing, price_version, gets_priced: false };
        self.book(tx, closed_until, &cause, vec![entry], &names).await?;
        let change = Change {
            actor: &Actor::system(),
            action: Action::BatchSettle,
            resource: call.to_string(),
            before: Some(json!({ "cost": settled.before })),
            after: Some(json!({
                "cost": settled.after,
                "correction": cause.id.to_string(),
                "reason": reason,
            })),
        };
        self.audit.record(tx, change).await?;
        Ok(Some(settled))
    }
}
