//! The five strategies, each a pure function over what is known of the candidates.
//!
//! A strategy gives every candidate a score, of which the lowest is the best, and may say that this
//! call begins elsewhere: with the one whose turn it is, or with one that is not known well enough.
//! Candidates that may not be asked are not here any more.

mod least_busy;
mod lowest_cost;
mod lowest_latency;
mod weighted;

use std::num::NonZeroU32;

use shared::Money;

pub(super) use self::{lowest_cost::ExpectedTokens, weighted::Rotation};
use super::latency::Evidence;
use crate::catalog::{self, PriceTable};

/// Behind all others.
const LAST: i64 = i64::MAX;

/// What is known of a candidate when a call is planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    /// Its place among the model's deployments, which is its priority.
    pub(super) place: usize,
    pub(super) weight: u32,
    pub(super) in_flight: u32,
    pub(super) max_concurrent: Option<NonZeroU32>,
    /// How much of the provider's rate limits is left, from nearly 0 to 1.
    pub(super) room: f64,
    /// Until the first byte of a stream.
    pub(super) first_byte: Evidence,
    /// Until the end.
    pub(super) total: Evidence,
    /// What the call is expected to cost there; none without a price.
    pub(super) expected_cost: Option<Money>,
}

/// What a strategy says of the candidates, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranking {
    /// The lowest is the best; of two alike, the first.
    pub(super) scores: Vec<i64>,
    /// Where this call begins, where that is not the best.
    pub(super) first: Option<usize>,
}

/// What of a call decides beside the candidates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    /// How many calls were planned before.
    pub(super) number: u64,
    pub(super) is_streaming: bool,
    pub(super) exploration_percent: u16,
}

/// Ranks the candidates. Only `weighted` moves its rotation on.
pub(super) fn rank(
    strategy: catalog::Strategy,
    candidates: &[Figures],
    turn: Turn,
    rotation: &mut Rotation,
) -> Ranking {
    match strategy {
        catalog::Strategy::Priority => Ranking {
            scores: (0..candidates.len())
                .map(|place| i64::try_from(place).unwrap_or(LAST))
                .collect(),
            first: None,
        },
        catalog::Strategy::LowestCost => lowest_cost::rank(candidates),
        catalog::Strategy::LowestLatency => lowest_latency::rank(candidates, turn),
        catalog::Strategy::Weighted => weighted::rank(candidates, rotation),
        catalog::Strategy::LeastBusy => least_busy::rank(candidates),
    }
}

/// Which candidates may keep a call because of its affinity: those that are about as good a choice
/// as the best, and have not more calls than is fair.
pub(super) fn may_be_kept(
    strategy: catalog::Strategy,
    candidates: &[Figures],
    scores: &[i64],
) -> Vec<bool> {
    let about_as_good = match strategy {
        catalog::Strategy::Priority => within(scores, 0),
        catalog::Strategy::LowestCost => within(scores, lowest_cost::TOLERANCE_PERCENT),
        catalog::Strategy::LowestLatency => within(scores, lowest_latency::TOLERANCE_PERCENT),
        catalog::Strategy::Weighted | catalog::Strategy::LeastBusy => vec![true; scores.len()],
    };
    let fair = least_busy::not_overloaded(candidates);
    about_as_good.into_iter().zip(fair).map(|(is_good, is_fair)| is_good && is_fair).collect()
}

fn within(scores: &[i64], percent: i64) -> Vec<bool> {
    let best = scores.iter().copied().min().unwrap_or(LAST);
    let limit = best.saturating_add(best.saturating_mul(percent) / 100);
    scores.iter().map(|score| *score <= limit).collect()
}

/// What a call costs at a price, if it uses what is expected.
pub(super) fn expected_cost(price: &PriceTable, tokens: &ExpectedTokens) -> Money {
    lowest_cost::expected_cost(price, tokens)
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// Candidates that differ in nothing.
    pub(in super::super) fn alike(count: usize) -> Vec<Figures> {
        (0..count)
            .map(|place| Figures {
                place,
                weight: 1,
                in_flight: 0,
                max_concurrent: None,
                room: 1.0,
                first_byte: Evidence::default(),
                total: Evidence::default(),
                expected_cost: None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_priority_the_first_is_the_best() {
        let turn = Turn { number: 7, is_streaming: true, exploration_percent: 5 };
        let candidates = samples::alike(3);
        let ranking = rank(catalog::Strategy::Priority, &candidates, turn, &mut Rotation::new(3));
        assert_eq!(ranking, Ranking { scores: vec![0, 1, 2], first: None });
        let good = may_be_kept(catalog::Strategy::Priority, &candidates, &ranking.scores);
        assert_eq!(good, [true, false, false]);
    }
}
