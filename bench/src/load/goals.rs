//! What is wanted of the gateway, as ratios to the yardsticks in the same run.
//!
//! The numbers are those of the project's performance goals: "must" is what a release has to
//! reach, "stretch" what it aims at.

use serde::Serialize;

use super::{
    call::Through,
    report::{Compared, Phase, Report},
    scenario::Scenario,
};

const MICROSECONDS_PER_MILLISECOND: f64 = 1_000.0;
const KILOBYTES_PER_MEGABYTE: f64 = 1_024.0;

/// One goal and what was reached.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goal {
    /// What is measured.
    pub what: &'static str,
    /// What was measured.
    pub reached: f64,
    /// What it must be.
    pub must: f64,
    /// What it should be.
    pub stretch: f64,
    /// Whether more is better.
    pub is_more_better: bool,
    /// How it stands.
    pub verdict: Verdict,
}

/// How a goal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better than the stretch goal.
    Stretch,
    /// Good enough.
    Met,
    /// Not good enough.
    Missed,
}

impl Goal {
    fn at_most(what: &'static str, must: f64, stretch: f64, reached: Option<f64>) -> Option<Self> {
        let reached = reached?;
        let verdict = verdict(reached <= must, reached <= stretch);
        Some(Self { what, reached, must, stretch, is_more_better: false, verdict })
    }

    fn at_least(what: &'static str, must: f64, stretch: f64, reached: Option<f64>) -> Option<Self> {
        let reached = reached?;
        let verdict = verdict(reached >= must, reached >= stretch);
        Some(Self { what, reached, must, stretch, is_more_better: true, verdict })
    }
}

fn verdict(is_met: bool, is_stretch: bool) -> Verdict {
    match (is_stretch, is_met) {
        (true, _) => Verdict::Stretch,
        (false, true) => Verdict::Met,
        (false, false) => Verdict::Missed,
    }
}

/// Every goal of which the run tells something.
pub(super) fn judge(report: &Report) -> Vec<Goal> {
    let calls = phase_goals(&report.phases);
    calls.into_iter().chain(memory_goals(report)).flatten().collect()
}

fn phase_goals(phases: &[Phase]) -> Vec<Option<Goal>> {
    let gateway = |scenario| compared(phases, scenario, Through::Gateway);
    let closed = |connections| gateway(Scenario::Closed { connections });
    let worst_at = |rate| {
        let figure = gateway(Scenario::Open { rate })?.worst_added_p99_us?;
        Some(figure / MICROSECONDS_PER_MILLISECOND)
    };
    let one_connection = Scenario::Closed { connections: 1 };
    let added_against_bare = || {
        let own = gateway(one_connection)?.added_p50_us?;
        Some(own / compared(phases, one_connection, Through::Bare)?.added_p50_us?)
    };
    let milliseconds = |figure: Option<f64>| figure.map(|us| us / MICROSECONDS_PER_MILLISECOND);
    vec![
        Goal::at_most(
            "processor time per call, 32 connections, × bare-work",
            2.5,
            1.9,
            closed(32).and_then(|figures| figures.cpu_against_bare_work),
        ),
        Goal::at_least(
            "calls/s, 256 connections, × bare-work",
            0.4,
            0.6,
            closed(256).and_then(|figures| figures.rate_against_bare_work),
        ),
        Goal::at_most("added p50, 1 connection, × what bare adds", 1.5, 1.3, added_against_bare()),
        Goal::at_most("added p99 at 500 calls/s, ms, worst round", 1.0, 0.6, worst_at(500)),
        Goal::at_most("added p99 at 2,000 calls/s, ms, worst round", 2.5, 1.2, worst_at(2_000)),
        Goal::at_most(
            "first text of a stream, added, ms",
            0.5,
            0.35,
            milliseconds(gateway(Scenario::FirstText).and_then(|figures| figures.added_p50_us)),
        ),
        Goal::at_most(
            "chunk lag p99 added, 256 paced streams, ms",
            0.3,
            0.15,
            milliseconds(gateway(Scenario::Paced).and_then(|figures| figures.added_p99_us)),
        ),
        Goal::at_most(
            "processor time per chunk, 256 paced streams, × bare",
            1.3,
            1.15,
            gateway(Scenario::Paced).and_then(|figures| figures.cpu_against_bare),
        ),
        Goal::at_least(
            "chunks/s without pauses, × bare",
            0.92,
            0.97,
            gateway(Scenario::Unpaced).and_then(|figures| figures.rate_against_bare),
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes and lost calls are far below 2^52")]
fn memory_goals(report: &Report) -> Vec<Option<Goal>> {
    let memory = report.memory.iter().find(|memory| memory.target == Through::Gateway);
    let megabytes = |kilobytes: u64| kilobytes as f64 / KILOBYTES_PER_MEGABYTE;
    let soak = report.soak.as_ref().filter(|soak| soak.target == Through::Gateway);
    vec![
        Goal::at_most(
            "memory idle, MB",
            30.0,
            20.0,
            memory.map(|memory| megabytes(memory.idle_kb)),
        ),
        Goal::at_most(
            "memory peak, MB",
            100.0,
            60.0,
            memory.map(|memory| megabytes(memory.peak_kb)),
        ),
        Goal::at_most(
            "memory growth in the soak's second half, MB/min",
            1.0,
            0.25,
            soak.map(|soak| soak.slope_kb_per_minute / KILOBYTES_PER_MEGABYTE),
        ),
        Goal::at_most(
            "calls lost or invented",
            0.0,
            0.0,
            report.ledger.map(|ledger| ledger.lost_calls().unsigned_abs() as f64),
        ),
    ]
}

fn compared(phases: &[Phase], scenario: Scenario, target: Through) -> Option<&Compared> {
    phases.iter().find(|phase| phase.scenario == scenario)?.of(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_missed_met_or_surpassed() {
        let verdict = |reached| Goal::at_most("it", 2.5, 1.9, Some(reached)).unwrap().verdict;
        assert_eq!(verdict(2.6), Verdict::Missed);
        assert_eq!(verdict(2.5), Verdict::Met);
        assert_eq!(verdict(1.9), Verdict::Stretch);
        let verdict = |reached| Goal::at_least("it", 0.4, 0.6, Some(reached)).unwrap().verdict;
        assert_eq!(verdict(0.39), Verdict::Missed);
        assert_eq!(verdict(0.4), Verdict::Met);
        assert_eq!(verdict(0.6), Verdict::Stretch);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(Goal::at_most("it", 1.0, 1.0, None), None);
    }
}
