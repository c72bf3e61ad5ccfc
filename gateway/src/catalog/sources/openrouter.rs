//! `OpenRouter`'s list of models: `GET https://openrouter.ai/api/v1/models`, prices included.
//!
//! Prices are dollars for one token as text. `-1` says that the price depends on where a request
//! is sent. <https://openrouter.ai/docs/api-reference/list-available-models>

use shared::Money;

use super::{
    amount::{Unit, whole_number},
    document::{self, Object, Unreadable},
    facts::{ModelFacts, Place},
    rates::{Class, Collected},
    reading::{Collector, Entry, NoAmount, Reading},
};
use crate::kernel::config::{Capabilities, Modality, Price, TierPrice};

const KIND: &str = "openrouter";
/// Models with this end of their name are given away.
const FREE: &str = ":free";

/// The keys of a price. `image` and `image_output` are left out: their unit differs by model.
const CLASSES: [(&str, Class, Unit); 10] = [
    ("prompt", Class::Input, Unit::EachOfMillions),
    ("completion", Class::Output, Unit::EachOfMillions),
    ("request", Class::Request, Unit::One),
    ("web_search", Class::Search, Unit::One),
    ("internal_reasoning", Class::Reasoning, Unit::EachOfMillions),
    ("input_cache_read", Class::CachedInput, Unit::EachOfMillions),
    ("input_cache_write", Class::CacheWrite, Unit::EachOfMillions),
    ("input_cache_write_1h", Class::CacheWrite1h, Unit::EachOfMillions),
    ("audio", Class::AudioInput, Unit::EachOfMillions),
    ("audio_output", Class::AudioOutput, Unit::EachOfMillions),
];

/// Conditions of an override that depend on the hour.
const BY_THE_HOUR: [&str; 3] = ["utc_start", "utc_end", "utc_days"];

/// Reads the list.
///
/// # Errors
/// [`Unreadable`], and then nothing of it may be used.
pub fn openrouter(body: &[u8]) -> Result<Reading, Unreadable> {
    let mut collector = Collector::default();
    for item in document::list(document::text(body)?, &["data"])? {
        let fields = Object::of(item).unwrap_or_default();
        let Some(id) = fields.text("id") else {
            collector.nameless("an entry without a text `id`");
            continue;
        };
        let Some(mut entry) = collector.entry(&id, fields) else { continue };
        let facts = facts(&mut entry);
        if !facts.is_empty() {
            collector.keep(Place::kind(KIND), &id, facts);
        }
        collector.note(entry);
    }
    collector.finish()
}

/// What an entry of the list, or of a list like it, tells of a model.
pub(super) fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let price = entry.fields.inner("pricing").and_then(|pricing| price(entry, &pricing));
    let provider = entry.fields.inner("top_provider").unwrap_or_default();
    let architecture = entry.fields.inner("architecture").unwrap_or_default();
    let takes: Vec<String> = entry
        .fields
        .items("supported_parameters")
        .iter()
        .filter_map(|item| document::unquoted(item.get()).map(String::from))
        .collect();
    let is_told = !takes.is_empty();
    let takes = |wanted: &str| is_told.then(|| takes.iter().any(|name| name == wanted));
    let caching = price.as_ref().and_then(|price| price.cached_input).is_some().then_some(true);
    let at_provider = entry.count_in(&provider, "context_length");
    ModelFacts {
        price,
        capabilities: Capabilities {
            context_tokens: at_provider.or_else(|| entry.count("context_length")),
            max_output_tokens: entry.count_in(&provider, "max_completion_tokens"),
            inputs: kinds(&architecture, "input_modalities"),
            outputs: kinds(&architecture, "output_modalities"),
            tools: takes("tools"),
            schema: takes("structured_outputs"),
            reasoning: takes("reasoning"),
            caching,
            dimensions: None,
        },
    }
}

/// Kinds of content; none where one is not known, since what cannot be named cannot be ruled out.
pub(super) fn kinds(object: &Object<'_>, key: &str) -> Option<Vec<Modality>> {
    let kind = |text: &str| match text {
        "text" => Some(Modality::Text),
        "image" => Some(Modality::Image),
        "audio" | "speech" => Some(Modality::Audio),
        "video" => Some(Modality::Video),
        "file" | "pdf" => Some(Modality::Document),
        "embeddings" | "embedding" => Some(Modality::Embedding),
        _ => None,
    };
    let items = object.items(key);
    let known: Option<Vec<_>> =
        items.iter().map(|item| kind(&document::unquoted(item.get())?)).collect();
    known.filter(|known| !known.is_empty())
}

/// The price of an entry; none where it depends on where a request is sent, is not wholly
/// understood, or is nothing and the name does not say so.
pub(super) fn price(entry: &mut Entry<'_>, pricing: &Object<'_>) -> Option<Price> {
    let depends = |key| matches!(pricing.written(key), Some("\"-1\"" | "-1"));
    if depends("prompt") || depends("completion") {
        return None;
    }
    let mut collected = Collected::default();
    if rates(entry, pricing, &mut collected).is_err() {
        entry.remark("its price is left out");
        return None;
    }
    let tells = |class| collected.rate(class).is_some();
    if !tells(Class::Input) || !tells(Class::Output) {
        entry.remark("its price is left out: it does not tell what the prompt and the answer cost");
        return None;
    }
    (collected.costs_something() || entry.name.ends_with(FREE)).then(|| collected.price())
}

fn rates(
    entry: &mut Entry<'_>,
    pricing: &Object<'_>,
    collected: &mut Collected,
) -> Result<(), NoAmount> {
    of_object(entry, pricing, |class, rate| *class.of_mut(collected.ordinary()) = Some(rate))?;
    for item in pricing.items("overrides") {
        let Some(special) = Object::of(item) else {
            entry.remark("pricing.overrides: expected objects");
            return Err(NoAmount);
        };
        let is_by_the_hour = BY_THE_HOUR.iter().any(|key| special.written(key).is_some());
        let above = special.written("min_prompt_tokens").and_then(whole_number);
        let base = collected.ordinary().clone();
        let rates = match above {
            Some(tokens) if tokens > 0 => collected.above(tokens),
            None if is_by_the_hour => collected.ordinary(),
            _ => {
                entry.remark("pricing.overrides: a condition that is not known");
                return Err(NoAmount);
            }
        };
        of_object(entry, &special, |class, rate| {
            set(rates, class, rate, is_by_the_hour, &base);
        })?;
    }
    Ok(())
}

/// Where a rate depends on the hour, the dearest counts.
fn set(rates: &mut TierPrice, class: Class, rate: Money, is_by_the_hour: bool, base: &TierPrice) {
    let known = class.of(rates).or(class.of(base));
    let dearest = known.map_or(rate, |known| known.max(rate));
    *class.of_mut(rates) = Some(if is_by_the_hour { dearest } else { rate });
}

fn of_object(
    entry: &mut Entry<'_>,
    pricing: &Object<'_>,
    mut set: impl FnMut(Class, Money),
) -> Result<(), NoAmount> {
    for (key, class, unit) in CLASSES {
        if let Some(rate) = entry.amount_in(pricing, key, unit)? {
            set(class, rate);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
