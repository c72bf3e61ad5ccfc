//! Gives money back for one call.

use serde_json::json;
use shared::{Money, Problem, ProblemCode, id::RequestId};

use super::{
    Corrections, Refunded,
    booking::{Cause, Entry},
    difference::Amount,
};
use crate::{
    audit::{self, Action, Actor, Change},
    call::{CorrectionKind, TokenClass},
    storage::{
        StorageError,
        tables::{billing_state, calls, correction_lines},
    },
};

impl Corrections {
    /// Gives back `amount` of what a call has cost; all that is left of it where none is named.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where the ledger has no such call; [`ProblemCode::InvalidRequest`]
    /// where it has not cost so much; [`ProblemCode::Internal`] where the database fails.
    pub async fn refund(
        &self,
        call: RequestId,
        amount: Option<Money>,
        reason: &str,
    ) -> Result<Refunded, Problem> {
        self.give_back(call, amount, reason).await.map_err(audit::internal)?
    }

    async fn give_back(
        &self,
        id: RequestId,
        amount: Option<Money>,
        reason: &str,
    ) -> Result<Result<Refunded, Problem>, StorageError> {
        let names = self.names().await?;
        let mut tx = self.database.begin().await?;
        let closed_until = billing_state::hold(&mut tx).await?;
        let found = calls::find_all(&self.database, &[id.uuid()]).await?;
        let Some(call) = found.first() else { return Ok(Err(unknown(id))) };
        let cost = self.cost_of(id).await?;
        let amount = amount.unwrap_or(cost);
        if amount <= Money::ZERO || amount > cost {
            return Ok(Err(too_much(id, amount, cost)));
        }
        let given = Amount { tokens: -1, cost_nanos: -amount.nanos() };
        let now = self.clock.now();
        let kind = CorrectionKind::Refund;
        let cause = Cause { id: self.ids.next(now), kind, made_at: now, reason };
        let entry = Entry {
            call,
            lines: vec![(TokenClass::Request.as_str().to_owned(), amount.nanos(), given)],
            price_version: None,
            gets_priced: false,
        };
        self.book(&mut tx, closed_until, &cause, vec![entry], &names).await?;
        let remains = cost - amount;
        let change = Change {
            actor: &Actor::command_line(),
            action: Action::CallRefund,
            resource: id.to_string(),
            before: Some(json!({ "cost": cost })),
            after: Some(json!({
                "cost": remains,
                "correction": cause.id.to_string(),
                "reason": reason,
            })),
        };
        self.audit.record(&mut tx, change).await?;
        tx.commit().await?;
        Ok(Ok(Refunded { amount, remains }))
    }

    /// What a call costs with all corrections.
    async fn cost_of(&self, id: RequestId) -> Result<Money, StorageError> {
        let id = [id.uuid()];
        let lines = calls::cost_lines_of(&self.database, &id).await?;
        let corrections = correction_lines::of_calls(&self.database, &id).await?;
        let usage = lines.iter().map(|line| line.cost_nanos);
        let nanos = usage.chain(corrections.iter().map(|line| line.cost_nanos)).sum();
        Ok(Money::from_nanos(nanos))
    }
}

fn unknown(id: RequestId) -> Problem {
    let detail = format!(
        "The ledger has no call {id}. A call that has just ended is there after a moment; \
         `helixgateway calls list` shows what is."
    );
    Problem::new(ProblemCode::NotFound, detail)
}

fn too_much(id: RequestId, amount: Money, cost: Money) -> Problem {
    let detail = if cost.is_zero() {
        format!(
            "The call {id} costs nothing, or all of it was given back: nothing is left to refund."
        )
    } else {
        format!("${amount} cannot be given back for {id}: more than $0 and at most ${cost} can.")
    };
    Problem::new(ProblemCode::InvalidRequest, detail)
}
