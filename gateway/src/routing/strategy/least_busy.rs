//! Least busy: the deployment that has most room, by the calls under way there and by what the
//! provider's own headers say is left of its rate limits.

use super::{Figures, LAST, Ranking};

/// Loads are compared in thousandths.
const FINE: f64 = 1_000.0;
/// Affinity may load a deployment by so much more than the others on average.
const MOST_ABOVE_AVERAGE: f64 = 1.25;
/// So few calls are never too many.
const FEW_CALLS: f64 = 8.0;

pub(super) fn rank(candidates: &[Figures]) -> Ranking {
    let scores = candidates.iter().map(|candidate| fixed(load_with_one_more(candidate))).collect();
    Ranking { scores, first: None }
}

/// Calls for each part of its weight and of what is left there, if it gets this one, too.
fn load_with_one_more(candidate: &Figures) -> f64 {
    let is_full = candidate.max_concurrent.is_some_and(|most| candidate.in_flight >= most.get());
    if candidate.weight == 0 || is_full {
        return f64::INFINITY;
    }
    (f64::from(candidate.in_flight) + 1.0) / (f64::from(candidate.weight) * candidate.room)
}

/// Who may have one more although another has fewer: so that a session stays where it is until
/// that would be unfair to the others.
pub(super) fn not_overloaded(candidates: &[Figures]) -> Vec<bool> {
    let room = |it: &Figures| f64::from(it.weight) * it.room;
    let in_flight: f64 = candidates.iter().map(|it| f64::from(it.in_flight)).sum();
    let all: f64 = candidates.iter().map(room).sum();
    let average = (in_flight + 1.0) / all;
    candidates
        .iter()
        .map(|candidate| {
            let most = (average * room(candidate) * MOST_ABOVE_AVERAGE).ceil().max(FEW_CALLS);
            load_with_one_more(candidate).is_finite() && f64::from(candidate.in_flight) < most
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates, and what is last is last")]
fn fixed(load: f64) -> i64 {
    if load.is_finite() { (load * FINE) as i64 } else { LAST }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::{super::samples::alike, *};

    fn best(candidates: &[Figures]) -> usize {
        let scores = rank(candidates).scores;
        (0..scores.len()).min_by_key(|place| scores[*place]).expect("there are candidates")
    }

    #[test]
    fn the_one_with_fewest_calls_for_its_weight_is_the_best() {
        let mut candidates = alike(3);
        for (candidate, in_flight) in candidates.iter_mut().zip([4, 2, 3]) {
            candidate.in_flight = in_flight;
        }
        assert_eq!(best(&candidates), 1);
        candidates[0].weight = 4;
        assert_eq!(best(&candidates), 0);
    }

    #[test]
    fn what_is_left_of_the_rate_limit_counts_like_room() {
        let mut candidates = alike(2);
        candidates[0].room = 0.1;
        candidates[1].in_flight = 5;
        assert_eq!(best(&candidates), 1, "six calls in all of the room, one in a tenth of it");
        candidates[1].in_flight = 20;
        assert_eq!(best(&candidates), 0);
    }

    #[test]
    fn who_is_full_or_has_no_weight_comes_last() {
        let mut candidates = alike(3);
        candidates[0].weight = 0;
        candidates[1].max_concurrent = NonZeroU32::new(2);
        candidates[1].in_flight = 2;
        candidates[2].in_flight = 7;
        assert_eq!(best(&candidates), 2);
        assert_eq!(not_overloaded(&candidates), [false, false, true]);
    }

    #[test]
    fn a_session_stays_until_its_deployment_has_a_quarter_more_than_the_others() {
        let mut candidates = alike(2);
        (candidates[0].in_flight, candidates[1].in_flight) = (10, 10);
        assert_eq!(not_overloaded(&candidates), [true, true]);
        candidates[0].in_flight = 20;
        assert_eq!(not_overloaded(&candidates), [false, true]);
    }
}
