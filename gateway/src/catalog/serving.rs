//! The deployment that serves a call, and what the call costs there.

use std::{ops::Deref, sync::Arc};

use shared::Timestamp;

use super::{Catalog, Deployment, Model, PriceTable, Viewer};

/// One deployment of a model, held as long as a call goes on, at the prices of when it arrived.
#[derive(Debug, Clone)]
pub struct Serving {
    model: Arc<Model>,
    place: usize,
    arrived_at: Timestamp,
}

impl Serving {
    /// The deployment at this place of the model's; none where there is none.
    #[must_use]
    pub fn new(model: &Arc<Model>, place: usize, arrived_at: Timestamp) -> Option<Self> {
        let is_there = place < model.deployments.len();
        is_there.then(|| Self { model: Arc::clone(model), place, arrived_at })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What the call costs here; none where there was no price when it arrived.
    #[must_use]
    pub fn price(&self) -> Option<&PriceTable> {
        self.price_at(self.arrived_at)
    }
}

impl Deref for Serving {
    type Target = Deployment;

    fn deref(&self) -> &Deployment {
        &self.model.deployments[self.place]
    }
}

/// How a record tells where a call went.
#[derive(Debug, Clone, Copy)]
pub struct ServedBy<'a> {
    /// The model, by any of its names.
    pub model: &'a str,
    /// The provider's name in the configuration.
    pub provider: &'a str,
    /// What the provider calls the model, where that is recorded.
    pub upstream_model: Option<&'a str>,
}

impl Catalog {
    /// The deployment by which a recorded call was served, as it is now: of the model that the
    /// name leads the caller to, or else of any other that has the name.
    #[must_use]
    pub fn serving(
        &self,
        by: ServedBy<'_>,
        viewer: Option<Viewer<'_>>,
        arrived_at: Timestamp,
    ) -> Option<Serving> {
        let of_model = |model: &Arc<Model>| Serving::new(model, place_of(model, by)?, arrived_at);
        let led_to = viewer.and_then(|viewer| self.resolve(by.model, viewer));
        let named = || self.list().filter(|model| model.name == by.model).find_map(of_model);
        let patterned = || self.made_by_patterns(by.model).find_map(|model| of_model(&model));
        led_to.as_ref().and_then(of_model).or_else(named).or_else(patterned)
    }
}

/// Where a model is served so; at another model of the provider's, where none has the name that is
/// recorded.
fn place_of(model: &Model, by: ServedBy<'_>) -> Option<usize> {
    let is_of_provider = |deployment: &Deployment| deployment.provider == by.provider;
    let is_same = |deployment: &Deployment| {
        is_of_provider(deployment) && Some(&*deployment.upstream_model) == by.upstream_model
    };
    let mut deployments = model.deployments.iter();
    deployments.position(is_same).or_else(|| model.deployments.iter().position(is_of_provider))
}
