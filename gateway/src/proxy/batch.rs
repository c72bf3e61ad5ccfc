//! Begins a batch as one call: through every stage, and closed at once with the most that its
//! requests can cost.
//!
//! What they have cost is known a day later, and booked then as a correction
//! (`docs/adr/0014-batches-are-paid-for-before-they-run.md`).

use bytes::Bytes;
use shared::{
    Money, Problem, ProblemCode,
    id::RequestId,
    receipt::{Outcome, Stage, TokenCounts, VerdictKind},
};

use super::{Admitted, Proxy};
use crate::{
    budgets::Reservation,
    call::{Call, CostLine, Ending, Refusal, TokenClass, Trail},
    catalog::{PriceTable, Serving},
    providers::NotBegun,
};

/// A batch that a provider has taken on. Closed or dropped, its call is recorded and charged with
/// all that was set aside for it.
pub struct BegunBatch {
    /// The provider's answer.
    pub body: Bytes,
    /// The call that pays.
    pub request_id: RequestId,
    /// What it is charged with.
    pub charged: Money,
    open: Option<Open>,
}

struct Open {
    trail: Trail,
    reservation: Reservation,
}

impl Proxy {
    /// Begins a batch at `provider`; the call says what its requests can use.
    ///
    /// # Errors
    /// The [`Problem`] that the client is told; it is recorded already. Where it is not known
    /// whether the provider has taken the batch on, the call is charged as if it had.
    pub async fn begin_batch(
        &self,
        call: Call,
        trail: Trail,
        provider: &str,
    ) -> Result<BegunBatch, Problem> {
        let request_id = call.request_id;
        let Admitted { funded, mut trail } = self.admit_on(call, trail).await?;
        let routed = match self.routing.plan(funded, &mut trail) {
            Ok(routed) => routed,
            Err(refusal) => return Err(trail.refuse(&refusal)),
        };
        let serving = routed.servings().find(|serving| serving.provider == provider);
        let price = serving.as_ref().and_then(Serving::price);
        trail.price(price.map(PriceTable::version));
        let begun = self.providers.begin_batch(&routed, provider, &mut trail).await;
        // Its tokens are no matter of rate limits: the provider works them off at its own pace.
        let (reservation, allowance) = routed.into_set_aside();
        drop(allowance);
        let charged = reservation.amount();
        match begun {
            Ok(body) => {
                let open = Some(Open { trail, reservation });
                Ok(BegunBatch { body, request_id, charged, open })
            }
            Err(NotBegun::Refused(refusal)) => Err(trail.refuse(&refusal)),
            Err(NotBegun::Unknown(refusal)) => {
                Open { trail, reservation }.close(Some(&refusal));
                Err(refusal.problem(request_id))
            }
        }
    }
}

impl BegunBatch {
    /// Records the call.
    pub fn close(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(open) = self.open.take() {
            open.close(None);
        }
    }
}

impl Drop for BegunBatch {
    fn drop(&mut self) {
        self.end();
    }
}

impl Open {
    fn close(self, refusal: Option<&Refusal>) {
        let Self { mut trail, reservation } = self;
        let cost = reservation.amount();
        let summary = format!(
            "${cost}, the most that the requests can cost; put right when the batch has ended"
        );
        trail.note(Stage::Cost, VerdictKind::Warned, summary);
        reservation.settle(cost);
        let line = CostLine { class: TokenClass::Reserved, tokens: 1, price: cost, cost };
        let problem = refusal.map(Refusal::code);
        trail.finish(Ending {
            outcome: problem.map_or(Outcome::Finished, |_| Outcome::UpstreamFailed),
            status: problem.map_or(200, ProblemCode::status),
            problem,
            tokens: TokenCounts::default(),
            lines: (!cost.is_zero()).then_some(line).into_iter().collect(),
            is_estimated: true,
            raw_usage: None,
            service_tier: Some("batch".to_owned()),
        });
    }
}
