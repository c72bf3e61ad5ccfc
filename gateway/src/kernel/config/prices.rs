//! `price`: one, or several with the dates from which on they count.

use std::{fmt, ops::Deref};

use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer,
    },
};
use shared::Timestamp;

use super::{ConfigError, Price, check::inconsistent};
use crate::kernel::instant;

/// The prices of a model, in the order of their dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices(Vec<Price>);

impl Prices {
    /// One that always counts.
    #[must_use]
    pub fn always(price: Price) -> Self {
        Self(vec![price])
    }

    /// The one that counts at an instant; none before the first.
    #[must_use]
    pub fn at(&self, instant: Timestamp) -> Option<&Price> {
        let counts = |price: &&Price| price.from.is_none_or(|from| from <= instant);
        self.0.iter().rev().find(counts)
    }

    pub(super) fn check(&self, key: &str) -> Result<(), ConfigError> {
        if self.is_empty() {
            return Err(inconsistent(key, "expected a price, or a list of one or more"));
        }
        let is_list = self.len() > 1 || self[0].from.is_some();
        for (index, price) in self.iter().enumerate() {
            let key = if is_list { format!("{key}[{index}]") } else { key.to_owned() };
            check_price(&key, price)?;
            let before = index.checked_sub(1).map(|before| self[before].from);
            let is_in_order = match (before, price.from) {
                (None, _) | (Some(None), Some(_)) => true,
                (Some(Some(before)), Some(from)) => before < from,
                (Some(_), None) => false,
            };
            if !is_in_order {
                let detail = "expected a date behind that of the price before; only the first may \
                              leave it out";
                return Err(inconsistent(format!("{key}.from"), detail));
            }
        }
        Ok(())
    }
}

fn check_price(key: &str, price: &Price) -> Result<(), ConfigError> {
    if let Some(rate) = price.negative_rate() {
        return Err(inconsistent(format!("{key}.{rate}"), "expected zero dollars or more"));
    }
    match price.above.iter().position(|long| long.input_tokens < 1) {
        Some(index) => Err(inconsistent(
            format!("{key}.above[{index}].input_tokens"),
            "expected at least 1: the longest prompt that has the ordinary rates",
        )),
        None => Ok(()),
    }
}

impl Deref for Prices {
    type Target = [Price];

    fn deref(&self) -> &[Price] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PricesVisitor)
    }
}

struct PricesVisitor;

impl<'de> Visitor<'de> for PricesVisitor {
    type Value = Prices;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a price, or a list of prices with the dates from which they count")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Prices, A::Error> {
        Price::deserialize(MapAccessDeserializer::new(map)).map(Prices::always)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Prices, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Prices)
    }
}

/// A date, for its first instant in UTC, or an instant.
pub(super) fn instant<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    instant::read(&text).map(Some).map_err(serde::de::Error::custom)
}
