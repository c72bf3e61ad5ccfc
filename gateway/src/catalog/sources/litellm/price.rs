//! Prices in `LiteLLM`'s map: keys made of a class, a length of prompts and a service tier.

use shared::Money;

use super::{Entry, Mode};
use crate::{
    catalog::sources::{
        amount::{Unit, whole_number},
        document::Object,
        rates::{Class, Collected},
        reading::NoAmount,
    },
    kernel::config::Price,
};

/// Ends of keys that name a service tier, and the name that providers report it by.
const TIERS: [(&str, &str); 3] =
    [("_priority", "priority"), ("_flex", "flex"), ("_batches", "batch")];

/// The beginning of a key, what it is the rate of, and for what.
const CLASSES: [(&str, Class, Unit); 11] = [
    ("input_cost_per_token", Class::Input, Unit::EachOfMillions),
    ("output_cost_per_token", Class::Output, Unit::EachOfMillions),
    ("cache_read_input_token_cost", Class::CachedInput, Unit::EachOfMillions),
    ("cache_creation_input_token_cost", Class::CacheWrite, Unit::EachOfMillions),
    ("cache_creation_input_token_cost_above_1hr", Class::CacheWrite1h, Unit::EachOfMillions),
    ("output_cost_per_reasoning_token", Class::Reasoning, Unit::EachOfMillions),
    ("input_cost_per_audio_token", Class::AudioInput, Unit::EachOfMillions),
    ("output_cost_per_audio_token", Class::AudioOutput, Unit::EachOfMillions),
    ("input_cost_per_image_token", Class::ImageInput, Unit::EachOfMillions),
    ("output_cost_per_image_token", Class::ImageOutput, Unit::EachOfMillions),
    ("input_cost_per_request", Class::Request, Unit::One),
];

/// What only models of one mode are billed by.
const BY_MODE: [(Mode, &str, Class, Unit); 4] = [
    (Mode::Images, "output_cost_per_image", Class::Image, Unit::One),
    (Mode::Transcription, "input_cost_per_second", Class::AudioHour, Unit::Second),
    (Mode::Speech, "input_cost_per_character", Class::Characters, Unit::EachOfMillions),
    (Mode::Rerank, "input_cost_per_query", Class::Search, Unit::One),
];

/// Says the same as another key does, or is cheaper than it by the hour: the dearest counts.
const REPEATED: [&str; 4] = [
    "input_cost_per_token_cache_hit",
    "off_peak_pricing",
    "output_cost_per_second",
    "search_context_cost_per_query",
];

/// Where a rate belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Ordinary,
    Above(i64),
    Tier(&'static str),
}

/// The price of an entry; none where it is not known, not wholly understood, or nothing at all,
/// which is more likely to be a gap than a gift.
pub(super) fn read(entry: &mut Entry<'_>, mode: Mode) -> Option<Price> {
    let mut collected = Collected::default();
    let is_sound = rates(entry, mode, &mut collected)
        .and_then(|()| tiered(entry, &mut collected))
        .and_then(|()| searches(entry, &mut collected));
    if is_sound.is_err() {
        entry.remark("its price is left out");
        return None;
    }
    if !collected.costs_something() {
        return None;
    }
    if let Err(missing) = complete(mode, &mut collected) {
        entry.remark(format!("its price is left out: it does not tell what {missing} costs"));
        return None;
    }
    Some(collected.price())
}

fn rates(entry: &mut Entry<'_>, mode: Mode, collected: &mut Collected) -> Result<(), NoAmount> {
    let costs: Vec<(String, String)> = entry
        .fields
        .sorted()
        .into_iter()
        .filter(|(key, value)| key.contains("cost") && value.get() != "null")
        .filter(|(key, _)| !REPEATED.contains(key))
        .map(|(key, value)| (key.to_owned(), value.get().to_owned()))
        .collect();
    for (key, written) in costs {
        let Some((class, unit, part)) = parsed(&key, mode) else {
            if !is_nothing(&written) {
                entry.remark(format!("{key}: is not among the classes of a price"));
            }
            continue;
        };
        let rate = entry.amount(&key, &written, unit)?;
        let rates = match part {
            Part::Ordinary => collected.ordinary(),
            Part::Above(tokens) => collected.above(tokens),
            Part::Tier(name) => collected.tier(name),
        };
        *class.of_mut(rates) = Some(rate);
    }
    Ok(())
}

fn is_nothing(written: &str) -> bool {
    written.starts_with(['{', '['])
        || written.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-' | b'+' | b'e' | b'E'))
}

/// What a key is the rate of: `input_cost_per_token_above_200k_tokens`, or with `_flex` at its end.
/// A key with both a length and a tier has no place in a price.
fn parsed(key: &str, mode: Mode) -> Option<(Class, Unit, Part)> {
    let (key, tier) = TIERS
        .iter()
        .find_map(|(end, name)| key.strip_suffix(end).map(|rest| (rest, Some(*name))))
        .unwrap_or((key, None));
    let (key, above) = match key
        .strip_suffix("k_tokens")
        .and_then(|rest| rest.rsplit_once("_above_"))
    {
        Some((rest, thousands)) => (rest, Some(thousands.parse::<i64>().ok()?.checked_mul(1_000)?)),
        None => (key, None),
    };
    let part = match (above, tier) {
        (None, None) => Part::Ordinary,
        (Some(tokens), None) => Part::Above(tokens),
        (None, Some(name)) => Part::Tier(name),
        (Some(_), Some(_)) => return None,
    };
    let of_any =
        CLASSES.iter().find(|(name, ..)| *name == key).map(|(_, class, unit)| (class, unit));
    let of_mode = BY_MODE
        .iter()
        .find(|(of, name, ..)| *of == mode && *name == key)
        .map(|(.., class, unit)| (class, unit));
    of_any.or(of_mode).map(|(class, unit)| (*class, *unit, part))
}

/// Prices by length of the prompt as a list; the first one has the ordinary rates.
fn tiered(entry: &mut Entry<'_>, collected: &mut Collected) -> Result<(), NoAmount> {
    for item in entry.fields.items("tiered_pricing") {
        let range = Object::of(item).map(|tier| {
            let from = tier.items("range").first().map(|from| from.get().to_owned());
            (tier, from)
        });
        let from = range.as_ref().and_then(|(_, from)| from.as_deref());
        let from = from.and_then(whole_number);
        let (Some((tier, _)), Some(from)) = (range, from) else {
            entry.remark("tiered_pricing: expected objects with a `range`");
            return Err(NoAmount);
        };
        for (key, class, unit) in CLASSES {
            if let Some(rate) = entry.amount_in(&tier, key, unit)? {
                let is_first = from == 0;
                let rates = if is_first { collected.ordinary() } else { collected.above(from) };
                *class.of_mut(rates) = Some(rate);
            }
        }
    }
    Ok(())
}

/// A search of the web; where more context costs more, the dearest counts.
fn searches(entry: &mut Entry<'_>, collected: &mut Collected) -> Result<(), NoAmount> {
    const SIZES: [&str; 3] =
        ["search_context_size_high", "search_context_size_medium", "search_context_size_low"];
    let Some(sizes) = entry.fields.inner("search_context_cost_per_query") else { return Ok(()) };
    for size in SIZES {
        let rate = entry.amount_in(&sizes, size, Unit::One)?;
        let search = Class::Search.of_mut(collected.ordinary());
        *search = (*search).max(rate);
    }
    Ok(())
}

/// Gives classes that a source leaves out the rate of those that they are a kind of, and leaves out
/// what would bill the same thing twice; names what is missing and would be billed as nothing.
fn complete(mode: Mode, collected: &mut Collected) -> Result<(), &'static str> {
    for (whole, kind) in [
        (Class::Output, Class::ImageOutput),
        (Class::Output, Class::AudioOutput),
        (Class::Input, Class::AudioInput),
    ] {
        if mode != Mode::Text && !has(collected, whole) && has(collected, kind) {
            *whole.of_mut(collected.ordinary()) = collected.rate(kind);
        }
    }
    let by_tokens = has(collected, Class::Input) && has(collected, Class::Output);
    let (is_told, missing, unit) = match mode {
        Mode::Text => (by_tokens, "the prompt and the answer", None),
        Mode::Embedding | Mode::Moderation => (has(collected, Class::Input), "the prompt", None),
        Mode::Rerank => {
            (has(collected, Class::Search) || has(collected, Class::Input), "a search", None)
        }
        Mode::Transcription => (by_tokens, "the sound", Some(Class::AudioHour)),
        Mode::Speech => (by_tokens, "the characters", Some(Class::Characters)),
        Mode::Images => (by_tokens, "a picture", Some(Class::Image)),
    };
    match unit {
        Some(unit) if is_told => *unit.of_mut(collected.ordinary()) = None,
        Some(unit) if has(collected, unit) => {}
        _ if is_told => {}
        _ => return Err(missing),
    }
    Ok(())
}

fn has(collected: &Collected, class: Class) -> bool {
    collected.rate(class).is_some_and(|rate| rate > Money::ZERO)
}
