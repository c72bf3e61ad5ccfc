//! The configuration with what is known of the models that it says less of.

use super::Discovery;
use crate::{
    catalog::sources::{Deployed, Origin},
    kernel::config::{Capabilities, Config, Price, Prices},
};

/// What a deployment costs, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// The model, as callers ask for it.
    pub model: String,
    /// The provider's name in the configuration.
    pub provider: String,
    /// What the provider calls it.
    pub upstream_model: String,
    /// What it costs, and who says so; none where nobody does.
    pub price: Option<(Price, Origin)>,
    /// What it can do, as far as it is known.
    pub capabilities: Capabilities,
}

impl Discovery {
    /// The configuration, with the prices and abilities that it leaves out and that are known.
    #[must_use]
    pub fn completed(&self) -> Config {
        self.complete().0
    }

    /// Who says what each deployment costs.
    #[must_use]
    pub fn prices(&self) -> Vec<Completed> {
        self.complete().1
    }

    fn complete(&self) -> (Config, Vec<Completed>) {
        let in_force = self.0.in_force.load();
        let given = self.0.config.load_full();
        let mut config = Config::clone(&given);
        let now = self.0.clock.now();
        let mut told = Vec::new();
        for model in &mut config.models {
            for backend in &mut model.backends {
                let upstream_model = backend.model.clone().unwrap_or(model.name.clone());
                let deployed = Deployed::new(&given, &backend.provider, &upstream_model);
                let found = in_force.known.find(&deployed);
                let said = backend.price.as_ref().or(model.price.as_ref());
                let price = match (said, found.price) {
                    (Some(prices), _) => {
                        prices.at(now).map(|price| (price.clone(), Origin::Configuration))
                    }
                    (None, Some((mut price, origin))) => {
                        price.origin = Some(origin.tag());
                        backend.price = Some(Prices::always(price.clone()));
                        Some((price, origin))
                    }
                    (None, None) => None,
                };
                let said = backend.capabilities.clone().or(&model.capabilities);
                backend.capabilities = said.or(&found.capabilities);
                told.push(Completed {
                    model: model.name.clone(),
                    provider: backend.provider.clone(),
                    upstream_model,
                    price,
                    capabilities: backend.capabilities.clone(),
                });
            }
        }
        (config, told)
    }

    /// Says who says what models cost, and of which nobody does.
    pub fn log_prices(&self) {
        for Completed { model, provider, upstream_model, price, .. } in self.prices() {
            match price {
                Some((_, Origin::Configuration)) => {}
                Some((_, origin)) => {
                    tracing::info!(model, provider, upstream_model, %origin, "its price is known");
                }
                None => tracing::warn!(
                    model,
                    provider,
                    upstream_model,
                    "nobody says what it costs: calls are recorded as unpriced, and hard budgets \
                     refuse them"
                ),
            }
        }
    }
}
