//! Public list prices and abilities that this binary was built with.
//!
//! `list_prices.jsonl` has a line for each model with where and when it was read; `scripts/list-prices`
//! makes it. In the binary it is compressed, and whoever asks keeps what it wants of it.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader},
};

use flate2::bufread::GzDecoder;
use serde::Deserialize;

use super::{difference::ModelKey, facts::ModelFacts};
use crate::kernel::config::{Capabilities, Price};

static LIST_PRICES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/list_prices.jsonl.gz"));

/// What the binary knows of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltIn {
    /// From which source, as of which day.
    pub source: String,
    /// What it costs and can do.
    pub facts: ModelFacts,
}

/// What comes behind place and model in a line.
const BEHIND_KEY: &str = ",\"source\":";

/// What a line of the file tells of its model.
#[derive(Deserialize)]
struct Line {
    source: String,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default)]
    capabilities: Capabilities,
}

/// Those that are wanted. Decoding takes some milliseconds, and nothing of it stays.
#[must_use]
pub fn list_prices(is_wanted: impl Fn(&ModelKey) -> bool) -> BTreeMap<ModelKey, BuiltIn> {
    read(is_wanted).unwrap_or_else(|error| {
        // A test reads the same bytes, so this is a defect of the build.
        tracing::error!(%error, "the list prices of this binary cannot be read; none is known");
        BTreeMap::new()
    })
}

fn read(is_wanted: impl Fn(&ModelKey) -> bool) -> io::Result<BTreeMap<ModelKey, BuiltIn>> {
    let mut known = BTreeMap::new();
    for line in BufReader::new(GzDecoder::new(LIST_PRICES)).lines() {
        let line = line?;
        let key = key_of(&line)?;
        if is_wanted(&key) {
            let Line { source, price, capabilities } = serde_json::from_str(&line)?;
            known.insert(key, BuiltIn { source, facts: ModelFacts { price, capabilities } });
        }
    }
    Ok(known)
}

/// Of which model a line is. Few lines are wanted, so the others are read no further.
fn key_of(line: &str) -> io::Result<ModelKey> {
    let (key, _) = line.split_once(BEHIND_KEY).ok_or(io::ErrorKind::InvalidData)?;
    Ok(serde_json::from_str(&format!("{key}}}"))?)
}

#[cfg(test)]
mod tests {
    use shared::Money;

    use super::*;
    use crate::{
        catalog::sources::{facts::Place, vendors::VENDORS},
        kernel::instant,
    };

    #[test]
    fn every_line_can_be_read_and_says_from_where_and_when_it_is() {
        let all = read(|_| true).unwrap();
        assert!(all.len() > 1_500, "{}", all.len());
        for (key, known) in &all {
            for source in known.source.split(", ") {
                let (name, day) = source.rsplit_once(' ').unwrap();
                assert!(["LiteLLM", "models.dev"].contains(&name), "{key}: {source}");
                assert!(instant::read(day).is_ok(), "{key}: {source}");
            }
            assert!(!known.facts.is_empty(), "{key}");
            if let Some(price) = &known.facts.price {
                assert!(price.negative_rate().is_none(), "{key}");
            }
        }
        let kinds: std::collections::BTreeSet<String> =
            all.keys().map(|key| key.place.to_string()).collect();
        for kind in &kinds {
            let is_vendor = |vendor: &&super::super::vendors::Vendor| {
                *kind == Place::kind(vendor.kind).to_string()
            };
            assert!(VENDORS.iter().any(|vendor| is_vendor(&vendor)), "{kind}");
        }
        assert!(kinds.len() > 25, "{kinds:?}");
    }

    #[test]
    fn well_known_models_cost_what_their_vendors_ask() {
        let key = |kind: &str, model: &str| ModelKey {
            place: Place::kind(kind),
            model: model.to_owned(),
        };
        let dollars = |text: &str| text.parse::<Money>().unwrap();
        for (kind, model, input, output) in [
            ("openai", "gpt-5.2", "1.75", "14"),
            ("gemini", "gemini-2.5-pro", "1.25", "10"),
            ("mistral", "mistral-large-latest", "0.5", "1.5"),
        ] {
            let wanted = key(kind, model);
            let known = list_prices(|key| *key == wanted);
            let price = known[&wanted].facts.price.clone().unwrap();
            assert_eq!((price.input, price.output), (dollars(input), dollars(output)), "{wanted}");
        }
    }
}
