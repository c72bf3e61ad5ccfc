//! May they, this model: roles and the allow and deny lists of team and user, and whether the model
//! can do it at all.
//!
//! What the caller does not see is answered as if there were no such model. Deny wins over allow,
//! and both the team's and the user's list must let a model through, by every name that leads to
//! it. Files that a request names have to be the caller's own.

mod abilities;
mod fallbacks;
mod files;
mod lists;

use std::{collections::HashMap, fmt::Write, sync::Arc};

use shared::{
    Timestamp,
    receipt::{Stage, VerdictKind},
    view::chat::ModelChoice,
};

pub use self::files::Files;
use self::lists::Lists;
use crate::{
    call::{Call, Refusal, Trail},
    catalog::{Deployment, LiveCatalog, Model, PriceTable, ServedBy, Serving, Viewer},
    identity::{Known, Principal},
    kernel::config::Config,
    wire::{RequestFacts, RequestNeeds},
};

/// Decides who may use what.
pub struct Access {
    catalog: Arc<LiveCatalog>,
    teams: HashMap<String, TeamRules>,
}

struct TeamRules {
    team: Lists,
    members: HashMap<String, Lists>,
}

/// A call that may be made: caller, model and body are known.
pub struct Allowed {
    known: Known,
    facts: RequestFacts,
    model: Arc<Model>,
    fallbacks: Vec<Arc<Model>>,
    needs: Option<Box<RequestNeeds>>,
}

impl Allowed {
    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        self.known.principal()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.known.call()
    }

    /// What the body asks for.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        &self.facts
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The models that may answer in its place, in order.
    #[must_use]
    pub fn fallbacks(&self) -> &[Arc<Model>] {
        &self.fallbacks
    }

    /// The deployments that may serve the call, in the order of the configuration: those of the
    /// model, or where it has none, of the first fallback that has.
    pub fn candidates(&self) -> impl Iterator<Item = &Deployment> {
        let may_serve = |deployment: &&Deployment| self.may_serve(deployment);
        let mut models = std::iter::once(&self.model).chain(&self.fallbacks);
        let serves = models.find(|model| model.deployments.iter().any(|it| self.may_serve(it)));
        serves.unwrap_or(&self.model).deployments.iter().filter(may_serve)
    }

    fn may_serve(&self, deployment: &Deployment) -> bool {
        let provider = self.call().batch.as_ref().map(|work| &*work.provider);
        let is_there = provider.is_none_or(|provider| provider == deployment.provider);
        let lack = self.needs().and_then(|needs| deployment.capabilities.lacks(needs));
        is_there && lack.is_none_or(|lack| lack.is_bearable())
    }

    /// What the call needs of a model; none where nothing is known that could rule one out.
    #[must_use]
    pub fn needs(&self) -> Option<&RequestNeeds> {
        self.needs.as_deref()
    }
}

impl Access {
    /// The rules of a configuration.
    #[must_use]
    pub fn from_config(config: &Config, catalog: Arc<LiveCatalog>) -> Self {
        let teams = config
            .teams
            .iter()
            .map(|team| {
                let members = team
                    .members
                    .iter()
                    .map(|(email, lists)| (email.to_lowercase(), Lists::new(lists)))
                    .collect();
                let rules = TeamRules { team: Lists::new(&team.models), members };
                (team.name.to_lowercase(), rules)
            })
            .collect();
        Self { catalog, teams }
    }

    /// The stage: reads what the body asks for and decides whether the caller may have it.
    ///
    /// # Errors
    /// [`Refusal::Wire`] for a body that is not what the surface takes;
    /// [`Refusal::ModelNotFound`] where the name leads the caller to no model;
    /// [`Refusal::ModelForbidden`] where a list says no; [`Refusal::Incapable`] where the model
    /// cannot do what is asked, wherever it is served.
    pub fn authorize(&self, known: Known, trail: &mut Trail) -> Result<Allowed, Refusal> {
        let call = known.call();
        let facts = match call.facts_of(&call.body) {
            Ok(facts) => facts,
            Err(error) => {
                trail.note(Stage::Rbac, VerdictKind::Refused, error.to_string());
                return Err(error.into());
            }
        };
        trail.model(&facts.model);
        let model = match self.model_for(known.principal(), &facts.model) {
            Ok(model) => model,
            Err(refusal) => {
                let summary = match &refusal {
                    Refusal::ModelForbidden { rule, .. } => rule.clone(),
                    _ => "no such model is served".to_owned(),
                };
                trail.note(Stage::Rbac, VerdictKind::Refused, summary);
                return Err(refusal);
            }
        };
        trail.model_found(&model.name);
        let price = model.price_at(call.received_at);
        trail.price(price.map(PriceTable::version));
        let fallbacks = self.fallbacks_of(known.principal(), &model, known.call());
        let needs = match self.needs_of(&known, &facts, &model, &fallbacks) {
            Ok(needs) => needs,
            Err(refusal) => {
                trail.note(Stage::Rbac, VerdictKind::Refused, refusal.public_detail());
                return Err(refusal);
            }
        };
        let role = known.principal().role().title();
        let mut summary = format!("{role} may use {}", model.name);
        if facts.model != model.name {
            let _ = write!(summary, ", asked for as {}", facts.model);
        }
        trail.note(Stage::Rbac, VerdictKind::Passed, summary);
        Ok(Allowed { known, facts, model, fallbacks, needs })
    }

    /// The model that this name leads the caller to, if they may use it.
    ///
    /// # Errors
    /// [`Refusal::ModelNotFound`] where it leads to none; [`Refusal::ModelForbidden`] where a list
    /// says no.
    pub fn model_for(&self, principal: &Principal, name: &str) -> Result<Arc<Model>, Refusal> {
        let model = self.catalog.now().resolve(name, viewer(principal));
        let model = model.ok_or_else(|| Refusal::ModelNotFound(name.to_owned()))?;
        self.check(principal, |lists| lists.check(&model))
            .map_err(|rule| Refusal::ModelForbidden { model: name.to_owned(), rule })?;
        Ok(model)
    }

    /// Every model with a name of its own, whoever may use it.
    #[must_use]
    pub fn served(&self) -> Vec<Arc<Model>> {
        self.catalog.now().list().cloned().collect()
    }

    /// Every name by which the caller may ask for a model, as far as it is known, with the model;
    /// in the order of the configuration.
    #[must_use]
    pub fn models_of(&self, principal: &Principal) -> Vec<(String, Arc<Model>)> {
        let mut names = self.catalog.now().names_for(viewer(principal));
        names.retain(|(_, model)| self.check(principal, |lists| lists.check(model)).is_ok());
        names
    }

    /// The same, for the picker.
    #[must_use]
    pub fn choices(&self, principal: &Principal, now: Timestamp) -> Vec<ModelChoice> {
        let models = self.models_of(principal).into_iter();
        models.map(|(name, model)| model.choice(name, now)).collect()
    }

    /// Where a recorded call of somebody was served, at the prices of when it arrived; none where
    /// the catalogue does not know any more.
    #[must_use]
    pub fn serving(
        &self,
        by: ServedBy<'_>,
        principal: Option<&Principal>,
        arrived_at: Timestamp,
    ) -> Option<Serving> {
        self.catalog.now().serving(by, principal.map(viewer), arrived_at)
    }

    /// Whether a list lets the caller use a model that a call under way names beside its own; it
    /// need not be one that is served.
    ///
    /// # Errors
    /// [`Refusal::ModelForbidden`].
    pub fn allow_beside(&self, principal: &Principal, name: &str) -> Result<(), Refusal> {
        let model = self.catalog.now().resolve(name, viewer(principal));
        self.check(principal, |lists| {
            lists.check_name(name)?;
            model.as_ref().map_or(Ok(()), |model| lists.check(model))
        })
        .map_err(|rule| Refusal::ModelForbidden { model: name.to_owned(), rule })
    }

    /// Asks the lists of the caller's team, then the caller's own; says whose says no.
    fn check(
        &self,
        principal: &Principal,
        passes: impl Fn(&Lists) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(rules) = self.teams.get(principal.team_key()) else { return Ok(()) };
        passes(&rules.team).map_err(|rule| format!("{rule} of team {}", principal.team_name()))?;
        match rules.members.get(principal.email_key()) {
            Some(own) => passes(own).map_err(|rule| format!("{rule} of {}", principal.email())),
            None => Ok(()),
        }
    }
}

fn viewer(principal: &Principal) -> Viewer<'_> {
    Viewer { team: principal.team_key(), user: principal.email_key() }
}
