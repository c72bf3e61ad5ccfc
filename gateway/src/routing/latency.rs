//! How long a deployment usually takes: the median of what was measured, the latest counting most.
//!
//! Measurements go into buckets of a ninth of their value. Each weighs `2^(t / half-life)`, so that
//! all former ones lose weight together without being touched, and the median stays the same while
//! nothing is measured.

use shared::Timestamp;

/// Buckets for each doubling.
const PER_DOUBLING: f64 = 8.0;
/// The first bucket ends at half a millisecond, the last one begins at nine minutes.
const FIRST_DOUBLING: f64 = 9.0;
const BUCKETS: usize = 160;
/// So many half-lives later, weights are counted from a later instant, so that they stay small.
const MOST_HALF_LIVES: f64 = 32.0;

/// The latencies of one kind of one deployment.
#[derive(Debug)]
pub(super) struct Latency {
    half_life_micros: f64,
    /// From when weights count.
    epoch: Timestamp,
    weights: Box<[f32; BUCKETS]>,
    total: f32,
    median: Option<u64>,
}

/// What is known of a latency.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Evidence {
    /// The median, in microseconds; none where nothing was measured yet.
    pub(super) median_micros: Option<u64>,
    /// For how many measurements of this instant that is good.
    pub(super) measurements: f32,
}

impl Latency {
    pub(super) fn new(half_life_seconds: u32, now: Timestamp) -> Self {
        Self {
            half_life_micros: f64::from(half_life_seconds) * 1_000_000.0,
            epoch: now,
            weights: Box::new([0.0; BUCKETS]),
            total: 0.0,
            median: None,
        }
    }

    pub(super) fn add(&mut self, micros: i64, now: Timestamp) {
        if self.half_lives(now) > MOST_HALF_LIVES {
            self.count_from(now);
        }
        let weight = weight(self.half_lives(now));
        self.weights[bucket(micros)] += weight;
        self.total += weight;
        self.median = Some(self.find_median());
    }

    pub(super) fn evidence(&self, now: Timestamp) -> Evidence {
        let measurements = self.total / weight(self.half_lives(now).min(MOST_HALF_LIVES * 2.0));
        Evidence { median_micros: self.median, measurements }
    }

    #[expect(clippy::cast_precision_loss, reason = "microseconds of hours are exact")]
    fn half_lives(&self, now: Timestamp) -> f64 {
        (now.micros_since(self.epoch).max(0) as f64) / self.half_life_micros
    }

    fn count_from(&mut self, now: Timestamp) {
        let share = 1.0 / weight(self.half_lives(now).min(MOST_HALF_LIVES * 2.0));
        for each in &mut *self.weights {
            *each *= share;
        }
        self.total = self.weights.iter().sum();
        self.epoch = now;
    }

    /// Within the bucket in which half of the weight is reached, by how much of it is needed.
    fn find_median(&self) -> u64 {
        let half = self.total / 2.0;
        let mut below = 0.0;
        for (number, weight) in self.weights.iter().enumerate() {
            if *weight > 0.0 && below + weight >= half {
                return value(number, f64::from((half - below) / weight));
            }
            below += weight;
        }
        value(BUCKETS - 1, 1.0)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the exponent is below the type's")]
fn weight(half_lives: f64) -> f32 {
    half_lives.exp2() as f32
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is cut to the buckets that there are"
)]
fn bucket(micros: i64) -> usize {
    let doublings = (micros.max(1) as f64).log2() - FIRST_DOUBLING;
    ((doublings * PER_DOUBLING).max(0.0) as usize).min(BUCKETS - 1)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are 160 buckets, and the last ends within an hour"
)]
fn value(bucket: usize, share: f64) -> u64 {
    ((bucket as f64 + share) / PER_DOUBLING + FIRST_DOUBLING).exp2() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_790_000_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(START + seconds * 1_000_000)
    }

    fn is_about(found: Option<u64>, expected: u64) -> bool {
        found.is_some_and(|found| found.abs_diff(expected) * 10 <= expected)
    }

    #[test]
    fn the_median_is_that_of_what_was_measured_within_a_tenth() {
        for expected in [1_000, 40_000, 700_000, 90_000_000] {
            let mut latency = Latency::new(30, at(0));
            for step in -50..=50 {
                latency.add(expected + expected * step / 200, at(0));
            }
            let found = latency.evidence(at(0)).median_micros;
            assert!(is_about(found, expected.unsigned_abs()), "{found:?} is not {expected}");
        }
    }

    #[test]
    fn a_change_is_followed_within_a_half_life_and_one_odd_call_is_not() {
        let mut latency = Latency::new(30, at(0));
        for second in 0..100 {
            latency.add(100_000, at(second));
        }
        latency.add(9_000_000, at(100));
        assert!(is_about(latency.evidence(at(100)).median_micros, 100_000));
        for second in 101..=131 {
            latency.add(800_000, at(second));
        }
        assert!(is_about(latency.evidence(at(131)).median_micros, 800_000));
    }

    #[test]
    fn evidence_fades_and_the_median_stays() {
        let mut latency = Latency::new(30, at(0));
        assert_eq!(latency.evidence(at(0)), Evidence::default());
        for _ in 0..8 {
            latency.add(50_000, at(0));
        }
        let later = latency.evidence(at(60));
        assert!((later.measurements - 2.0).abs() < 0.01, "{later:?}");
        assert!(is_about(later.median_micros, 50_000));
        assert!(latency.evidence(at(1_000_000)).measurements < 0.001);
        latency.add(70_000, at(1_000_000));
        let renewed = latency.evidence(at(1_000_000));
        assert!((renewed.measurements - 1.0).abs() < 0.01, "{renewed:?}");
        assert!(is_about(renewed.median_micros, 70_000));
    }

    #[test]
    fn any_latency_has_a_bucket() {
        let mut latency = Latency::new(1, at(0));
        for micros in [-5, 0, 1, i64::MAX] {
            latency.add(micros, at(0));
        }
        assert!(latency.evidence(at(0)).median_micros.is_some());
    }
}
