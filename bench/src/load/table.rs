//! The report for people: one table a phase, then memory, books and goals.

use std::fmt::{self, Display, Formatter};

use super::{
    call::Through,
    goals::{Goal, Verdict},
    report::{Compared, Phase, Report},
    soak::Soak,
    translation,
};

const KILOBYTES_PER_MEGABYTE: f64 = 1_024.0;
/// A machine with more than this much else to do is not quiet.
const QUIET_LOAD: f64 = 0.5;
/// Shown where there is no figure.
const NONE: &str = "–";

/// The report as text.
#[must_use]
pub fn render(report: &Report) -> String {
    Table(report).to_string()
}

struct Table<'a>(&'a Report);

impl Display for Table<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Report { machine, plan, .. } = self.0;
        let pinned =
            if machine.is_pinned { "targets on a core of their own" } else { "not pinned" };
        writeln!(
            out,
            "{}, {} cores, {pinned}; medians of {} rounds; times in µs",
            machine.processor, machine.cores, plan.rounds
        )?;
        if machine.load_before > QUIET_LOAD {
            writeln!(
                out,
                "The machine was busy before the run (load {}): these figures are rough.",
                machine.load_before
            )?;
        }
        for phase in &self.0.phases {
            write_phase(out, phase)?;
        }
        write_durability(out, &self.0.phases)?;
        translation::table::write(out, &self.0.translations)?;
        writeln!(out, "\nmemory, MB{:>17}{:>10}", "idle", "peak")?;
        for memory in &self.0.memory {
            let (idle, peak) = (megabytes(memory.idle_kb), megabytes(memory.peak_kb));
            writeln!(out, "  {:<10}{idle:>15.1}{peak:>10.1}", memory.target)?;
        }
        if let Some(soak) = &self.0.soak {
            write_soak(out, soak)?;
        }
        if let Some(ledger) = &self.0.ledger {
            let verdict = if ledger.is_equal() { "equal" } else { "DIFFERENT" };
            writeln!(
                out,
                "\nbooks: gateway {} calls and {} nano-dollars, provider {} and {}: {verdict}",
                ledger.gateway_calls,
                ledger.gateway_cost_nanos,
                ledger.provider_calls,
                ledger.provider_cost_nanos,
            )?;
        }
        if !self.0.goals.is_empty() {
            writeln!(out, "\n{:<54}{:>9}{:>9}{:>9}", "goals", "reached", "must", "stretch")?;
        }
        self.0.goals.iter().try_for_each(|goal| write_goal(out, goal))
    }
}

fn write_phase(out: &mut Formatter<'_>, phase: &Phase) -> fmt::Result {
    writeln!(out, "\n{} (timed: {})", phase.scenario, phase.timed)?;
    writeln!(
        out,
        "  {:<10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>12}{:>8}{:>8}{:>8}{:>8}{:>7}",
        "",
        format!("{}/s", phase.unit),
        "p50",
        "p99",
        "p99.9",
        "+p50",
        "+p99",
        "CPU s/1,000",
        "×bare",
        "×work",
        "CPU %",
        "MB",
        "errors",
    )?;
    phase.targets.iter().try_for_each(|compared| write_target(out, compared))
}

fn write_target(out: &mut Formatter<'_>, compared: &Compared) -> fmt::Result {
    let Compared { target, median, .. } = compared;
    writeln!(
        out,
        "  {:<10}{:>9.0}{:>9}{:>9}{:>9}{:>9}{:>9}{:>12}{:>8}{:>8}{:>8}{:>8}{:>7}",
        target,
        median.per_second,
        figure(median.p50_us, 0),
        figure(median.p99_us, 0),
        figure(median.p999_us, 0),
        figure(compared.added_p50_us, 0),
        figure(compared.added_p99_us, 0),
        figure(median.cpu_seconds_per_thousand, 4),
        figure(compared.cpu_against_bare, 2),
        figure(compared.cpu_against_bare_work, 2),
        figure(median.cpu_share.map(|share| share * 100.0), 0),
        figure(median.peak_memory_kb.map(megabytes), 1),
        median.errors,
    )?;
    match &median.first_error {
        Some(error) => writeln!(out, "    first error: {error}"),
        None => Ok(()),
    }
}

/// What it costs that nothing is lost, against a gateway that keeps its records in memory.
fn write_durability(out: &mut Formatter<'_>, phases: &[Phase]) -> fmt::Result {
    let compared = phases.iter().filter(|phase| phase.of(Through::InMemory).is_some());
    for (number, phase) in compared.enumerate() {
        if number == 0 {
            writeln!(out, "\nwhat durability costs a call{:>14}{:>18}", "+p50", "× CPU")?;
        }
        for (through, name) in [(Through::Gateway, "group"), (Through::Strict, "strict")] {
            if let Some(compared) = phase.of(through) {
                writeln!(
                    out,
                    "  {name:<7} {:<27}{:>6}{:>18}",
                    phase.scenario.to_string().replace("closed loop, ", ""),
                    figure(compared.durability_p50_us, 0),
                    figure(compared.cpu_against_memory, 2),
                )?;
            }
        }
    }
    Ok(())
}

fn write_soak(out: &mut Formatter<'_>, soak: &Soak) -> fmt::Result {
    writeln!(
        out,
        "\nsoak of {} at {} calls/s: {} calls, {} errors, p50 {} p99 {} µs; memory {:.1} MB at \
         the start, {:.1} at the end, {:+.2} MB/min in the second half",
        soak.target,
        soak.rate,
        soak.figures.units,
        soak.figures.errors,
        figure(soak.figures.p50_us, 0),
        figure(soak.figures.p99_us, 0),
        megabytes(soak.start_kb),
        megabytes(soak.end_kb),
        soak.slope_kb_per_minute / KILOBYTES_PER_MEGABYTE,
    )?;
    match &soak.figures.first_error {
        Some(error) => writeln!(out, "  first error: {error}"),
        None => Ok(()),
    }
}

fn write_goal(out: &mut Formatter<'_>, goal: &Goal) -> fmt::Result {
    let sign = if goal.is_more_better { "≥" } else { "≤" };
    let verdict = match goal.verdict {
        Verdict::Stretch => "stretch",
        Verdict::Met => "met",
        Verdict::Missed => "MISSED",
    };
    writeln!(
        out,
        "  {:<52}{:>9.2}{:>9}{:>9}  {verdict}",
        goal.what,
        goal.reached,
        format!("{sign} {}", goal.must),
        format!("{sign} {}", goal.stretch),
    )
}

pub(super) fn figure(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{value:.decimals$}"))
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes are far below 2^52")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / KILOBYTES_PER_MEGABYTE
}
