//! The stage: counts a call at everyone whom its limits bind, or refuses it and counts nothing.

use std::sync::Arc;

use shared::receipt::{Stage, VerdictKind};

use super::{Allowance, Limits, needs::tokens_of};
use crate::{
    call::{Call, Refusal, Trail},
    catalog::Model,
    identity::Principal,
    policy::Clean,
    wire::RequestFacts,
};

/// A call that keeps to its rate limits.
pub struct Paced {
    clean: Clean,
    allowance: Allowance,
}

impl Paced {
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

    /// What the call is let through with.
    #[must_use]
    pub fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// The same, to add to it what is set aside at a provider.
    pub fn allowance_mut(&mut self) -> &mut Allowance {
        &mut self.allowance
    }

    /// The allowance alone, for who sees the call end.
    #[must_use]
    pub fn into_allowance(self) -> Allowance {
        self.allowance
    }
}

impl Limits {
    /// The stage. A request that is let through counts, whatever becomes of it; one that is refused
    /// here does not, so that nobody who keeps asking has to wait longer for it.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], by the limit that stands in the way for the longest.
    pub async fn admit(
        self: &Arc<Self>,
        clean: Clean,
        trail: &mut Trail,
    ) -> Result<Paced, Refusal> {
        let tokens = if self.count_tokens { tokens_of(&clean) } else { 0 };
        let allowance = Allowance::new(Arc::clone(self), tokens);
        if self.rules.are_none() {
            trail.note(Stage::Limit, VerdictKind::NotConfigured, "no rate limit is configured");
            return Ok(Paced { clean, allowance });
        }
        let subjects = self.subjects.of_call(&self.rules, clean.principal(), clean.model());
        if subjects.is_empty() {
            trail.note(Stage::Limit, VerdictKind::NotConfigured, "no rate limit binds the call");
            return Ok(Paced { clean, allowance });
        }
        match self.count(&subjects, tokens).await {
            Ok(counted) => {
                trail.stands(counted.standing);
                trail.note(Stage::Limit, VerdictKind::Passed, counted.summary);
                Ok(Paced { clean, allowance: allowance.with(counted.holds, counted.place) })
            }
            Err(refused) => {
                trail.stands(refused.standing);
                let refusal = Refusal::RateLimited(refused.refusal);
                trail.note(Stage::Limit, VerdictKind::Refused, refusal.public_detail());
                Err(refusal)
            }
        }
    }
}
