//! Reserving and settling: all levels or none.

use std::sync::Arc;

use shared::{
    Money, Timestamp,
    receipt::{Stage, VerdictKind},
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use super::{Budgets, counter::Counter, is_hard};
use crate::{
    call::{BudgetRefusal, Call, Charge, Refusal, Trail},
    catalog::{FullPrice, Model},
    identity::Principal,
    metering::most_input_tokens,
    policy::Clean,
    wire::{Dialect, RequestFacts},
};

/// What is set aside for one call. Settled by value; dropped, it is given back whole.
pub struct Reservation {
    holds: Vec<(Arc<Counter>, Timestamp)>,
    amount: Money,
    room: Arc<Notify>,
}

impl Reservation {
    /// The most that the call can cost.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Replaces what was set aside by what the call cost.
    pub fn settle(mut self, cost: Money) {
        self.end(cost);
    }

    fn end(&mut self, cost: Money) {
        for (counter, window_start) in self.holds.drain(..) {
            counter.settle(window_start, self.amount, cost);
        }
        self.room.notify_waiters();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.holds.is_empty() {
            self.end(Money::ZERO);
        }
    }
}

/// A call that is paid for.
pub struct Funded {
    clean: Clean,
    reservation: Reservation,
    output_limit: i64,
    warning: Option<String>,
}

impl Funded {
    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        self.clean.principal()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.clean.call()
    }

    /// What the body asks for.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        self.clean.facts()
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        self.clean.model()
    }

    /// The longest answer that is paid for, in tokens.
    #[must_use]
    pub fn output_limit(&self) -> i64 {
        self.output_limit
    }

    /// What a soft budget has to say.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// What is set aside.
    #[must_use]
    pub fn reservation(&self) -> &Reservation {
        &self.reservation
    }

    /// The reservation alone, for who sees the call end.
    #[must_use]
    pub fn into_reservation(self) -> Reservation {
        self.reservation
    }
}

struct Grant {
    holds: Vec<(Arc<Counter>, Timestamp)>,
    charges: Vec<Charge>,
    summary: String,
    warning: Option<String>,
}

enum Shortage {
    /// Calls under way may give enough back.
    Perhaps(BudgetRefusal),
    /// It does not fit however the calls under way end.
    Certain(BudgetRefusal),
}

impl Budgets {
    /// The stage: sets aside the most that the call can cost, at every level at once.
    ///
    /// Where only calls under way stand in the way, it waits for them up to
    /// `proxy.budget_wait_ms`.
    ///
    /// # Errors
    /// [`Refusal::BudgetExceeded`] where a hard budget does not cover it;
    /// [`Refusal::Unpriced`] where a hard budget binds the caller and the model has no price.
    pub async fn reserve(&self, clean: Clean, trail: &mut Trail) -> Result<Funded, Refusal> {
        let counters = self.counters_of(clean.principal());
        let model = clean.model();
        let output_limit = clean.facts().output_limit.unwrap_or(model.max_output_tokens);
        let Some(price) = model.price.map(FullPrice::from) else {
            return self.let_unpriced_through(clean, &counters, output_limit, trail);
        };
        let needed = most_cost(&clean, &price, output_limit);
        match self.hold(&counters, needed).await {
            Ok(grant) => {
                trail.charges(grant.charges);
                let kind = match grant.warning {
                    Some(_) => VerdictKind::Warned,
                    None if counters.is_empty() => VerdictKind::NotConfigured,
                    None => VerdictKind::Passed,
                };
                let summary = if counters.is_empty() {
                    "no budget binds the caller".to_owned()
                } else {
                    format!("{}; {} reserved", grant.summary, needed.short())
                };
                trail.note(Stage::Budget, kind, summary);
                let room = Arc::clone(&self.room);
                let reservation = Reservation { holds: grant.holds, amount: needed, room };
                Ok(Funded { clean, reservation, output_limit, warning: grant.warning })
            }
            Err(refusal) => {
                let refusal = Refusal::BudgetExceeded(Box::new(refusal));
                trail.note(Stage::Budget, VerdictKind::Refused, refusal.public_detail());
                Err(refusal)
            }
        }
    }

    fn let_unpriced_through(
        &self,
        clean: Clean,
        counters: &[Arc<Counter>],
        output_limit: i64,
        trail: &mut Trail,
    ) -> Result<Funded, Refusal> {
        let name = clean.model().name.clone();
        if counters.iter().any(|counter| is_hard(counter.mode())) {
            trail.note(
                Stage::Budget,
                VerdictKind::Refused,
                "the model has no price, so a hard budget cannot cover it",
            );
            return Err(Refusal::Unpriced(name));
        }
        trail.note(
            Stage::Budget,
            VerdictKind::Warned,
            "the model has no price; nothing is counted",
        );
        let room = Arc::clone(&self.room);
        let reservation = Reservation { holds: Vec::new(), amount: Money::ZERO, room };
        Ok(Funded { clean, reservation, output_limit, warning: None })
    }

    async fn hold(&self, counters: &[Arc<Counter>], needed: Money) -> Result<Grant, BudgetRefusal> {
        let deadline = Instant::now() + self.wait;
        loop {
            // Registered before looking, so that nothing given back in between is missed.
            let room = self.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            let refusal = match self.try_hold(counters, needed) {
                Ok(grant) => return Ok(grant),
                Err(Shortage::Certain(refusal)) => return Err(refusal),
                Err(Shortage::Perhaps(refusal)) => refusal,
            };
            if timeout_at(deadline, room).await.is_err() {
                return Err(refusal);
            }
        }
    }

    fn try_hold(&self, counters: &[Arc<Counter>], needed: Money) -> Result<Grant, Shortage> {
        let now = self.clock.now();
        // Always locked in the order instance, team, user; so two calls cannot block each other.
        let mut states: Vec<_> = counters.iter().map(|counter| counter.lock(now)).collect();
        let mut warning = None;
        for (counter, state) in counters.iter().zip(&states) {
            if counter.fits(state, needed) {
                continue;
            }
            let refusal = counter.refusal(state, needed);
            match (is_hard(counter.mode()), counter.could_fit(state, needed)) {
                (true, true) => return Err(Shortage::Perhaps(refusal)),
                (true, false) => return Err(Shortage::Certain(refusal)),
                (false, _) => warning = Some(counter.line(state)),
            }
        }
        let mut grant = Grant {
            holds: Vec::with_capacity(counters.len()),
            charges: Vec::with_capacity(counters.len()),
            summary: String::new(),
            warning,
        };
        for (counter, state) in counters.iter().zip(&mut states) {
            state.reserve(needed);
            let charge = state.charge(counter.id);
            grant.holds.push((Arc::clone(counter), charge.window_start));
            grant.charges.push(charge);
            if !grant.summary.is_empty() {
                grant.summary.push_str(", ");
            }
            grant.summary.push_str(&counter.line(state));
        }
        Ok(grant)
    }
}

fn most_cost(clean: &Clean, price: &FullPrice, output_limit: i64) -> Money {
    let input = price.dearest_input().per_million(most_input_tokens(clean.call().body.len()));
    let output_tokens = match clean.call().surface.dialect() {
        Dialect::OpenAiEmbeddings => 0,
        _ => output_limit.saturating_mul(clean.facts().choices),
    };
    input.saturating_add(price.dearest_output().per_million(output_tokens))
}
