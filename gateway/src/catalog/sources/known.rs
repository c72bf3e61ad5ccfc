//! What counts for a deployment, of all that is known: what an administrator says before what was
//! synced, and that before what this binary was built with. What the configuration says comes before
//! all of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{
    difference::ModelKey,
    embedded::{self, BuiltIn},
    facts::{ModelFacts, Place, Snapshot},
};
use crate::kernel::config::{Capabilities, Config, Price, Provider};

/// A model at a provider, as far as it decides what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deployed {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The vendor whose list prices are the provider's; none for a server of one's own.
    pub vendor: Option<String>,
    /// What the provider calls the model.
    pub model: String,
}

impl Deployed {
    /// A model at a provider of the configuration.
    #[must_use]
    pub fn new(config: &Config, provider: &str, model: &str) -> Self {
        let vendor = config.providers.get(provider).and_then(Provider::vendor);
        Self {
            provider: provider.to_owned(),
            vendor: vendor.map(str::to_owned),
            model: model.to_owned(),
        }
    }

    /// Every one that the configuration names.
    #[must_use]
    pub fn all(config: &Config) -> BTreeSet<Self> {
        let backends = config.models.iter().flat_map(|model| {
            model.backends.iter().map(move |backend| {
                (&backend.provider, backend.model.as_ref().unwrap_or(&model.name))
            })
        });
        backends.map(|(provider, model)| Self::new(config, provider, model)).collect()
    }

    /// Those that the configuration says no price of.
    #[must_use]
    pub fn taking_prices(config: &Config) -> BTreeSet<Self> {
        let unpriced = config.models.iter().filter(|model| model.price.is_none());
        let backends = unpriced.flat_map(|model| {
            let unpriced = model.backends.iter().filter(|backend| backend.price.is_none());
            unpriced
                .map(|backend| (&backend.provider, backend.model.as_ref().unwrap_or(&model.name)))
        });
        backends.map(|(provider, model)| Self::new(config, provider, model)).collect()
    }

    /// The place where it is itself.
    #[must_use]
    pub fn key(&self) -> ModelKey {
        ModelKey { place: Place::provider(&self.provider), model: self.model.clone() }
    }

    /// Where it is looked for: what the provider itself says comes first.
    fn keys(&self) -> impl Iterator<Item = ModelKey> {
        let vendor = self.vendor.as_deref().map(Place::kind);
        let places = [Some(Place::provider(&self.provider)), vendor];
        places.into_iter().flatten().map(|place| ModelKey { place, model: self.model.clone() })
    }

    /// What a snapshot knows of it.
    #[must_use]
    pub fn facts(&self, snapshot: &Snapshot) -> ModelFacts {
        let found = self.keys().filter_map(|key| snapshot.find(&key.place, &key.model));
        found.fold(ModelFacts::default(), ModelFacts::or)
    }
}

/// Which models a configuration can lead to.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    keys: BTreeSet<ModelKey>,
    /// Where a pattern can lead to any model.
    places: BTreeSet<Place>,
}

impl Wanted {
    /// By a configuration.
    #[must_use]
    pub fn by(config: &Config) -> Self {
        let patterns = config.models.iter().filter(|model| model.name.contains('*'));
        let backends = patterns.flat_map(|model| &model.backends);
        let any = backends.map(|backend| Deployed::new(config, &backend.provider, ""));
        Self {
            keys: Deployed::all(config).iter().flat_map(Deployed::keys).collect(),
            places: any
                .flat_map(|any| any.keys().map(|key| key.place).collect::<Vec<_>>())
                .collect(),
        }
    }

    /// Whether a model is among them.
    #[must_use]
    pub fn contains(&self, key: &ModelKey) -> bool {
        self.places.contains(&key.place) || self.keys.contains(key)
    }
}

/// Who says what a model costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The configuration.
    Configuration,
    /// An administrator, in place of what sources say.
    Override,
    /// A version of what was synced.
    Sync(i64),
    /// The list that this binary was built with, and what that is from.
    BuiltIn(String),
}

impl Origin {
    /// As the version of a price tells it.
    #[must_use]
    pub fn tag(&self) -> String {
        match self {
            Self::Configuration => "configuration".to_owned(),
            Self::Override => "override".to_owned(),
            Self::Sync(version) => format!("sync-{version}"),
            Self::BuiltIn(_) => "built-in".to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => formatter.write_str("configuration"),
            Self::Override => formatter.write_str("override"),
            Self::Sync(version) => write!(formatter, "sync {version}"),
            Self::BuiltIn(source) => write!(formatter, "built in: {source}"),
        }
    }
}

/// What counts for a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// What it costs, and who says so.
    pub price: Option<(Price, Origin)>,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// All that is known of some models.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What administrators say.
    pub overrides: Snapshot,
    /// What was synced, and in which version.
    pub synced: Option<(i64, Snapshot)>,
    /// What this binary was built with.
    pub built_in: BTreeMap<ModelKey, BuiltIn>,
}

impl Known {
    /// What this binary was built with of the models that a configuration names, and nothing else
    /// stays in memory.
    #[must_use]
    pub fn built_in(config: &Config) -> Self {
        let wanted = Wanted::by(config);
        let built_in = if config.catalog.list_prices && !config.models.is_empty() {
            embedded::list_prices(|key| wanted.contains(key))
        } else {
            BTreeMap::new()
        };
        Self { built_in, ..Self::default() }
    }

    /// What counts for a deployment. A price is taken whole, from the first who knows one.
    #[must_use]
    pub fn find(&self, deployed: &Deployed) -> Found {
        let overridden = deployed.facts(&self.overrides);
        let mut layers = vec![(Origin::Override, overridden)];
        if let Some((version, snapshot)) = &self.synced {
            layers.push((Origin::Sync(*version), deployed.facts(snapshot)));
        }
        let built_in = deployed.keys().filter_map(|key| self.built_in.get(&key));
        layers.extend(
            built_in.map(|known| (Origin::BuiltIn(known.source.clone()), known.facts.clone())),
        );
        layers.into_iter().fold(Found::default(), |found, (origin, facts)| Found {
            price: found.price.or_else(|| facts.price.map(|price| (price, origin))),
            capabilities: found.capabilities.or(&facts.capabilities),
        })
    }

    /// As [`Known::find`], as facts.
    #[must_use]
    pub fn facts(&self, deployed: &Deployed) -> ModelFacts {
        let Found { price, capabilities } = self.find(deployed);
        ModelFacts { price: price.map(|(price, _)| price), capabilities }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployed() -> Deployed {
        Deployed {
            provider: "house".to_owned(),
            vendor: Some("openai".to_owned()),
            model: "m".to_owned(),
        }
    }

    fn snapshot(place: Place, input: &str) -> Snapshot {
        let facts = json!({"price": {"input": input, "output": "1"}});
        let mut snapshot = Snapshot::default();
        snapshot.add(place, "m", serde_json::from_value(facts).unwrap());
        snapshot
    }

    fn input_of(known: &Known) -> Option<(String, String)> {
        let price = known.find(&deployed()).price;
        price.map(|(price, origin)| (price.input.to_string(), origin.to_string()))
    }

    #[test]
    fn an_administrator_comes_before_a_sync_and_that_before_what_is_built_in() {
        let vendor = Place::kind("openai");
        let mut known = Known::default();
        assert_eq!(input_of(&known), None);
        let facts = snapshot(vendor.clone(), "1").find(&vendor, "m").unwrap().clone();
        let key = ModelKey { place: vendor.clone(), model: "m".to_owned() };
        let source = "litellm 2026-11-30".to_owned();
        known.built_in.insert(key, BuiltIn { source, facts });
        let told =
            |input: &str, origin: &str| Some((format!("{input}.000000000"), origin.to_owned()));
        assert_eq!(input_of(&known), told("1", "built in: litellm 2026-11-30"));
        known.synced = Some((7, snapshot(vendor.clone(), "2")));
        assert_eq!(input_of(&known), told("2", "sync 7"));
        known.synced = Some((8, snapshot(Place::provider("other"), "2")));
        assert_eq!(input_of(&known), told("1", "built in: litellm 2026-11-30"));
        known.overrides = snapshot(vendor, "3");
        assert_eq!(input_of(&known), told("3", "override"));
    }

    #[test]
    fn what_a_provider_says_of_itself_comes_before_what_is_said_of_its_vendor() {
        let mut both = snapshot(Place::kind("openai"), "1");
        both.add_all(snapshot(Place::provider("house"), "2"));
        let known = Known { synced: Some((1, both)), ..Known::default() };
        assert_eq!(input_of(&known).unwrap().0, "2.000000000");
        let own_server = Deployed { vendor: None, ..deployed() };
        let foreign = snapshot(Place::kind("openai"), "1");
        assert_eq!(own_server.facts(&foreign), ModelFacts::default());
    }
}
