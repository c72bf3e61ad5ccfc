//! What callers may ask for: models, their prices and where they are served.

mod price;
pub mod sources;

use std::{collections::HashMap, sync::Arc};

use shared::view::chat::ModelChoice;

pub use self::price::{BatchPrice, PriceTable, Rates, UnitCost};
pub use crate::kernel::config::{Capabilities, Modality};
use crate::kernel::config::{Config, ModelApi, ReasoningControl};

/// One model as callers name it.
#[derive(Debug, Clone)]
pub struct Model {
    /// What callers ask for.
    pub name: String,
    /// What it costs; none where no price is configured.
    pub price: Option<PriceTable>,
    /// The longest answer where the caller sets no limit, in tokens.
    pub max_output_tokens: i64,
    /// Where it is served, in order of priority.
    pub deployments: Vec<Deployment>,
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
    pub price: Option<PriceTable>,
    /// What the model can do here.
    pub capabilities: Capabilities,
    /// Where data is processed, in the organization's own words.
    pub region: Option<String>,
}

/// Every model that is served.
#[derive(Debug, Default)]
pub struct Catalog {
    models: HashMap<String, Arc<Model>>,
    names: Vec<String>,
}

impl Catalog {
    /// The catalogue of a configuration.
    #[must_use]
    pub fn from_config(config: &Config) -> Self {
        let models: Vec<Model> = config
            .models
            .iter()
            .map(|model| Model {
                name: model.name.clone(),
                price: model.price.as_ref().map(PriceTable::from),
                max_output_tokens: model.max_output_tokens,
                deployments: model
                    .backends
                    .iter()
                    .map(|backend| Deployment {
                        provider: backend.provider.clone(),
                        upstream_model: backend.model.clone().unwrap_or(model.name.clone()),
                        reasoning: backend.reasoning,
                        api: backend.api,
                        price: backend
                            .price
                            .as_ref()
                            .or(model.price.as_ref())
                            .map(PriceTable::from),
                        capabilities: backend.capabilities.clone().or(&model.capabilities),
                        region: backend.region.clone(),
                    })
                    .collect(),
            })
            .collect();
        Self {
            names: models.iter().map(|model| model.name.clone()).collect(),
            models: models.into_iter().map(|model| (model.name.clone(), Arc::new(model))).collect(),
        }
    }

    /// The model of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Model>> {
        self.models.get(name)
    }

    /// All models, in the order of the configuration.
    pub fn list(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.names.iter().filter_map(|name| self.models.get(name))
    }
}

impl Model {
    /// The model in the picker.
    #[must_use]
    pub fn choice(&self) -> ModelChoice {
        ModelChoice {
            name: self.name.clone(),
            input_price: self.price.as_ref().map(|price| price.base().input),
            output_price: self.price.as_ref().map(|price| price.base().output),
        }
    }
}
