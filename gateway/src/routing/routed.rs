//! A call with its plan.

use std::{mem, sync::Arc};

use super::{attempts::Attempts, plan::Plan};
use crate::{
    budgets::{Funded, Reservation},
    call::{Call, Refusal, Trail},
    catalog::{Deployment, Model, Serving},
    identity::Principal,
    limits::Allowance,
    wire::RequestFacts,
};

/// A funded call with the backends to try, in order. Provider credentials open only against this.
pub struct Routed {
    funded: Funded,
    model: Arc<Model>,
    /// None once its attempts have begun.
    plan: Option<Plan>,
    /// Of the models that are asked instead.
    fallbacks: Vec<Plan>,
}

impl Routed {
    pub(super) fn new(funded: Funded, plan: Plan, fallbacks: Vec<Plan>) -> Self {
        let model = Arc::clone(funded.model());
        Self { funded, model, plan: Some(plan), fallbacks }
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.funded.call()
    }

    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        self.funded.principal()
    }

    /// What the body asks for.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        self.funded.facts()
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The longest answer that the reservation covers, in tokens.
    #[must_use]
    pub fn output_limit(&self) -> i64 {
        self.funded.output_limit()
    }

    /// The backends that may have the call, in the order in which they are to be tried; empty once
    /// the attempts are taken.
    pub fn candidates(&self) -> impl Iterator<Item = &Deployment> {
        self.plan.iter().flat_map(Plan::deployments)
    }

    /// The same, each to be held for as long as it serves the call.
    pub fn servings(&self) -> impl Iterator<Item = Serving> {
        self.plan.iter().flat_map(Plan::servings)
    }

    /// The attempts at them, and then at those of fallbacks; the first time counts.
    pub fn attempts(&mut self) -> Option<Attempts> {
        let plan = self.plan.take()?;
        Some(Attempts::new(plan, mem::take(&mut self.fallbacks)))
    }

    /// Sees to it that the call is paid for where it is served, and that its record says so, where
    /// another model than the one that was asked for is to answer.
    ///
    /// # Errors
    /// What a hard budget says that does not cover it there.
    pub async fn move_to(&mut self, serving: &Serving, trail: &mut Trail) -> Result<(), Refusal> {
        if Arc::ptr_eq(serving.model(), &self.model) {
            return Ok(());
        }
        if let Some(price) = serving.price()
            && let Some(charges) = self.funded.cover(price).await?
        {
            trail.charges(charges);
        }
        trail.fallback(&serving.model().name);
        Ok(())
    }

    /// Whether that is shorter than what was asked for.
    #[must_use]
    pub fn is_shortened(&self) -> bool {
        self.funded.is_shortened()
    }

    /// What a budget has to say.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.funded.warning()
    }

    /// What is set aside for the call, of budgets and of rate limits; settled by whoever sees it end.
    #[must_use]
    pub fn into_set_aside(self) -> (Reservation, Allowance) {
        self.funded.into_set_aside()
    }

    /// What the call is let through with by its rate limits.
    #[must_use]
    pub fn allowance(&self) -> &Allowance {
        self.funded.allowance()
    }

    /// The same, to add to it what is set aside at the provider that answers.
    pub fn allowance_mut(&mut self) -> &mut Allowance {
        self.funded.allowance_mut()
    }

    /// What is set aside for the call.
    #[must_use]
    pub fn reservation(&self) -> &Reservation {
        self.funded.reservation()
    }
}
