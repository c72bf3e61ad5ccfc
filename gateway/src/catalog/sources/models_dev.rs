//! models.dev's map of providers and their models: `api.json`.
//!
//! One object of providers, each with `models`; prices are dollars per million tokens.
//! <https://github.com/anomalyco/models.dev/blob/dev/packages/core/src/schema.ts>

use super::{
    amount::Unit,
    document::{self, Object, Unreadable},
    facts::{ModelFacts, Place},
    rates::{Class, Collected},
    reading::{Collector, Entry, NoAmount, Reading},
    vendors::VENDORS,
};
use crate::kernel::config::{Capabilities, Modality, Price, TierPrice};

/// The keys of a price.
const CLASSES: [(&str, Class); 7] = [
    ("input", Class::Input),
    ("output", Class::Output),
    ("reasoning", Class::Reasoning),
    ("cache_read", Class::CachedInput),
    ("cache_write", Class::CacheWrite),
    ("input_audio", Class::AudioInput),
    ("output_audio", Class::AudioOutput),
];

/// The length from which `context_over_200k` counts.
const LONG_PROMPT_TOKENS: i64 = 200_000;

/// Reads the map; models of providers that the configuration has no `kind` for are passed over.
///
/// # Errors
/// [`Unreadable`], and then nothing of it may be used.
pub fn models_dev(body: &[u8]) -> Result<Reading, Unreadable> {
    let providers = document::object(document::text(body)?)?;
    let mut collector = Collector::default();
    for vendor in VENDORS {
        // What several names have is taken from the first.
        for name in vendor.models_dev {
            let Some(provider) = providers.inner(name) else { continue };
            let Some(models) = provider.inner("models") else {
                collector.nameless(&format!("`{name}`: expected an object `models`"));
                continue;
            };
            for (model, value) in models.sorted() {
                let Some(fields) = Object::of(value) else {
                    let shown = model.escape_debug();
                    collector.nameless(&format!("`{name}/{shown}`: expected an object"));
                    continue;
                };
                let Some(mut entry) = collector.entry(model, fields) else { continue };
                let facts = facts(&mut entry);
                if !facts.is_empty() {
                    collector.keep(Place::kind(vendor.kind), model, facts);
                }
                collector.note(entry);
            }
        }
    }
    collector.finish()
}

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let limit = entry.fields.inner("limit").unwrap_or_default();
    let modalities = entry.fields.inner("modalities").unwrap_or_default();
    let price = entry.fields.inner("cost").and_then(|cost| price(entry, &cost));
    let caching = price.as_ref().and_then(|price| price.cached_input).is_some().then_some(true);
    ModelFacts {
        price,
        capabilities: Capabilities {
            context_tokens: entry.count_in(&limit, "context"),
            max_output_tokens: entry.count_in(&limit, "output"),
            inputs: kinds(entry, &modalities, "input"),
            outputs: kinds(entry, &modalities, "output"),
            tools: entry.flag("tool_call"),
            schema: entry.flag("structured_output"),
            reasoning: entry.flag("reasoning"),
            caching,
            dimensions: None,
        },
    }
}

fn kinds(entry: &mut Entry<'_>, modalities: &Object<'_>, key: &str) -> Option<Vec<Modality>> {
    let mut known = Vec::new();
    for item in modalities.items(key) {
        known.push(match item.get() {
            "\"text\"" => Modality::Text,
            "\"image\"" => Modality::Image,
            "\"audio\"" => Modality::Audio,
            "\"video\"" => Modality::Video,
            "\"pdf\"" => Modality::Document,
            _ => {
                entry.remark(format!("modalities.{key}: a kind of content that is not known"));
                continue;
            }
        });
    }
    (!known.is_empty()).then_some(known)
}

/// The price of an entry; none where it is not wholly understood, or nothing at all: many plans
/// and previews are listed with zeros.
fn price(entry: &mut Entry<'_>, cost: &Object<'_>) -> Option<Price> {
    let mut collected = Collected::default();
    if rates(entry, cost, &mut collected).is_err() {
        entry.remark("its price is left out");
        return None;
    }
    if !collected.costs_something() {
        return None;
    }
    let tells = |class| collected.rate(class).is_some();
    if !tells(Class::Input) || !tells(Class::Output) {
        entry.remark("its price is left out: it does not tell what the prompt and the answer cost");
        return None;
    }
    Some(collected.price())
}

fn rates(
    entry: &mut Entry<'_>,
    cost: &Object<'_>,
    collected: &mut Collected,
) -> Result<(), NoAmount> {
    of_object(entry, cost, collected.ordinary())?;
    let tiers = cost.items("tiers");
    for tier in &tiers {
        let tier = Object::of(tier).unwrap_or_default();
        let size = tier.inner("tier").and_then(|tier| entry.count_in(&tier, "size"));
        let Some(size) = size else {
            entry.remark("cost.tiers: expected objects with a `tier` and its `size`");
            return Err(NoAmount);
        };
        of_object(entry, &tier, collected.above(size))?;
    }
    match cost.inner("context_over_200k") {
        Some(long) if tiers.is_empty() => {
            of_object(entry, &long, collected.above(LONG_PROMPT_TOKENS))
        }
        _ => Ok(()),
    }
}

fn of_object(
    entry: &mut Entry<'_>,
    cost: &Object<'_>,
    rates: &mut TierPrice,
) -> Result<(), NoAmount> {
    for (key, class) in CLASSES {
        if let Some(rate) = entry.amount_in(cost, key, Unit::Million)? {
            *class.of_mut(rates) = Some(rate);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
