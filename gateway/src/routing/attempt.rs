//! One attempt at one deployment, from before it is asked until its answer has ended.

use std::{fmt, sync::Arc};

use shared::{Timestamp, receipt::TokenCounts};

use super::{
    Outcome,
    allowance::Limits,
    breaker::Ticket,
    gate::Permit,
    health::{Health, Took},
    plan::Shape,
    pool::Pool,
};
use crate::catalog::{Deployment, Serving, Strategy};

/// One attempt. It counts as a call under way, holds its place where a deployment has only so many,
/// and tells how it ended. Dropped, it says nothing of the deployment: nobody waited for it.
pub struct Attempt {
    pool: Arc<Pool>,
    place: usize,
    ticket: Option<Ticket>,
    /// Held for its end.
    _permit: Option<Permit>,
    call: Shape,
    began_at: Timestamp,
    has_ended: bool,
}

impl Attempt {
    pub(super) fn begin(
        pool: &Arc<Pool>,
        place: usize,
        ticket: Option<Ticket>,
        permit: Option<Permit>,
        call: Shape,
    ) -> Self {
        pool.healths[place].begin();
        let began_at = pool.settings.clock.now();
        let pool = Arc::clone(pool);
        Self { pool, place, ticket, _permit: permit, call, began_at, has_ended: false }
    }

    /// What is asked.
    #[must_use]
    pub fn deployment(&self) -> &Deployment {
        &self.pool.model.deployments[self.place]
    }

    /// The same, to be held for as long as it serves the call.
    #[must_use]
    pub fn serving(&self) -> Option<Serving> {
        Serving::new(&self.pool.model, self.place, self.call.arrived_at)
    }

    pub(super) const fn place(&self) -> usize {
        self.place
    }

    /// The headers of an answer say what is left of the provider's limits.
    pub fn told(&self, limits: &Limits) {
        self.health().told(limits, self.now());
    }

    /// The first byte of the answer is here.
    pub fn answering(&self) {
        let now = self.now();
        let waited = now.micros_since(self.began_at);
        let took = self.call.is_streaming.then_some(Took::FirstByte(waited));
        self.health().answering(self.ticket, took, now);
    }

    /// What the answer has used, as it is billed.
    pub fn used(&self, tokens: &TokenCounts) {
        if self.pool.model.strategy == Strategy::LowestCost && self.pool.healths.len() > 1 {
            self.learn(tokens);
        }
    }

    /// The attempt is over. The first time counts.
    pub fn end(&mut self, outcome: Outcome) {
        if self.has_ended {
            return;
        }
        self.has_ended = true;
        let now = self.now();
        let took = Took::Whole(now.micros_since(self.began_at));
        let took = (!self.call.is_streaming).then_some(took);
        let rules = &self.pool.settings.judging.rules;
        self.health().end(self.ticket, outcome, took, now, rules);
    }

    fn learn(&self, tokens: &TokenCounts) {
        let now = self.now();
        let Shape { body_bytes, beginnings, .. } = &self.call;
        let mut learned = self.pool.learned();
        let warm_bytes = learned.caches.warm_bytes(beginnings, now)[self.place];
        let (_, warm_tokens) = learned.expected(self.place, *body_bytes, warm_bytes, 0);
        learned.caches.learn(self.place, warm_tokens, tokens.cached_input);
        learned.caches.sent(beginnings, self.place, now);
        learned.used(*body_bytes, tokens);
    }

    fn health(&self) -> &Health {
        &self.pool.healths[self.place]
    }

    fn now(&self) -> Timestamp {
        self.pool.settings.clock.now()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Deployment { provider, upstream_model, .. } = self.deployment();
        write!(formatter, "Attempt({upstream_model} at {provider})")
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.end(Outcome::Neutral);
    }
}
