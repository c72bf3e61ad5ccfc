//! Can it do that: what a call needs against what is known of the places where its model is served.

use std::sync::Arc;

use super::Access;
use crate::{
    call::{Incapable, Refusal},
    catalog::{Lack, Model},
    identity::{Known, Principal},
    wire::{RequestFacts, RequestNeeds},
};

/// How many other models a refusal names.
const MOST_OTHERS: usize = 5;

impl Access {
    /// What the call needs; nothing is read where nothing is known that could rule the model out.
    ///
    /// # Errors
    /// [`Refusal::Incapable`] where no deployment of the model can serve the call, and none of its
    /// fallbacks.
    pub(super) fn needs_of(
        &self,
        known: &Known,
        facts: &RequestFacts,
        model: &Model,
        fallbacks: &[Arc<Model>],
    ) -> Result<Option<Box<RequestNeeds>>, Refusal> {
        let all = || std::iter::once(model).chain(fallbacks.iter().map(|model| &**model));
        if !all().any(Model::has_known_capabilities) {
            return Ok(None);
        }
        let least_context_tokens = all().filter_map(Model::least_context_tokens).min();
        let needs = known.call().needs(facts, least_context_tokens);
        let principal = known.principal();
        if let Err(refusal) = self.check_abilities(principal, model, &needs)
            && !fallbacks.iter().any(|it| self.check_abilities(principal, it, &needs).is_ok())
        {
            return Err(refusal);
        }
        Ok(Some(Box::new(needs)))
    }

    /// Whether one of the model's deployments can serve what is needed.
    ///
    /// # Errors
    /// [`Refusal::Incapable`], which says what each lacks and names models that could.
    pub fn check_abilities(
        &self,
        principal: &Principal,
        model: &Model,
        needs: &RequestNeeds,
    ) -> Result<(), Refusal> {
        let lacks = lacks_of(model, needs);
        if lacks.len() < model.deployments.len() {
            return Ok(());
        }
        let Some(first) = lacks.first() else { return Ok(()) };
        let can = |(name, other): &(String, Arc<Model>)| {
            *name == other.name && *name != model.name && is_known_to_serve(other, needs, &lacks)
        };
        let others = self.models_of(principal).into_iter().filter(can).take(MOST_OTHERS);
        let mut told: Vec<String> = Vec::with_capacity(lacks.len());
        for lack in lacks.iter().map(Lack::to_string) {
            if !told.contains(&lack) {
                told.push(lack);
            }
        }
        Err(Refusal::Incapable(Box::new(Incapable {
            model: model.name.clone(),
            field: first.field(),
            lacks: told.join("; elsewhere "),
            is_too_long: lacks.iter().any(|lack| matches!(lack, Lack::Context { .. })),
            others: others.map(|(name, _)| name).collect(),
        })))
    }
}

/// Whether a deployment is known to have what others lack, and lacks nothing else.
fn is_known_to_serve(model: &Model, needs: &RequestNeeds, lacks: &[Lack]) -> bool {
    let mut able = model.deployments.iter().map(|deployment| &deployment.capabilities);
    able.any(|able| able.lacks(needs).is_none() && lacks.iter().all(|lack| able.know(lack)))
}

/// What rules deployments of the model out.
fn lacks_of(model: &Model, needs: &RequestNeeds) -> Vec<Lack> {
    let lacks = model.deployments.iter().filter_map(|it| it.capabilities.lacks(needs));
    lacks.filter(|lack| !lack.is_bearable()).collect()
}
