//! May they, this model: roles and the allow and deny lists of team and user.
//!
//! Deny wins over allow, and both the team's and the user's list must let a model through. Files
//! that a request names have to be the caller's own.

mod abilities;
mod files;
mod lists;

use std::{collections::HashMap, sync::Arc};

use shared::{
    receipt::{Stage, VerdictKind},
    view::chat::ModelChoice,
};

pub use self::files::Files;
use self::lists::Lists;
use crate::{
    call::{Call, Refusal, Trail},
    catalog::{Catalog, Model, PriceTable},
    identity::{Known, Principal},
    kernel::config::Config,
    wire::{RequestFacts, RequestNeeds},
};

/// Decides who may use what.
pub struct Access {
    catalog: Arc<Catalog>,
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

    /// What the call needs of a model; none where nothing is known that could rule one out.
    #[must_use]
    pub fn needs(&self) -> Option<&RequestNeeds> {
        self.needs.as_deref()
    }
}

impl Access {
    /// The rules of a configuration.
    #[must_use]
    pub fn from_config(config: &Config, catalog: Arc<Catalog>) -> Self {
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
    /// [`Refusal::ModelForbidden`] where a list says no; [`Refusal::ModelNotFound`] where nobody
    /// could; [`Refusal::Incapable`] where the model cannot do what is asked, wherever it is served.
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
        if let Err(rule) = self.rule_for(known.principal(), &facts.model) {
            trail.note(Stage::Rbac, VerdictKind::Refused, rule.clone());
            return Err(Refusal::ModelForbidden { model: facts.model, rule });
        }
        let Some(model) = self.catalog.find(&facts.model).cloned() else {
            trail.note(Stage::Rbac, VerdictKind::Refused, "no such model is served");
            return Err(Refusal::ModelNotFound(facts.model));
        };
        trail.model(&facts.model);
        trail.price(model.price.as_ref().map(PriceTable::version));
        let needs = match self.needs_of(&known, &facts, &model) {
            Ok(needs) => needs,
            Err(refusal) => {
                trail.note(Stage::Rbac, VerdictKind::Refused, refusal.public_detail());
                return Err(refusal);
            }
        };
        let role = known.principal().role().title();
        trail.note(Stage::Rbac, VerdictKind::Passed, format!("{role} may use {}", model.name));
        Ok(Allowed { known, facts, model, needs })
    }

    /// The model of this name, if the caller may use it.
    ///
    /// # Errors
    /// [`Refusal::ModelForbidden`] where a list says no; [`Refusal::ModelNotFound`] where nobody
    /// could.
    pub fn model_for(&self, principal: &Principal, name: &str) -> Result<&Arc<Model>, Refusal> {
        self.rule_for(principal, name)
            .map_err(|rule| Refusal::ModelForbidden { model: name.to_owned(), rule })?;
        self.catalog.find(name).ok_or_else(|| Refusal::ModelNotFound(name.to_owned()))
    }

    /// Every model, whoever may use it.
    pub fn served(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.catalog.list()
    }

    /// The models that the caller may use, in the order of the configuration.
    pub fn models_of(&self, principal: &Principal) -> impl Iterator<Item = &Arc<Model>> {
        self.catalog.list().filter(|model| self.rule_for(principal, &model.name).is_ok())
    }

    /// The same, for the picker.
    #[must_use]
    pub fn choices(&self, principal: &Principal) -> Vec<ModelChoice> {
        self.models_of(principal).map(|model| model.choice()).collect()
    }

    /// Whether a list lets the caller use a model that a call under way names beside its own.
    ///
    /// # Errors
    /// [`Refusal::ModelForbidden`].
    pub fn allow_beside(&self, principal: &Principal, model: &str) -> Result<(), Refusal> {
        let forbidden = |rule| Refusal::ModelForbidden { model: model.to_owned(), rule };
        self.rule_for(principal, model).map_err(forbidden)
    }

    fn rule_for(&self, principal: &Principal, model: &str) -> Result<(), String> {
        let Some(rules) = self.teams.get(principal.team_key()) else { return Ok(()) };
        rules
            .team
            .check(model)
            .map_err(|rule| format!("{rule} of team {}", principal.team_name()))?;
        match rules.members.get(principal.email_key()) {
            Some(own) => {
                own.check(model).map_err(|rule| format!("{rule} of {}", principal.email()))
            }
            None => Ok(()),
        }
    }
}
