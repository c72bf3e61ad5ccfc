//! What callers may ask for: models, their prices and where they are served.

use std::{collections::HashMap, sync::Arc};

use shared::{Money, view::chat::ModelChoice};

use crate::kernel::config::{Config, Price};

/// One model as callers name it.
#[derive(Debug, Clone)]
pub struct Model {
    /// What callers ask for.
    pub name: String,
    /// Dollars per million tokens; none where no price is configured.
    pub price: Option<Price>,
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
                price: model.price,
                max_output_tokens: model.max_output_tokens,
                deployments: model
                    .backends
                    .iter()
                    .map(|backend| Deployment {
                        provider: backend.provider.clone(),
                        upstream_model: backend.model.clone().unwrap_or(model.name.clone()),
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
            input_price: self.price.map(|price| price.input),
            output_price: self.price.map(|price| price.output),
        }
    }
}

/// The price of each token class, with what is left out filled in.
#[derive(Debug, Clone, Copy)]
pub struct FullPrice {
    /// Prompt tokens.
    pub input: Money,
    /// Prompt tokens read from a cache.
    pub cached_input: Money,
    /// Prompt tokens written to a cache.
    pub cache_write: Money,
    /// Answer tokens.
    pub output: Money,
    /// Reasoning tokens.
    pub reasoning: Money,
}

impl From<Price> for FullPrice {
    fn from(price: Price) -> Self {
        Self {
            input: price.input,
            cached_input: price.cached_input.unwrap_or(price.input),
            cache_write: price.cache_write.unwrap_or(price.input),
            output: price.output,
            reasoning: price.reasoning.unwrap_or(price.output),
        }
    }
}

impl FullPrice {
    /// The dearest class that a prompt token can fall into.
    #[must_use]
    pub fn dearest_input(&self) -> Money {
        self.input.max(self.cached_input).max(self.cache_write)
    }

    /// The dearest class that an answer token can fall into.
    #[must_use]
    pub fn dearest_output(&self) -> Money {
        self.output.max(self.reasoning)
    }
}
