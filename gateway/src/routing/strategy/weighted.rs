//! Weighted: each deployment as often as its weight says, evenly mixed.
//!
//! Each time, every candidate gains its weight, and the one that has gained most begins and gives
//! back what all have gained. Over as many calls as all weights together each begins exactly as
//! often as its weight says; one that may not be asked for a while gains nothing meanwhile, so it
//! has nothing to catch up on.

use super::{Figures, Ranking};

/// What each deployment of a model has gained, by its place.
#[derive(Debug, Clone)]
pub(in super::super) struct Rotation(Vec<i64>);

impl Rotation {
    pub(in super::super) fn new(deployments: usize) -> Self {
        Self(vec![0; deployments])
    }

    fn next(&mut self, candidates: &[Figures]) -> Option<usize> {
        let mut all = 0;
        let mut chosen: Option<(usize, usize)> = None;
        for (index, candidate) in candidates.iter().enumerate() {
            let weight = i64::from(candidate.weight);
            if weight == 0 {
                continue;
            }
            all += weight;
            self.0[candidate.place] += weight;
            if chosen.is_none_or(|(_, most)| self.0[candidate.place] > self.0[most]) {
                chosen = Some((index, candidate.place));
            }
        }
        let (index, place) = chosen?;
        self.0[place] -= all;
        Some(index)
    }
}

pub(super) fn rank(candidates: &[Figures], rotation: &mut Rotation) -> Ranking {
    let first = rotation.next(candidates);
    let scores = candidates.iter().map(|candidate| -i64::from(candidate.weight)).collect();
    Ranking { scores, first }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::samples::alike, *};

    fn weighing(weights: &[u32]) -> Vec<Figures> {
        let mut candidates = alike(weights.len());
        for (candidate, weight) in candidates.iter_mut().zip(weights) {
            candidate.weight = *weight;
        }
        candidates
    }

    fn begun(candidates: &[Figures], rotation: &mut Rotation, calls: usize) -> Vec<usize> {
        (0..calls).filter_map(|_| rank(candidates, rotation).first).collect()
    }

    #[test]
    fn a_heavy_one_is_mixed_with_the_others() {
        let candidates = weighing(&[5, 1, 1]);
        assert_eq!(begun(&candidates, &mut Rotation::new(3), 7), [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn one_that_was_away_has_nothing_to_catch_up_on() {
        let candidates = weighing(&[1, 1]);
        let mut rotation = Rotation::new(2);
        assert_eq!(begun(&candidates[..1], &mut rotation, 1_000), vec![0; 1_000]);
        let later = begun(&candidates, &mut rotation, 10);
        assert_eq!(later.iter().filter(|place| **place == 1).count(), 5);
    }

    #[test]
    fn without_weight_a_deployment_never_begins_and_is_the_last() {
        let candidates = weighing(&[0, 3]);
        let mut rotation = Rotation::new(2);
        assert_eq!(begun(&candidates, &mut rotation, 5), vec![1; 5]);
        assert_eq!(rank(&candidates, &mut rotation).scores, [0, -3]);
        assert_eq!(rank(&candidates[..1], &mut rotation).first, None);
    }

    proptest! {
        #[test]
        fn over_every_round_each_begins_exactly_as_often_as_its_weight_says(
            weights in prop::collection::vec(0..20_u32, 1..8),
            rounds in 1..5_usize,
        ) {
            let candidates = weighing(&weights);
            let mut rotation = Rotation::new(weights.len());
            let round: usize = weights.iter().map(|weight| *weight as usize).sum();
            let begun = begun(&candidates, &mut rotation, round * rounds);
            for (place, weight) in weights.iter().enumerate() {
                let count = begun.iter().filter(|begun| **begun == place).count();
                prop_assert_eq!(count, *weight as usize * rounds);
            }
        }
    }
}
