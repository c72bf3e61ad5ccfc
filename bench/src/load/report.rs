//! Everything that was measured, and how the targets compare.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    call::Through, figures::Figures, goals::Goal, ledger_check::LedgerComparison,
    percentile::median, plan::Plan, scenario::Scenario, soak::Soak, translation::Translation,
};

/// The outcome of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The machine that it ran on.
    pub machine: Machine,
    /// How long and how often everything ran.
    pub plan: Plan,
    /// Each phase.
    pub phases: Vec<Phase>,
    /// What each pair of dialects costs.
    pub translations: Vec<Translation>,
    /// Memory of each target, by its name.
    pub memory: Vec<Memory>,
    /// The soak.
    pub soak: Option<Soak>,
    /// The gateway's books against the provider's.
    pub ledger: Option<LedgerComparison>,
    /// What was wanted of the gateway, and what it reached.
    pub goals: Vec<Goal>,
}

/// What a run's figures depend on most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    /// As the kernel names it.
    pub processor: String,
    /// How many cores there are.
    pub cores: usize,
    /// Whether targets had a core of their own.
    pub is_pinned: bool,
    /// How many processes wanted a core in the minute before the run.
    pub load_before: f64,
}

/// One phase at every target.
#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    /// Which.
    pub scenario: Scenario,
    /// What is counted.
    pub unit: &'static str,
    /// What is timed.
    pub timed: &'static str,
    /// Each target's figures.
    pub targets: Vec<Compared>,
}

/// One target's figures in one phase. Differences and ratios are taken within a round, and the
/// median of the rounds is given.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// Who.
    pub target: Through,
    /// Medians over the rounds.
    pub median: Figures,
    /// The median time beyond the direct way's, in microseconds.
    pub added_p50_us: Option<f64>,
    /// The 99th percentile beyond the direct way's, in microseconds.
    pub added_p99_us: Option<f64>,
    /// The same in the worst round.
    pub worst_added_p99_us: Option<f64>,
    /// Processor time per unit as a multiple of the bare proxy's.
    pub cpu_against_bare: Option<f64>,
    /// Processor time per unit as a multiple of the working bare proxy's.
    pub cpu_against_bare_work: Option<f64>,
    /// Units a second as a multiple of the bare proxy's.
    pub rate_against_bare: Option<f64>,
    /// Units a second as a multiple of the working bare proxy's.
    pub rate_against_bare_work: Option<f64>,
    /// The median time beyond the gateway's in memory, in microseconds: what waiting for the disk
    /// costs.
    pub durability_p50_us: Option<f64>,
    /// Processor time per unit as a multiple of the gateway's in memory.
    pub cpu_against_memory: Option<f64>,
    /// Each round's figures.
    pub rounds: Vec<Figures>,
}

/// A target's memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// Who.
    pub target: Through,
    /// After the start, before any call.
    pub idle_kb: u64,
    /// The most in any phase, and in the soak.
    pub peak_kb: u64,
}

/// Figures by target and round.
pub(super) type Rounds = BTreeMap<Through, Vec<Figures>>;

impl Phase {
    pub(super) fn new(scenario: Scenario, rounds: &Rounds) -> Self {
        let targets = rounds.keys().map(|target| Compared::new(*target, rounds)).collect();
        Self { scenario, unit: scenario.unit(), timed: scenario.timed(), targets }
    }

    /// The figures of one target.
    pub(super) fn of(&self, target: Through) -> Option<&Compared> {
        self.targets.iter().find(|compared| compared.target == target)
    }
}

impl Compared {
    fn new(target: Through, all: &Rounds) -> Self {
        let own = all.get(&target).map(Vec::as_slice).unwrap_or_default();
        let beyond = |other: Through, figure: fn(&Figures) -> Option<f64>| {
            against(own, all.get(&other), figure, |own, other| own - other)
        };
        let difference = |figure| beyond(Through::Direct, figure);
        let ratio = |other: Through, figure: fn(&Figures) -> Option<f64>| {
            median(against(own, all.get(&other), figure, |own, other| own / other))
        };
        let cpu: fn(&Figures) -> Option<f64> = |figures| figures.cpu_seconds_per_thousand;
        let rate: fn(&Figures) -> Option<f64> = |figures| Some(figures.per_second);
        let added_p99 = difference(|figures| figures.p99_us);
        Self {
            target,
            median: Figures::over_rounds(own),
            added_p50_us: median(difference(|figures| figures.p50_us)),
            worst_added_p99_us: added_p99.iter().copied().max_by(f64::total_cmp),
            added_p99_us: median(added_p99),
            cpu_against_bare: ratio(Through::Bare, cpu),
            cpu_against_bare_work: ratio(Through::BareWork, cpu),
            rate_against_bare: ratio(Through::Bare, rate),
            rate_against_bare_work: ratio(Through::BareWork, rate),
            durability_p50_us: median(beyond(Through::InMemory, |figures| figures.p50_us)),
            cpu_against_memory: ratio(Through::InMemory, cpu),
            rounds: own.to_vec(),
        }
    }
}

/// A figure against another target's in the same round.
fn against(
    own: &[Figures],
    other: Option<&Vec<Figures>>,
    figure: fn(&Figures) -> Option<f64>,
    compare: fn(f64, f64) -> f64,
) -> Vec<f64> {
    own.iter()
        .zip(other.into_iter().flatten())
        .filter_map(|(own, other)| Some(compare(figure(own)?, figure(other)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(p99_us: f64, cpu: Option<f64>, per_second: f64) -> Figures {
        Figures {
            p50_us: Some(p99_us / 2.0),
            p99_us: Some(p99_us),
            cpu_seconds_per_thousand: cpu,
            per_second,
            ..Figures::default()
        }
    }

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn targets_are_compared_within_each_round() {
        let rounds = Rounds::from([
            (Through::Direct, vec![figures(100.0, None, 9.0), figures(200.0, None, 9.0)]),
            (Through::Bare, vec![figures(150.0, Some(2.0), 8.0), figures(250.0, Some(4.0), 4.0)]),
            (
                Through::Gateway,
                vec![figures(180.0, Some(5.0), 4.0), figures(300.0, Some(12.0), 1.0)],
            ),
        ]);
        let phase = Phase::new(Scenario::Closed { connections: 1 }, &rounds);
        let gateway = phase.of(Through::Gateway).unwrap();
        assert!(close(gateway.added_p50_us, 45.0), "{gateway:?}");
        assert!(close(gateway.added_p99_us, 90.0), "{gateway:?}");
        assert!(close(gateway.worst_added_p99_us, 100.0), "{gateway:?}");
        assert!(close(gateway.cpu_against_bare, 2.75), "{gateway:?}");
        assert!(close(gateway.rate_against_bare, 0.375), "{gateway:?}");
        assert_eq!(gateway.cpu_against_bare_work, None);
        assert_eq!(phase.of(Through::Direct).unwrap().cpu_against_bare, None);
    }
}
