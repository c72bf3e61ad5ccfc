//! What a model costs: every rate filled in, for every length of prompt and every service tier.

use std::collections::BTreeMap;

use shared::{
    Money,
    receipt::{TokenCounts, Units},
};

use crate::kernel::{
    config::{LongPromptPrice, Price, TierPrice},
    digest::sha256,
};

/// The service tier of requests in a batch.
const BATCH: &str = "batch";

/// The rate of each token class, nano-dollars per million tokens, and of what is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Prompt tokens.
    pub input: Money,
    /// Prompt tokens read from a cache.
    pub cached_input: Money,
    /// Prompt tokens written to a cache for five minutes.
    pub cache_write: Money,
    /// Prompt tokens written to a cache for an hour.
    pub cache_write_1h: Money,
    /// Answer tokens.
    pub output: Money,
    /// Reasoning tokens.
    pub reasoning: Money,
    /// Prompt tokens of audio.
    pub audio_input: Money,
    /// Answer tokens of audio.
    pub audio_output: Money,
    /// Prompt tokens of images.
    pub image_input: Money,
    /// Answer tokens of images.
    pub image_output: Money,
    /// Nano-dollars for the call itself.
    pub request: Money,
    /// Nano-dollars for each picture.
    pub image: Money,
    /// Nano-dollars for an hour of sound.
    pub audio_hour: Money,
    /// Characters that are read aloud.
    pub characters: Money,
    /// Nano-dollars for each search.
    pub search: Money,
}

/// The most that tokens and requests of a batch cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchPrice {
    /// Prompt tokens, nano-dollars per million.
    pub input: Money,
    /// Answer tokens, nano-dollars per million.
    pub output: Money,
    /// Nano-dollars for each request.
    pub request: Money,
}

/// What so many units cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitCost {
    /// How many.
    pub count: i64,
    /// At which rate.
    pub rate: Money,
    /// Together.
    pub cost: Money,
}

/// A model's price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTable {
    version: String,
    base: Rates,
    /// Rates for prompts of more tokens than that, the shortest first.
    above: Vec<(i64, Rates)>,
    service_tiers: BTreeMap<String, Rates>,
}

impl PriceTable {
    /// Which price this is: the same for the same rates, another for any other.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The ordinary rates.
    #[must_use]
    pub fn base(&self) -> &Rates {
        &self.base
    }

    /// The rates of a call: those of its service tier where there are any, else those of the
    /// length of its prompt.
    #[must_use]
    pub fn rates(&self, tokens: &TokenCounts, service_tier: Option<&str>) -> &Rates {
        if let Some(rates) = service_tier.and_then(|tier| self.service_tiers.get(tier)) {
            return rates;
        }
        let is_longer = |(above, _): &&(i64, Rates)| tokens.prompt() > *above;
        self.above.iter().rev().find(is_longer).map_or(&self.base, |(_, rates)| rates)
    }

    /// The dearest class that a prompt token can fall into, for prompts of so many tokens at most.
    #[must_use]
    pub fn dearest_input(&self, most_tokens: i64) -> Money {
        self.dearest(most_tokens, Rates::dearest_input)
    }

    /// The dearest class that an answer token can fall into.
    #[must_use]
    pub fn dearest_output(&self, most_tokens: i64) -> Money {
        self.dearest(most_tokens, Rates::dearest_output)
    }

    /// The most that the call itself can cost, with all that it has beside tokens.
    #[must_use]
    pub fn dearest_request(&self, most_tokens: i64, units: &Units) -> Money {
        self.dearest(most_tokens, |rates| {
            let units = rates.of_units(units).into_iter().map(|unit| unit.cost);
            units.fold(rates.request, Money::saturating_add)
        })
    }

    /// The rates of a request in a batch: those of the tier `batch` where the price has one, else the
    /// ordinary ones.
    #[must_use]
    pub fn batch_rates(&self, tokens: &TokenCounts) -> &Rates {
        self.rates(tokens, Some(BATCH))
    }

    /// The dearest that requests of a batch can be whose prompts have so many tokens at most.
    #[must_use]
    pub fn dearest_of_batch(&self, most_tokens: i64) -> BatchPrice {
        let long = self.above.iter().filter(|(above, _)| most_tokens > *above);
        let ordinary = std::iter::once(&self.base).chain(long.map(|(_, rates)| rates));
        let rates: Vec<&Rates> = match self.service_tiers.get(BATCH) {
            Some(tier) => vec![tier],
            None => ordinary.collect(),
        };
        let most =
            |of: fn(&Rates) -> Money| rates.iter().copied().map(of).max().unwrap_or_default();
        BatchPrice {
            input: most(Rates::dearest_input),
            output: most(Rates::dearest_output),
            request: most(|rates| rates.request),
        }
    }

    fn dearest(&self, most_tokens: i64, of: impl Fn(&Rates) -> Money) -> Money {
        let long = self.above.iter().filter(|(above, _)| most_tokens > *above);
        let others = long.map(|(_, rates)| rates).chain(self.service_tiers.values());
        others.map(&of).fold(of(&self.base), Money::max)
    }
}

impl From<&Price> for PriceTable {
    fn from(price: &Price) -> Self {
        let base = Rates::from(price);
        let mut above: Vec<_> = price
            .above
            .iter()
            .map(|LongPromptPrice { input_tokens, price }| (*input_tokens, base.with(price)))
            .collect();
        above.sort_by_key(|(tokens, _)| *tokens);
        let service_tiers = price
            .service_tiers
            .iter()
            .map(|(tier, rates)| (tier.clone(), base.with(rates)))
            .collect();
        Self { version: version(price), base, above, service_tiers }
    }
}

/// The first half of the SHA-256 of the price as JSON, so that a call can name what it was billed
/// by, and behind it who says so, where that is not the configuration.
fn version(price: &Price) -> String {
    let text = serde_json::to_string(price).unwrap_or_default();
    let mut half = [0; 8];
    half.copy_from_slice(&sha256(text.as_bytes())[..8]);
    let rates = u64::from_be_bytes(half);
    match &price.origin {
        Some(origin) => format!("price_{rates:016x}@{origin}"),
        None => format!("price_{rates:016x}"),
    }
}

impl From<&Price> for Rates {
    fn from(price: &Price) -> Self {
        let cache_write = price.cache_write.unwrap_or(price.input);
        Self {
            input: price.input,
            cached_input: price.cached_input.unwrap_or(price.input),
            cache_write,
            cache_write_1h: price.cache_write_1h.unwrap_or(cache_write),
            output: price.output,
            reasoning: price.reasoning.unwrap_or(price.output),
            audio_input: price.audio_input.unwrap_or(price.input),
            audio_output: price.audio_output.unwrap_or(price.output),
            image_input: price.image_input.unwrap_or(price.input),
            image_output: price.image_output.unwrap_or(price.output),
            request: price.request,
            image: price.image,
            audio_hour: price.audio_hour,
            characters: price.characters,
            search: price.search,
        }
    }
}

impl Rates {
    fn dearest_input(&self) -> Money {
        let cached = self.cached_input.max(self.cache_write).max(self.cache_write_1h);
        self.input.max(cached).max(self.audio_input).max(self.image_input)
    }

    fn dearest_output(&self) -> Money {
        self.output.max(self.reasoning).max(self.audio_output).max(self.image_output)
    }

    /// These rates with what a tier says differently. A class that had the rate of another one
    /// keeps to it.
    fn with(&self, tier: &TierPrice) -> Self {
        let follow = |own: Option<Money>, base: Money, leader: Money, leads: Money| {
            own.unwrap_or(if base == leader { leads } else { base })
        };
        let input = tier.input.unwrap_or(self.input);
        let output = tier.output.unwrap_or(self.output);
        let as_input = |own, base| follow(own, base, self.input, input);
        let as_output = |own, base| follow(own, base, self.output, output);
        let cache_write = as_input(tier.cache_write, self.cache_write);
        Self {
            input,
            cached_input: as_input(tier.cached_input, self.cached_input),
            cache_write,
            cache_write_1h: follow(
                tier.cache_write_1h,
                self.cache_write_1h,
                self.cache_write,
                cache_write,
            ),
            output,
            reasoning: as_output(tier.reasoning, self.reasoning),
            audio_input: as_input(tier.audio_input, self.audio_input),
            audio_output: as_output(tier.audio_output, self.audio_output),
            image_input: as_input(tier.image_input, self.image_input),
            image_output: as_output(tier.image_output, self.image_output),
            request: tier.request.unwrap_or(self.request),
            image: tier.image.unwrap_or(self.image),
            audio_hour: tier.audio_hour.unwrap_or(self.audio_hour),
            characters: tier.characters.unwrap_or(self.characters),
            search: tier.search.unwrap_or(self.search),
        }
    }

    /// What is no token, in the order of [`Units`].
    #[must_use]
    pub fn of_units(&self, units: &Units) -> [UnitCost; 4] {
        let each = |rate: Money, count| UnitCost {
            count,
            rate,
            cost: rate.per_million(count.saturating_mul(1_000_000)),
        };
        [
            each(self.image, units.images),
            UnitCost {
                count: units.audio_seconds,
                rate: self.audio_hour,
                cost: self.audio_hour.per_hour(units.audio_seconds),
            },
            UnitCost {
                count: units.characters,
                rate: self.characters,
                cost: self.characters.per_million(units.characters),
            },
            each(self.search, units.searches),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn table(json: serde_json::Value) -> PriceTable {
        PriceTable::from(&serde_json::from_value::<Price>(json).unwrap())
    }

    fn prompt(input: i64, cached_input: i64) -> TokenCounts {
        TokenCounts { input, cached_input, ..TokenCounts::default() }
    }

    #[test]
    fn what_is_left_out_follows_the_rate_that_it_is_a_kind_of() {
        let rates =
            *table(serde_json::json!({"input": "3", "cache_write": "3.75", "output": "15"})).base();
        assert_eq!((rates.cached_input, rates.cache_write_1h), (dollars("3"), dollars("3.75")));
        assert_eq!((rates.reasoning, rates.audio_input), (dollars("15"), dollars("3")));
    }

    #[test]
    fn a_long_prompt_has_the_rates_of_the_highest_threshold_that_it_passes_cached_tokens_included()
    {
        let table = table(serde_json::json!({
            "input": "1", "cached_input": "0.1", "output": "5",
            "above": [
                {"input_tokens": 500, "price": {"input": "4"}},
                {"input_tokens": 200, "price": {"input": "2", "output": "9"}},
            ],
        }));
        let input = |tokens| table.rates(&tokens, None).input;
        assert_eq!(input(prompt(100, 100)), dollars("1"), "exactly at the threshold");
        assert_eq!(input(prompt(101, 100)), dollars("2"));
        assert_eq!(input(prompt(1, 500)), dollars("4"));
        let long = table.rates(&prompt(300, 0), None);
        assert_eq!((long.cached_input, long.output), (dollars("0.1"), dollars("9")));
        assert_eq!(long.reasoning, dollars("9"), "reasoning had the rate of the answer");
    }

    #[test]
    fn a_service_tier_has_its_own_rates_and_an_unknown_one_the_ordinary() {
        let table = table(serde_json::json!({
            "input": "1", "output": "5", "service_tiers": {"flex": {"input": "0.5", "output": "2.5"}},
        }));
        assert_eq!(table.rates(&prompt(1, 0), Some("flex")).output, dollars("2.5"));
        assert_eq!(table.rates(&prompt(1, 0), Some("scale")).output, dollars("5"));
    }

    #[test]
    fn a_reservation_is_for_the_dearest_rates_that_a_prompt_of_that_length_can_have() {
        let table = table(serde_json::json!({
            "input": "1", "output": "5",
            "above": [{"input_tokens": 200, "price": {"input": "7"}}],
            "service_tiers": {"priority": {"output": "9"}},
        }));
        assert_eq!(table.dearest_input(200), dollars("1"));
        assert_eq!(table.dearest_input(201), dollars("7"));
        assert_eq!(table.dearest_output(1), dollars("9"));
    }

    #[test]
    fn a_batch_has_the_rates_of_its_tier_and_full_ones_where_there_is_none() {
        let full = serde_json::json!({
            "input": "1", "cache_write": "1.25", "output": "5", "request": "0.01",
            "above": [{"input_tokens": 200, "price": {"input": "7"}}],
            "service_tiers": {"priority": {"output": "9"}},
        });
        let most = table(full.clone()).dearest_of_batch(200);
        let shown = |most: BatchPrice| (most.input, most.output, most.request);
        assert_eq!(shown(most), (dollars("1.25"), dollars("5"), dollars("0.01")));
        assert_eq!(table(full.clone()).dearest_of_batch(201).input, dollars("7"));
        let mut half = full;
        half["service_tiers"]["batch"] = serde_json::json!({"input": "0.5", "output": "2.5"});
        let half = table(half);
        let most = half.dearest_of_batch(201);
        assert_eq!(shown(most), (dollars("1.25"), dollars("2.5"), dollars("0.01")));
        assert_eq!(half.batch_rates(&prompt(500, 0)).input, dollars("0.5"));
    }

    #[test]
    fn the_version_changes_with_any_rate_and_with_nothing_else() {
        let version = |json| table(json).version;
        let one = version(serde_json::json!({"input": "1", "output": "5"}));
        assert_eq!(one, version(serde_json::json!({"output": "5.0", "input": "1"})));
        assert_ne!(
            one,
            version(serde_json::json!({"output": "5", "input": "1", "request": "0.01"}))
        );
    }
}
