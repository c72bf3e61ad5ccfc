//! What is known of models: what they cost and what they can do, by where they are.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

use super::difference::ModelKey;
use crate::kernel::{
    config::{Capabilities, Price},
    digest::sha256,
};

/// Where a model is: at every provider of a kind, or at one of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A vendor, by the name behind `kind:` in the configuration.
    Kind(String),
    /// A provider, by its name in the configuration.
    Provider(String),
}

impl Place {
    /// Every provider of a kind.
    #[must_use]
    pub fn kind(name: &str) -> Self {
        Self::Kind(name.to_owned())
    }

    /// One provider.
    #[must_use]
    pub fn provider(name: &str) -> Self {
        Self::Provider(name.to_owned())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(name) => write!(formatter, "kind {name}"),
            Self::Provider(name) => write!(formatter, "provider {name}"),
        }
    }
}

/// The text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `kind NAME` or `provider NAME`")]
pub struct ParsePlaceError;

impl FromStr for Place {
    type Err = ParsePlaceError;

    fn from_str(text: &str) -> Result<Self, ParsePlaceError> {
        match text.split_once(' ') {
            Some(("kind", name)) if !name.is_empty() => Ok(Self::kind(name)),
            Some(("provider", name)) if !name.is_empty() => Ok(Self::provider(name)),
            _ => Err(ParsePlaceError),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What is known of one model at one place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelFacts {
    /// What it costs; none where that is not known.
    pub price: Option<Price>,
    /// What it can do.
    pub capabilities: Capabilities,
}

impl ModelFacts {
    /// Whether anything is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These, and where something is not known, what `other` knows. A price is taken whole.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            price: self.price.or_else(|| other.price.clone()),
            capabilities: self.capabilities.or(&other.capabilities),
        }
    }
}

impl Serialize for ModelFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Most of what could be known of a model is not, and thousands of them are kept.
        let mut known = serde_json::Map::new();
        if let Some(price) = &self.price {
            known.insert("price".to_owned(), brief(price).map_err(serde::ser::Error::custom)?);
        }
        let capabilities = brief(&self.capabilities).map_err(serde::ser::Error::custom)?;
        if capabilities.as_object().is_some_and(|known| !known.is_empty()) {
            known.insert("capabilities".to_owned(), capabilities);
        }
        known.serialize(serializer)
    }
}

/// As JSON, without what is not known and without rates that are zero where nothing is said.
fn brief(value: &impl Serialize) -> Result<Value, serde_json::Error> {
    const ZERO_UNLESS_SAID: [&str; 5] = ["request", "image", "audio_hour", "characters", "search"];
    let mut value = serde_json::to_value(value)?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|key, value| {
            let is_zero = value.as_str() == Some("0.000000000");
            let is_empty_list = key == "above" && value.as_array().is_some_and(Vec::is_empty);
            let is_empty_map = value.as_object().is_some_and(serde_json::Map::is_empty);
            let is_said = !(is_zero && ZERO_UNLESS_SAID.contains(&key.as_str()));
            is_said && !is_empty_list && !is_empty_map
        });
    }
    leave_out_nulls(&mut value);
    Ok(value)
}

fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}

/// Facts of models, by where they are and what the provider calls them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Snapshot(BTreeMap<Place, BTreeMap<String, ModelFacts>>);

impl Snapshot {
    /// What is known of a model at a place.
    #[must_use]
    pub fn find(&self, place: &Place, model: &str) -> Option<&ModelFacts> {
        self.0.get(place)?.get(model)
    }

    /// The models at a place, in order.
    pub fn at(&self, place: &Place) -> impl Iterator<Item = (&str, &ModelFacts)> {
        let models = self.0.get(place).into_iter().flatten();
        models.map(|(name, facts)| (name.as_str(), facts))
    }

    /// The names of the models that a provider has listed, in order.
    pub fn listed_by(&self, provider: &str) -> impl Iterator<Item = &str> {
        let models = self.0.get(&Place::provider(provider)).into_iter().flatten();
        models.map(|(name, _)| name.as_str())
    }

    /// Every model, in order.
    pub fn all(&self) -> impl Iterator<Item = (&Place, &str, &ModelFacts)> {
        self.0.iter().flat_map(|(place, models)| {
            models.iter().map(move |(name, facts)| (place, name.as_str(), facts))
        })
    }

    /// How many models there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Whether there is no model.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// Adds what is known of a model; where something is known already, that stays.
    pub fn add(&mut self, place: Place, model: &str, facts: ModelFacts) {
        let models = self.0.entry(place).or_default();
        let facts = match models.remove(model) {
            Some(known) => known.or(&facts),
            None => facts,
        };
        models.insert(model.to_owned(), facts);
    }

    /// Adds all that another one knows and this one does not.
    pub fn add_all(&mut self, other: Self) {
        for (place, models) in other.0 {
            for (model, facts) in models {
                self.add(place.clone(), &model, facts);
            }
        }
    }

    /// Keeps the models of which `is_wanted` says so.
    pub fn retain(&mut self, is_wanted: impl Fn(&ModelKey) -> bool) {
        for (place, models) in &mut self.0 {
            models.retain(|model, _| {
                is_wanted(&ModelKey { place: place.clone(), model: model.clone() })
            });
        }
        self.0.retain(|_, models| !models.is_empty());
    }

    /// SHA-256 of what it says: the same for the same facts, whatever order they came in.
    ///
    /// # Errors
    /// None that is known: it can always be written.
    pub fn digest(&self) -> Result<[u8; 32], serde_json::Error> {
        Ok(sha256(&serde_json::to_vec(self)?))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(json: Value) -> ModelFacts {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn facts_are_written_briefly_and_read_again_as_they_were() {
        let brief = json!({
            "price": {
                "input": "1.250000000", "cached_input": "0.000000000", "output": "10.000000000",
                "above": [{ "input_tokens": 200_000, "price": { "input": "2.500000000" } }],
            },
            "capabilities": { "context_tokens": 400_000, "tools": false },
        });
        let known = facts(brief.clone());
        assert_eq!(facts(serde_json::to_value(&known).unwrap()), known);
        let written = serde_json::to_value(&known).unwrap();
        assert_eq!(written["capabilities"], brief["capabilities"]);
        assert_eq!(written["price"]["cached_input"], "0.000000000", "free is not unknown");
        assert_eq!(written["price"].get("search"), None);
        assert_eq!(written["price"]["above"], brief["price"]["above"]);
        assert_eq!(serde_json::to_value(ModelFacts::default()).unwrap(), json!({}));
    }

    #[test]
    fn what_is_known_first_stays_and_is_completed() {
        let mut snapshot = Snapshot::default();
        let place = Place::kind("openai");
        snapshot.add(place.clone(), "m", facts(json!({"price": {"input": "1", "output": "2"}})));
        let other = json!({"price": {"input": "9"}, "capabilities": {"tools": true}});
        snapshot.add(place.clone(), "m", facts(other));
        let known = snapshot.find(&place, "m").unwrap();
        assert_eq!(known.price.as_ref().unwrap().input, "1".parse().unwrap());
        assert_eq!(known.capabilities.tools, Some(true));
    }

    #[test]
    fn the_digest_is_of_what_is_said_and_not_of_the_order() {
        let (mut one, mut other) = (Snapshot::default(), Snapshot::default());
        let free = || facts(json!({"capabilities": {"tools": true}}));
        for (place, name) in [("a", "x"), ("b", "y")] {
            one.add(Place::kind(place), name, free());
        }
        for (place, name) in [("b", "y"), ("a", "x")] {
            other.add(Place::kind(place), name, free());
        }
        assert_eq!(one.digest().unwrap(), other.digest().unwrap());
        other.add(Place::provider("a"), "x", free());
        assert_ne!(one.digest().unwrap(), other.digest().unwrap());
        let text = serde_json::to_string(&other).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), other);
    }

    #[test]
    fn a_place_is_written_and_read() {
        for place in [Place::kind("openai"), Place::provider("a b")] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        assert!("openai".parse::<Place>().is_err() && "kind ".parse::<Place>().is_err());
    }
}
