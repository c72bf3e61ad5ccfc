//! The figures of one phase at one target.

use std::time::Duration;

use serde::Serialize;

use super::{
    percentile::{Sorted, median},
    tally::Tally,
};

const NANOS_PER_MICROSECOND: f64 = 1_000.0;

/// What one phase at one target came to. A unit is a call or, of a stream, a chunk.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Calls or chunks that came through.
    pub units: u64,
    /// Calls that went wrong.
    pub errors: u64,
    /// What went wrong first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
    /// Units a second.
    pub per_second: f64,
    /// Half were not slower, in microseconds.
    pub p50_us: Option<f64>,
    /// 99 % were not slower.
    pub p99_us: Option<f64>,
    /// 99.9 % were not slower.
    pub p999_us: Option<f64>,
    /// Processor seconds of the target's process for 1,000 units.
    pub cpu_seconds_per_thousand: Option<f64>,
    /// How much of one core the target's process used; 1 is all of it.
    pub cpu_share: Option<f64>,
    /// The target's most resident memory during the phase.
    pub peak_memory_kb: Option<u64>,
}

/// What the target's process used during a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) cpu_seconds: f64,
    pub(super) peak_memory_kb: u64,
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds are far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

impl Figures {
    pub(super) fn of(tally: Tally, elapsed: Duration, cost: Option<Cost>) -> Self {
        let seconds = elapsed.as_secs_f64();
        let sorted = Sorted::of(tally.times_nanos);
        let microseconds =
            |rank| sorted.per_mille(rank).map(|nanos| float(nanos) / NANOS_PER_MICROSECOND);
        let thousands = float(tally.units) / 1_000.0;
        let cpu_seconds = cost.map(|cost| cost.cpu_seconds);
        Self {
            units: tally.units,
            errors: tally.errors,
            first_error: tally.first_error,
            per_second: float(tally.units) / seconds,
            p50_us: microseconds(500),
            p99_us: microseconds(990),
            p999_us: microseconds(999),
            cpu_seconds_per_thousand: cpu_seconds
                .filter(|_| tally.units > 0)
                .map(|cpu_seconds| cpu_seconds / thousands),
            cpu_share: cpu_seconds.map(|cpu_seconds| cpu_seconds / seconds),
            peak_memory_kb: cost.map(|cost| cost.peak_memory_kb),
        }
    }

    /// The median of each figure over rounds; counts and errors are added up, the peak of memory
    /// is the highest.
    pub(super) fn over_rounds(rounds: &[Self]) -> Self {
        let middle = |figure: fn(&Self) -> Option<f64>| median(rounds.iter().filter_map(figure));
        Self {
            units: rounds.iter().map(|round| round.units).sum(),
            errors: rounds.iter().map(|round| round.errors).sum(),
            first_error: rounds.iter().find_map(|round| round.first_error.clone()),
            per_second: middle(|round| Some(round.per_second)).unwrap_or(0.0),
            p50_us: middle(|round| round.p50_us),
            p99_us: middle(|round| round.p99_us),
            p999_us: middle(|round| round.p999_us),
            cpu_seconds_per_thousand: middle(|round| round.cpu_seconds_per_thousand),
            cpu_share: middle(|round| round.cpu_share),
            peak_memory_kb: rounds.iter().filter_map(|round| round.peak_memory_kb).max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_per_unit_and_per_second() {
        let tally =
            Tally { units: 2_000, times_nanos: vec![1_000, 2_000, 3_000], ..Tally::default() };
        let cost = Cost { cpu_seconds: 0.5, peak_memory_kb: 10 };
        let figures = Figures::of(tally, Duration::from_secs(2), Some(cost));
        assert_eq!(figures.per_second.to_bits(), 1_000.0_f64.to_bits());
        assert_eq!((figures.p50_us, figures.p99_us), (Some(2.0), Some(3.0)));
        assert_eq!(figures.cpu_seconds_per_thousand, Some(0.25));
        assert_eq!(figures.cpu_share, Some(0.25));
    }

    #[test]
    fn nothing_measured_is_no_figure() {
        let figures = Figures::of(Tally::default(), Duration::from_secs(1), None);
        assert_eq!((figures.p50_us, figures.cpu_seconds_per_thousand), (None, None));
    }

    #[test]
    fn over_rounds_the_middle_counts_and_errors_add_up() {
        let round = |p50_us, errors, peak| Figures {
            errors,
            p50_us: Some(p50_us),
            peak_memory_kb: Some(peak),
            ..Figures::default()
        };
        let all = Figures::over_rounds(&[round(9.0, 1, 3), round(1.0, 0, 7), round(2.0, 2, 5)]);
        assert_eq!((all.p50_us, all.errors, all.peak_memory_kb), (Some(2.0), 3, Some(7)));
    }
}
