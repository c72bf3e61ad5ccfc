//! The stage: sets aside the most that a call can cost, at every level or at none.

use std::sync::Arc;

use shared::{
    Money,
    receipt::{Stage, VerdictKind},
};

use super::{Budgets, hold::Denial, needs::Needs, reservation::Reservation};
use crate::{
    call::{Call, Charge, Refusal, Trail},
    catalog::{Model, PriceTable},
    identity::Principal,
    limits::{Allowance, Paced},
    wire::{RequestFacts, RequestNeeds},
};

/// A call that is paid for.
pub struct Funded {
    paced: Paced,
    reservation: Reservation,
    output_limit: i64,
    asked_limit: i64,
    warning: Option<String>,
}

impl Funded {
    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        self.paced.principal()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.paced.call()
    }

    /// What the body asks for.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        self.paced.facts()
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        self.paced.model()
    }

    /// The models that may answer in its place, in order.
    #[must_use]
    pub fn fallbacks(&self) -> &[Arc<Model>] {
        self.paced.fallbacks()
    }

    /// What the call needs of a model; none where nothing is known that could rule one out.
    #[must_use]
    pub fn needs(&self) -> Option<&RequestNeeds> {
        self.paced.needs()
    }

    /// The longest answer that is paid for, in tokens.
    #[must_use]
    pub fn output_limit(&self) -> i64 {
        self.output_limit
    }

    /// Whether that is shorter than what was asked for, because the budget covers no more.
    #[must_use]
    pub fn is_shortened(&self) -> bool {
        self.output_limit < self.asked_limit
    }

    /// What a budget has to say: a soft one that it is used up, a hard one that it covers a
    /// shorter answer only.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// What is set aside.
    #[must_use]
    pub fn reservation(&self) -> &Reservation {
        &self.reservation
    }

    /// Sees to it that the call is paid for at another price than those that it was reserved for.
    /// Gives what it is charged to from now on, where that changes.
    ///
    /// # Errors
    /// [`Refusal::BudgetExceeded`] and [`Refusal::BudgetsUnavailable`], as of a reservation; then it
    /// stays paid for as it was.
    pub async fn cover(&mut self, price: &PriceTable) -> Result<Option<Vec<Charge>>, Refusal> {
        let needs = Needs::of(&self.paced, std::iter::once(price), self.output_limit);
        let most = needs.map_or(Money::ZERO, |needs| needs.most());
        let more = most - self.reservation.amount();
        if more <= Money::ZERO {
            return Ok(None);
        }
        self.reservation.extend(more).await.map_err(|refusal| match refusal {
            Some(refusal) => Refusal::BudgetExceeded(Box::new(refusal)),
            None => Refusal::BudgetsUnavailable,
        })
    }

    /// What the call is let through with by its rate limits.
    #[must_use]
    pub fn allowance(&self) -> &Allowance {
        self.paced.allowance()
    }

    /// The same, to add to it what is set aside at a provider.
    pub fn allowance_mut(&mut self) -> &mut Allowance {
        self.paced.allowance_mut()
    }

    /// Reservation and allowance alone, for who sees the call end.
    #[must_use]
    pub fn into_set_aside(self) -> (Reservation, Allowance) {
        (self.reservation, self.paced.into_allowance())
    }
}

impl Budgets {
    /// The stage: sets aside the most that the call can cost, wherever it is served, at every level
    /// at once.
    ///
    /// Where only calls under way stand in the way, it waits for them up to
    /// `proxy.budget_wait_ms`. Where the answer that was asked for does not fit what is left, the
    /// longest one that does is paid for, and the caller is told.
    ///
    /// # Errors
    /// [`Refusal::BudgetExceeded`] where a hard budget does not cover even a short answer;
    /// [`Refusal::BudgetsUnavailable`] where the database of the budgets does not answer;
    /// [`Refusal::Unpriced`] where a hard budget binds the caller and the model has no price at one
    /// of the places that may serve it.
    pub async fn reserve(
        self: &Arc<Self>,
        paced: Paced,
        trail: &mut Trail,
    ) -> Result<Funded, Refusal> {
        let counters = self.counters_of(paced.principal());
        let model = Arc::clone(paced.model());
        let at = paced.call().received_at;
        let asked_limit = paced.facts().output_limit.unwrap_or(model.max_output_tokens);
        let unpriced = paced.candidates().find(|deployment| deployment.price_at(at).is_none());
        if let Some(unpriced) = unpriced
            && counters.iter().any(|counter| counter.is_hard())
        {
            let summary = format!(
                "the model has no price at {}, so a hard budget cannot cover it",
                unpriced.provider
            );
            trail.note(Stage::Budget, VerdictKind::Refused, summary);
            return Err(Refusal::Unpriced(model.name.clone()));
        }
        let prices = paced.candidates().filter_map(|deployment| deployment.price_at(at));
        let Some(needs) = Needs::of(&paced, prices, asked_limit) else {
            return Ok(self.let_unpriced_through(paced, asked_limit, trail));
        };
        let hold = match self.hold(&counters, &needs, self.wait).await {
            Ok(hold) => hold,
            Err(denial) => {
                let refusal = match denial {
                    Denial::Exceeded(refusal) => Refusal::BudgetExceeded(refusal),
                    Denial::Unavailable => Refusal::BudgetsUnavailable,
                };
                trail.note(Stage::Budget, VerdictKind::Refused, refusal.public_detail());
                return Err(refusal);
            }
        };
        let output_limit = hold.output_limit;
        let mut warning = hold.warning;
        let mut summary = if counters.is_empty() {
            "no budget binds the caller".to_owned()
        } else {
            format!("{}; {} reserved", hold.summary, hold.amount.short())
        };
        if output_limit < asked_limit {
            let shortened =
                format!("the answer is limited to {output_limit} tokens instead of {asked_limit}");
            summary = format!("{summary}; {shortened}");
            warning = Some(format!("{}; {shortened}", hold.summary));
        }
        let kind = match warning {
            Some(_) => VerdictKind::Warned,
            None if counters.is_empty() => VerdictKind::NotConfigured,
            None => VerdictKind::Passed,
        };
        trail.charges(hold.charges);
        trail.note(Stage::Budget, kind, summary);
        let reservation = Reservation::new(Arc::clone(self), hold.holds, hold.amount);
        Ok(Funded { paced, reservation, output_limit, asked_limit, warning })
    }

    fn let_unpriced_through(
        self: &Arc<Self>,
        paced: Paced,
        output_limit: i64,
        trail: &mut Trail,
    ) -> Funded {
        trail.note(
            Stage::Budget,
            VerdictKind::Warned,
            "the model has no price; nothing is counted",
        );
        let reservation = Reservation::of_nothing(Arc::clone(self));
        Funded { paced, reservation, output_limit, asked_limit: output_limit, warning: None }
    }
}
