//! Prices as the configuration writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::{Money, Timestamp};

use super::prices;

/// A model's price: rates, with others for long prompts and for service tiers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// From when on it counts, where it is one of several; always, if none.
    #[serde(default, deserialize_with = "prices::instant", skip_serializing)]
    pub from: Option<Timestamp>,
    /// Prompt tokens, dollars per million.
    pub input: Money,
    /// Prompt tokens read from the provider's cache; as `input` if left out.
    #[serde(default)]
    pub cached_input: Option<Money>,
    /// Prompt tokens written to the provider's cache for five minutes; as `input` if left out.
    #[serde(default)]
    pub cache_write: Option<Money>,
    /// Prompt tokens written to the provider's cache for an hour; as `cache_write` if left out.
    #[serde(default)]
    pub cache_write_1h: Option<Money>,
    /// Answer tokens.
    #[serde(default)]
    pub output: Money,
    /// Reasoning tokens; as `output` if left out.
    #[serde(default)]
    pub reasoning: Option<Money>,
    /// Prompt tokens of audio; as `input` if left out.
    #[serde(default)]
    pub audio_input: Option<Money>,
    /// Answer tokens of audio; as `output` if left out.
    #[serde(default)]
    pub audio_output: Option<Money>,
    /// Prompt tokens of images; as `input` if left out.
    #[serde(default)]
    pub image_input: Option<Money>,
    /// Answer tokens of images; as `output` if left out.
    #[serde(default)]
    pub image_output: Option<Money>,
    /// Dollars for each call, whatever its tokens.
    #[serde(default)]
    pub request: Money,
    /// Dollars for each picture that is made.
    #[serde(default)]
    pub image: Money,
    /// Dollars for an hour of sound that is listened to; billed by the second.
    #[serde(default)]
    pub audio_hour: Money,
    /// Characters that are read aloud, dollars per million.
    #[serde(default)]
    pub characters: Money,
    /// Dollars for each search of a reranker.
    #[serde(default)]
    pub search: Money,
    /// Who says so, where that is not the configuration; a part of the price's version.
    #[serde(skip)]
    pub origin: Option<String>,
    /// Other rates for calls whose prompt is longer.
    #[serde(default)]
    pub above: Vec<LongPromptPrice>,
    /// Other rates for calls that the provider has served in a tier of this name, such as
    /// `flex`, `priority` or `batch`.
    #[serde(default)]
    pub service_tiers: BTreeMap<String, TierPrice>,
}

/// Rates for calls with a long prompt: all of their tokens have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPromptPrice {
    /// For prompts of more tokens than this.
    pub input_tokens: i64,
    /// What differs from the model's ordinary rates.
    pub price: TierPrice,
}

/// Rates of a tier; what is left out is as the model's ordinary rates say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TierPrice {
    /// Prompt tokens.
    pub input: Option<Money>,
    /// Prompt tokens read from the provider's cache.
    pub cached_input: Option<Money>,
    /// Prompt tokens written to the provider's cache for five minutes.
    pub cache_write: Option<Money>,
    /// Prompt tokens written to the provider's cache for an hour.
    pub cache_write_1h: Option<Money>,
    /// Answer tokens.
    pub output: Option<Money>,
    /// Reasoning tokens.
    pub reasoning: Option<Money>,
    /// Prompt tokens of audio.
    pub audio_input: Option<Money>,
    /// Answer tokens of audio.
    pub audio_output: Option<Money>,
    /// Prompt tokens of images.
    pub image_input: Option<Money>,
    /// Answer tokens of images.
    pub image_output: Option<Money>,
    /// Dollars for each call.
    pub request: Option<Money>,
    /// Dollars for each picture that is made.
    pub image: Option<Money>,
    /// Dollars for an hour of sound.
    pub audio_hour: Option<Money>,
    /// Characters that are read aloud.
    pub characters: Option<Money>,
    /// Dollars for each search.
    pub search: Option<Money>,
}

impl Price {
    /// The first rate that is below zero, by its key.
    #[must_use]
    pub fn negative_rate(&self) -> Option<String> {
        let of = |prefix: String, tier: &TierPrice| {
            tier.rates()
                .into_iter()
                .find(|(_, rate)| rate.is_some_and(|rate| rate < Money::ZERO))
                .map(|(key, _)| format!("{prefix}{key}"))
        };
        of(String::new(), &self.ordinary())
            .or_else(|| {
                let mut above = self.above.iter().enumerate();
                above.find_map(|(index, long)| of(format!("above[{index}].price."), &long.price))
            })
            .or_else(|| {
                let mut tiers = self.service_tiers.iter();
                tiers.find_map(|(name, tier)| of(format!("service_tiers.{name}."), tier))
            })
    }

    fn ordinary(&self) -> TierPrice {
        TierPrice {
            input: Some(self.input),
            cached_input: self.cached_input,
            cache_write: self.cache_write,
            cache_write_1h: self.cache_write_1h,
            output: Some(self.output),
            reasoning: self.reasoning,
            audio_input: self.audio_input,
            audio_output: self.audio_output,
            image_input: self.image_input,
            image_output: self.image_output,
            request: Some(self.request),
            image: Some(self.image),
            audio_hour: Some(self.audio_hour),
            characters: Some(self.characters),
            search: Some(self.search),
        }
    }
}

impl TierPrice {
    fn rates(&self) -> [(&'static str, Option<Money>); 15] {
        [
            ("input", self.input),
            ("cached_input", self.cached_input),
            ("cache_write", self.cache_write),
            ("cache_write_1h", self.cache_write_1h),
            ("output", self.output),
            ("reasoning", self.reasoning),
            ("audio_input", self.audio_input),
            ("audio_output", self.audio_output),
            ("image_input", self.image_input),
            ("image_output", self.image_output),
            ("request", self.request),
            ("image", self.image),
            ("audio_hour", self.audio_hour),
            ("characters", self.characters),
            ("search", self.search),
        ]
    }
}
