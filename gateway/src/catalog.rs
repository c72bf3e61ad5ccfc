//! What callers may ask for: models by their names, their prices and where they are served.
//!
//! Which name leads whom to which model is told in `docs/models.md`, whose table of cases is a
//! test.

mod audience;
mod dated_prices;
mod lack;
mod live;
mod pattern;
mod price;
mod serving;
pub mod sources;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use shared::{Timestamp, view::chat::ModelChoice};

pub use self::{
    audience::Viewer,
    dated_prices::DatedPrices,
    lack::Lack,
    live::LiveCatalog,
    price::{BatchPrice, PriceTable, Rates, UnitCost},
    serving::{ServedBy, Serving},
};
use self::{
    audience::{Audience, Nearness},
    pattern::{Others, PatternEntry},
};
pub use crate::kernel::config::{Affinity, Capabilities, Modality, Strategy};
use crate::kernel::{
    Pattern,
    config::{self, Config, ModelApi, ReasoningControl},
};

/// One model as callers name it.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its own name, by which it is recorded, whatever it was asked by.
    pub name: String,
    /// Other names that callers may ask by.
    pub aliases: Vec<String>,
    /// The longest answer where the caller sets no limit, in tokens.
    pub max_output_tokens: i64,
    /// By what the backend of a call is chosen.
    pub strategy: Strategy,
    /// What of a call keeps it with the backend that had the ones before.
    pub affinity: Affinity,
    /// Models that are asked instead where this one cannot be.
    pub fallbacks: Vec<String>,
    /// Where it is served, in order of priority.
    pub deployments: Vec<Deployment>,
    denied_as: Vec<String>,
    allowed_as: Vec<String>,
}

/// A model at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The provider's name in the configuration.
    pub provider: String,
    /// What the provider calls the model.
    pub upstream_model: String,
    /// How it is told how hard to think; none where it cannot be told.
    pub reasoning: Option<ReasoningControl>,
    /// By which of OpenAI's two APIs it is asked; none where the client's own is as good.
    pub api: Option<ModelApi>,
    /// What a call costs here.
    pub price: Option<DatedPrices>,
    /// What the model can do here.
    pub capabilities: Capabilities,
    /// Where data is processed, in the organization's own words.
    pub region: Option<String>,
    /// How many calls it gets beside the others; with 0 it is asked where the others fail.
    pub weight: u32,
    /// How many calls it may have at once, of this node; none where any number.
    pub max_concurrent: Option<u32>,
}

/// Models that providers are known to have, by the names of the providers in the configuration.
pub type KnownModels = HashMap<String, Vec<String>>;

/// Every model that is served, and every name by which.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Those with a name, in the order of the configuration.
    models: Vec<(Audience, Arc<Model>)>,
    /// Which of them have a name or an alias.
    by_name: HashMap<String, Vec<usize>>,
    /// Those whose name is a pattern, in the order in which they are tried.
    patterns: Vec<PatternEntry>,
    /// Whether any of these is not for everyone, so that it may come before a name.
    has_narrow_patterns: bool,
    /// Which of those with a name are served by a provider as an upstream model.
    by_deployment: HashMap<(String, String), Vec<usize>>,
    known: KnownModels,
}

impl Catalog {
    /// The catalogue of a configuration.
    #[must_use]
    pub fn from_config(config: &Config) -> Self {
        let mut catalog = Self::default();
        for entry in &config.models {
            let model = model_of(entry);
            if Pattern::new(&entry.name).stars() == 0 {
                catalog.add(Audience::of(entry), model);
            } else {
                catalog.patterns.push(PatternEntry::new(entry, model));
            }
        }
        catalog.patterns.sort_by_key(|entry| entry.pattern.precedence());
        catalog.has_narrow_patterns =
            catalog.patterns.iter().any(|entry| !entry.audience.is_everyone());
        catalog
    }

    /// The same, with what providers are known to have, so that lists can tell which models a
    /// pattern stands for.
    #[must_use]
    pub fn with_known(self, known: KnownModels) -> Self {
        Self { known, ..self }
    }

    fn add(&mut self, audience: Audience, model: Model) {
        let index = self.models.len();
        for name in model.names() {
            self.by_name.entry(name.to_owned()).or_default().push(index);
        }
        for Deployment { provider, upstream_model, .. } in &model.deployments {
            let place = (provider.clone(), upstream_model.clone());
            self.by_deployment.entry(place).or_default().push(index);
        }
        self.models.push((audience, Arc::new(model)));
    }

    /// The model that a name leads somebody to: of what is for them, for their team, for everyone
    /// the nearest; within that a name before a pattern.
    #[must_use]
    pub fn resolve(&self, name: &str, viewer: Viewer<'_>) -> Option<Arc<Model>> {
        let named = self.named(name, viewer);
        let nearness = named.map(|(nearness, _)| nearness);
        let nearer = match nearness {
            Some(_) if !self.has_narrow_patterns => None,
            _ => self.patterned(name, viewer, nearness),
        };
        nearer.or_else(|| named.map(|(_, model)| Arc::clone(model)))
    }

    fn named(&self, name: &str, viewer: Viewer<'_>) -> Option<(Nearness, &Arc<Model>)> {
        let entries = self.by_name.get(name)?.iter().filter_map(|index| self.models.get(*index));
        let seen = entries
            .filter_map(|(audience, model)| audience.nearness(viewer).map(|near| (near, model)));
        seen.max_by_key(|(nearness, _)| *nearness)
    }

    /// The first pattern of the nearest ones, where these are nearer than `than`.
    fn patterned(
        &self,
        name: &str,
        viewer: Viewer<'_>,
        than: Option<Nearness>,
    ) -> Option<Arc<Model>> {
        let mut best: Option<(Nearness, Arc<Model>)> = None;
        for entry in &self.patterns {
            let Some(nearness) = entry.audience.nearness(viewer) else { continue };
            let floor = best.as_ref().map(|(nearness, _)| *nearness).or(than);
            if floor.is_some_and(|floor| nearness <= floor) {
                continue;
            }
            if let Some(model) = entry.model(name, |deployments| self.others_at(deployments)) {
                best = Some((nearness, model));
            }
        }
        best.map(|(_, model)| model)
    }

    /// The model of this name of each pattern that has it, whoever sees it.
    fn made_by_patterns(&self, name: &str) -> impl Iterator<Item = Arc<Model>> {
        self.patterns
            .iter()
            .filter_map(move |entry| entry.model(name, |deployments| self.others_at(deployments)))
    }

    /// The models with a name that one of these deployments serves, too.
    fn others_at(&self, deployments: &[Deployment]) -> Others {
        let mut others = Others::default();
        for Deployment { provider, upstream_model, .. } in deployments {
            let place = (provider.clone(), upstream_model.clone());
            let indices = self.by_deployment.get(&place).into_iter().flatten();
            for (audience, model) in indices.filter_map(|index| self.models.get(*index)) {
                others.denied_as.extend(model.denied_as.iter().cloned());
                // What is not for everyone is no measure for others.
                let allowed_as = model.allowed_as.iter().filter(|_| audience.is_everyone());
                others.allowed_as.extend(allowed_as.cloned());
            }
        }
        others
    }

    /// All models with a name of their own, whoever sees them, in the order of the configuration.
    pub fn list(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.iter().map(|(_, model)| model)
    }

    /// Every name that leads somebody to a model, as far as it is known: names and aliases in the
    /// order of the configuration, then what patterns stand for.
    #[must_use]
    pub fn names_for(&self, viewer: Viewer<'_>) -> Vec<(String, Arc<Model>)> {
        let known = |provider: &str| self.known.get(provider).map_or(&[][..], Vec::as_slice);
        let written = self.list().flat_map(|model| model.names()).map(str::to_owned);
        let patterned = self.patterns.iter().flat_map(|entry| entry.names_of(known));
        let mut seen = HashSet::new();
        let new = written.chain(patterned).filter(|name| seen.insert(name.clone()));
        new.filter_map(|name| self.resolve(&name, viewer).map(|model| (name, model))).collect()
    }
}

fn model_of(entry: &config::Model) -> Model {
    let deployments: Vec<Deployment> =
        entry.backends.iter().map(|backend| deployment_of(entry, backend)).collect();
    let longest = deployments.iter().filter_map(|it| it.capabilities.max_output_tokens).min();
    let names = std::iter::once(&entry.name).chain(&entry.aliases);
    Model {
        name: entry.name.clone(),
        aliases: entry.aliases.clone(),
        max_output_tokens: longest
            .map_or(entry.max_output_tokens, |longest| longest.min(entry.max_output_tokens)),
        strategy: entry.strategy,
        affinity: entry.affinity,
        fallbacks: entry.fallbacks.clone(),
        deployments,
        denied_as: names.map(|name| name.to_lowercase()).collect(),
        allowed_as: vec![entry.name.clone()],
    }
}

fn deployment_of(model: &config::Model, backend: &config::Backend) -> Deployment {
    Deployment {
        provider: backend.provider.clone(),
        upstream_model: backend.model.clone().unwrap_or(model.name.clone()),
        reasoning: backend.reasoning,
        api: backend.api,
        price: backend.price.as_ref().or(model.price.as_ref()).map(DatedPrices::from),
        capabilities: backend.capabilities.clone().or(&model.capabilities),
        region: backend.region.clone(),
        weight: backend.weight.unwrap_or(1),
        max_concurrent: backend.max_concurrent,
    }
}

impl Deployment {
    /// What a call that arrives at this instant costs here; none where there is no price.
    #[must_use]
    pub fn price_at(&self, instant: Timestamp) -> Option<&PriceTable> {
        self.price.as_ref()?.at(instant)
    }
}

impl Model {
    /// Its name and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.aliases.iter().map(String::as_str))
    }

    /// The names, in lower case, of which none may be denied to whoever asks for it.
    #[must_use]
    pub fn denied_as(&self) -> &[String] {
        &self.denied_as
    }

    /// The names that must all be allowed to whoever asks for it.
    #[must_use]
    pub fn allowed_as(&self) -> &[String] {
        &self.allowed_as
    }

    /// What a call costs where the model is served first; none where that has no price.
    #[must_use]
    pub fn price_at(&self, instant: Timestamp) -> Option<&PriceTable> {
        self.deployments.first()?.price_at(instant)
    }

    /// The most that is known of its deployments.
    pub fn most(&self, of: impl Fn(&Capabilities) -> Option<i64>) -> Option<i64> {
        self.deployments.iter().filter_map(|deployment| of(&deployment.capabilities)).max()
    }

    /// Whether one of its deployments can, as far as that is known of any.
    pub fn can(&self, able: impl Fn(&Capabilities) -> Option<bool>) -> Option<bool> {
        self.deployments.iter().filter_map(|deployment| able(&deployment.capabilities)).max()
    }

    /// The model in the picker, by one of its names.
    #[must_use]
    pub fn choice(&self, name: String, now: Timestamp) -> ModelChoice {
        let price = self.price_at(now);
        ModelChoice {
            name,
            input_price: price.map(|price| price.base().input),
            output_price: price.map(|price| price.base().output),
        }
    }
}

#[cfg(test)]
mod tests;
