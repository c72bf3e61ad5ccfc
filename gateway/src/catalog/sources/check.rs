//! Whether a candidate may take the place of what is in force.
//!
//! Sources have been wrong before: by a factor of a million, by zeros, by half a file. So a
//! candidate is refused as a whole where it moves a price that is in use beyond a bound, to nothing
//! or away, where it takes most of the room from a model in use, or where it loses or moves more
//! models than a share. An administrator can accept it all the same.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use shared::Money;

use super::{
    difference::{Difference, ModelKey, RateChange, rate_changes},
    facts::{ModelFacts, Snapshot},
    rates::Class,
};
use crate::kernel::config::Capabilities;

/// What changes are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many times as much or as little a rate or a limit may become.
    pub largest_change: u32,
    /// Which share of the models may be gone, or have prices beyond that, in percent.
    pub most_models_percent: u32,
}

/// Of fewer models than that, no share says anything.
const FEW_MODELS: usize = 10;
/// How many reasons are told one by one.
const MOST_OBJECTIONS: usize = 100;

/// A reason to refuse a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Objection {
    /// A rate in use moves too far.
    #[error("{key}: {} for {} calls becomes {}, which is beyond {times} times {}", .change.class, .change.calls, told(.change.after), told(.change.before))]
    Jumps {
        /// The model.
        key: ModelKey,
        /// The rate.
        change: RateChange,
        /// How far it may move.
        times: u32,
    },
    /// A rate in use becomes nothing.
    #[error("{key}: {} for {} calls becomes nothing; it is {}", .change.class, .change.calls, told(.change.before))]
    BecomesNothing {
        /// The model.
        key: ModelKey,
        /// The rate.
        change: RateChange,
    },
    /// A price in use is gone.
    #[error("{key}: its price is gone, and it is in use")]
    PriceGone {
        /// The model.
        key: ModelKey,
    },
    /// A limit in use becomes much smaller.
    #[error("{key}: {limit} falls from {before} to {after}, by more than {times} times")]
    Shrinks {
        /// The model.
        key: ModelKey,
        /// Which limit.
        limit: String,
        /// What it is, in tokens.
        before: i64,
        /// What it would be.
        after: i64,
        /// How far it may move.
        times: u32,
    },
    /// Too many models are gone.
    #[error("{gone} of {all} models are gone, more than {percent} percent")]
    ManyGone {
        /// How many.
        gone: usize,
        /// Of how many.
        all: usize,
        /// The most that may be.
        percent: u32,
    },
    /// Somebody has gone back to an earlier version, so that what comes later waits for them.
    #[error("somebody has gone back to version {in_force}; accept this one to go on from it")]
    HeldBack {
        /// The version in force.
        in_force: i64,
    },
    /// Too many prices move too far, as when a source changes its unit.
    #[error(
        "the prices of {moved} of {all} models move beyond {times} times, more than {percent} percent"
    )]
    ManyJump {
        /// How many.
        moved: usize,
        /// Of how many.
        all: usize,
        /// How far they may move.
        times: u32,
        /// The most that may.
        percent: u32,
    },
}

fn told(rate: Option<Money>) -> String {
    rate.map_or_else(|| "unknown".to_owned(), |rate| format!("${rate}"))
}

/// A model in use, with what is known of it before and after, wherever that is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Which.
    pub key: ModelKey,
    /// What counts now.
    pub before: ModelFacts,
    /// What would count.
    pub after: ModelFacts,
}

/// Every reason to refuse `candidate`, which differs from `in_force` so.
#[must_use]
pub fn objections(
    in_force: &Snapshot,
    difference: &Difference,
    in_use: &[InUse],
    bounds: Bounds,
) -> Vec<Objection> {
    let mut objections: Vec<Objection> =
        in_use.iter().flat_map(|model| of_model(model, bounds)).take(MOST_OBJECTIONS).collect();
    objections.extend(shares(in_force, difference, bounds));
    objections
}

fn shares(in_force: &Snapshot, difference: &Difference, bounds: Bounds) -> Vec<Objection> {
    let Bounds { largest_change: times, most_models_percent: percent } = bounds;
    let is_more = |some: usize, all: usize| {
        all >= FEW_MODELS && (some as u128) * 100 > u128::from(percent) * (all as u128)
    };
    let (gone, all) = (difference.removed.len(), in_force.len());
    let many_gone = is_more(gone, all).then_some(Objection::ManyGone { gone, all, percent });
    let priced = in_force.all().filter(|(.., facts)| facts.price.is_some()).count();
    let moves = |rates: &[RateChange]| {
        let mut ordinary = rates.iter().filter(|change| change.calls == "ordinary");
        ordinary.any(|change| is_beyond(change, times))
    };
    let changed: BTreeSet<&ModelKey> = difference
        .changed
        .iter()
        .filter(|change| moves(&change.rates))
        .map(|change| &change.key)
        .collect();
    let jumped = changed.len();
    let many_jump = is_more(jumped, priced).then_some(Objection::ManyJump {
        moved: jumped,
        all: priced,
        times,
        percent,
    });
    many_gone.into_iter().chain(many_jump).collect()
}

fn of_model(model: &InUse, bounds: Bounds) -> Vec<Objection> {
    let InUse { key, before, after } = model;
    let times = bounds.largest_change;
    let mut objections = shrinking(key, &before.capabilities, &after.capabilities, times);
    match (&before.price, &after.price) {
        (Some(_), None) => objections.push(Objection::PriceGone { key: key.clone() }),
        (Some(old), Some(new)) => {
            for change in rate_changes(Some(old), Some(new)) {
                if change.after.is_some_and(Money::is_zero) {
                    objections.push(Objection::BecomesNothing { key: key.clone(), change });
                } else if is_beyond(&change, times) && !is_newly_told(&change, old) {
                    objections.push(Objection::Jumps { key: key.clone(), change, times });
                }
            }
        }
        (None, _) => {}
    }
    objections
}

/// Whether a rate becomes nothing, or more than so many times as much or as little. What cost
/// nothing beside the tokens was not told before.
fn is_beyond(change: &RateChange, times: u32) -> bool {
    let (Some(before), Some(after)) = (change.before, change.after) else { return false };
    let (before, after) = (i128::from(before.nanos()), i128::from(after.nanos()));
    let times = i128::from(times);
    match before {
        0 => change.class == Class::Input.as_str() || change.class == Class::Output.as_str(),
        _ => after > before * times || after * times < before,
    }
}

/// Whether a discount is told where none was: until now the class was billed as what it is a kind
/// of, and reading from a cache costs a tenth or less of that.
fn is_newly_told(change: &RateChange, old: &crate::kernel::config::Price) -> bool {
    let falls = change.after < change.before;
    let was_told = match change.class.as_str() {
        "cached_input" => old.cached_input.is_some(),
        "cache_write" => old.cache_write.is_some(),
        "cache_write_1h" => old.cache_write_1h.is_some(),
        "reasoning" => old.reasoning.is_some(),
        _ => true,
    };
    falls && !was_told
}

fn shrinking(
    key: &ModelKey,
    before: &Capabilities,
    after: &Capabilities,
    times: u32,
) -> Vec<Objection> {
    let limits = [
        ("context_tokens", before.context_tokens, after.context_tokens),
        ("max_output_tokens", before.max_output_tokens, after.max_output_tokens),
    ];
    limits
        .into_iter()
        .filter_map(|(limit, before, after)| {
            let (before, after) = (before?, after?);
            let is_beyond = i128::from(after) * i128::from(times) < i128::from(before);
            let (key, limit) = (key.clone(), limit.to_owned());
            is_beyond.then_some(Objection::Shrinks { key, limit, before, after, times })
        })
        .collect()
}

#[cfg(test)]
mod tests;
