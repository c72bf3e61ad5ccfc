//! What a candidate changes against what is in force.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{Money, receipt::TokenCounts};

use super::{
    facts::{ModelFacts, Place, Snapshot},
    rates::Class,
};
use crate::{
    catalog::{PriceTable, Rates},
    kernel::config::{Capabilities, Price},
};

/// A model at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ModelKey {
    /// Where it is.
    pub place: Place,
    /// What the provider calls it.
    pub model: String,
}

impl std::fmt::Display for ModelKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} `{}`", self.place, self.model)
    }
}

/// What one snapshot says otherwise than another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Models that the first does not know.
    pub added: Vec<ModelKey>,
    /// Models that the second does not know.
    pub removed: Vec<ModelKey>,
    /// Models of which they say different things.
    pub changed: Vec<ModelChange>,
}

/// What is said otherwise of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChange {
    /// Which.
    pub key: ModelKey,
    /// Rates by which calls would be billed otherwise.
    pub rates: Vec<RateChange>,
    /// What it can or cannot do otherwise.
    pub abilities: Vec<AbilityChange>,
}

/// A rate, nano-dollars per million or for one; none where there is no price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateChange {
    /// For which calls: `ordinary`, `above 200000` tokens, or `tier flex`.
    pub calls: String,
    /// For what: a key of the configuration's prices.
    pub class: String,
    /// What it was.
    pub before: Option<Money>,
    /// What it is.
    pub after: Option<Money>,
}

/// An ability, as the configuration writes it; null where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbilityChange {
    /// A key of the configuration's capabilities.
    pub ability: String,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

impl Difference {
    /// What `after` says otherwise than `before`.
    #[must_use]
    pub fn between(before: &Snapshot, after: &Snapshot) -> Self {
        let mut difference = Self::default();
        for (place, model, facts) in before.all() {
            let key = || ModelKey { place: place.clone(), model: model.to_owned() };
            match after.find(place, model) {
                None => difference.removed.push(key()),
                Some(later) if later != facts => {
                    difference.changed.extend(ModelChange::between(key(), facts, later));
                }
                Some(_) => {}
            }
        }
        let is_new = |(place, model, _): &(&Place, &str, _)| before.find(place, model).is_none();
        difference.added.extend(
            after.all().filter(is_new).map(|(place, model, _)| ModelKey {
                place: place.clone(),
                model: model.to_owned(),
            }),
        );
        difference
    }

    /// Whether they say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// The first so many of each kind, for where there is no room for all.
    #[must_use]
    pub fn first(&self, most: usize) -> Self {
        Self {
            added: self.added.iter().take(most).cloned().collect(),
            removed: self.removed.iter().take(most).cloned().collect(),
            changed: self.changed.iter().take(most).cloned().collect(),
        }
    }
}

impl ModelChange {
    /// None where calls are billed the same and the same is known: a rate that was left out is told
    /// now, and is the one that was taken for it.
    fn between(key: ModelKey, before: &ModelFacts, after: &ModelFacts) -> Option<Self> {
        let rates = rate_changes(before.price.as_ref(), after.price.as_ref());
        let abilities = ability_changes(&before.capabilities, &after.capabilities);
        (!rates.is_empty() || !abilities.is_empty()).then_some(Self { key, rates, abilities })
    }
}

/// For which calls rates are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Calls {
    Ordinary,
    Above(i64),
    Tier(String),
}

impl Calls {
    fn all<'a>(prices: impl Iterator<Item = &'a Price>) -> BTreeSet<Self> {
        let mut all = BTreeSet::from([Self::Ordinary]);
        for price in prices {
            all.extend(price.above.iter().map(|long| Self::Above(long.input_tokens)));
            all.extend(price.service_tiers.keys().cloned().map(Self::Tier));
        }
        all
    }

    /// What such calls are billed by.
    fn rates<'a>(&self, table: &'a PriceTable) -> &'a Rates {
        let prompt = |input| TokenCounts { input, ..TokenCounts::default() };
        match self {
            Self::Ordinary => table.base(),
            Self::Above(tokens) => table.rates(&prompt(tokens.saturating_add(1)), None),
            Self::Tier(name) => table.rates(&prompt(0), Some(name)),
        }
    }
}

impl std::fmt::Display for Calls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ordinary => formatter.write_str("ordinary"),
            Self::Above(tokens) => write!(formatter, "above {tokens}"),
            Self::Tier(name) => write!(formatter, "tier {name}"),
        }
    }
}

/// Every rate by which calls would be billed otherwise.
pub(super) fn rate_changes(before: Option<&Price>, after: Option<&Price>) -> Vec<RateChange> {
    let (old, new) = (before.map(PriceTable::from), after.map(PriceTable::from));
    let mut changes = Vec::new();
    for calls in Calls::all(before.into_iter().chain(after)) {
        for class in Class::ALL {
            let rate = |table: &Option<PriceTable>| {
                table.as_ref().map(|table| class.billed(calls.rates(table)))
            };
            let (before, after) = (rate(&old), rate(&new));
            let is_told = before.or(after).is_some_and(|rate| rate > Money::ZERO)
                || before.and(after).is_some();
            if before != after && is_told {
                let class = class.as_str().to_owned();
                changes.push(RateChange { calls: calls.to_string(), class, before, after });
            }
        }
    }
    changes
}

fn ability_changes(before: &Capabilities, after: &Capabilities) -> Vec<AbilityChange> {
    let written = |capabilities| serde_json::to_value(capabilities).unwrap_or(Value::Null);
    let (before, after) = (written(before), written(after));
    let known = before.as_object().into_iter().flat_map(serde_json::Map::keys);
    known
        .filter(|ability| before[ability.as_str()] != after[ability.as_str()])
        .map(|ability| AbilityChange {
            ability: ability.clone(),
            before: before[ability.as_str()].clone(),
            after: after[ability.as_str()].clone(),
        })
        .collect()
}
