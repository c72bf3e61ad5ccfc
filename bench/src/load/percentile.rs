//! Exact percentiles: every sample is kept and sorted, nothing is put into buckets.

/// Samples in ascending order.
#[derive(Debug, Clone, Default)]
pub(super) struct Sorted(Vec<u64>);

impl Sorted {
    pub(super) fn of(mut samples: Vec<u64>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// The smallest sample that at least this many of 1,000 samples do not exceed (the
    /// nearest-rank definition); `None` without samples.
    pub(super) fn per_mille(&self, rank: usize) -> Option<u64> {
        let place = (self.0.len() * rank).div_ceil(1_000).saturating_sub(1);
        self.0.get(place).copied()
    }
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len().is_multiple_of(2) {
        Some(f64::midpoint(values[middle - 1], upper))
    } else {
        Some(upper)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_samples_by_nearest_rank() {
        let sorted = Sorted::of((1..=100).rev().collect());
        assert_eq!(sorted.per_mille(500), Some(50));
        assert_eq!(sorted.per_mille(990), Some(99));
        assert_eq!(sorted.per_mille(999), Some(100));
        assert_eq!(sorted.per_mille(1_000), Some(100));
        assert_eq!(sorted.per_mille(0), Some(1));
    }

    #[test]
    fn one_sample_is_every_percentile_and_none_is_no_percentile() {
        let one = Sorted::of(vec![7]);
        assert_eq!((one.per_mille(1), one.per_mille(999)), (Some(7), Some(7)));
        assert_eq!(Sorted::default().per_mille(500), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    proptest! {
        #[test]
        fn at_least_the_share_is_not_above_a_percentile_and_less_than_it_is_below(
            samples in prop::collection::vec(0_u64..1_000, 1..200), rank in 1_usize..=1_000,
        ) {
            let percentile = Sorted::of(samples.clone()).per_mille(rank).unwrap();
            let not_above = samples.iter().filter(|sample| **sample <= percentile).count();
            let below = samples.iter().filter(|sample| **sample < percentile).count();
            prop_assert!(not_above * 1_000 >= samples.len() * rank);
            prop_assert!(below * 1_000 < samples.len() * rank);
        }
    }
}
