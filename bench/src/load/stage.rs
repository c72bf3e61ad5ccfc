//! One phase at one target: warmed up, run, and what it cost.

use std::{io, sync::Arc, time::Instant};

use http::header::InvalidHeaderValue;

use super::{
    call::{Call, Target},
    closed_loop,
    connection::{CallError, Connection},
    figures::{Cost, Figures},
    open_loop,
    plan::Plan,
    process::{Process, ProcessError},
    scenario::{PACED_GAP, Scenario, Workload},
    streams,
};

/// A phase could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The target does not let anybody in.
    #[error("cannot open connections: {0}")]
    Unreachable(String),
    /// The call cannot be written.
    #[error("the key is no header: {0}")]
    Key(#[from] InvalidHeaderValue),
    /// The target's process cannot be observed.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The timer failed.
    #[error("cannot keep time: {0}")]
    Timer(#[from] io::Error),
}

impl From<CallError> for StageError {
    fn from(error: CallError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// Runs a phase at a target.
pub(super) async fn run(
    target: &Target,
    scenario: Scenario,
    plan: &Plan,
) -> Result<Figures, StageError> {
    let connections = warmed_up(target, scenario, plan).await?;
    let call = Arc::new(Call::new(target, &workload(scenario, plan))?);
    let meter = Meter::start(target)?;
    let (tally, connections) = match scenario {
        Scenario::Closed { .. } => closed_loop::run(target, &call, connections, plan.closed).await,
        Scenario::Open { rate } => {
            open_loop::run(target, &[call], connections, rate, plan.open).await?
        }
        Scenario::FirstText => {
            let mut connections = connections;
            (streams::first_text(&call, &mut connections, plan.first_text).await, connections)
        }
        Scenario::Paced => streams::paced(&call, connections, PACED_GAP).await,
        Scenario::Unpaced => streams::unpaced(&call, connections, plan.unpaced).await,
    };
    let elapsed = meter.started_at.elapsed();
    let cost = meter.stop()?;
    // Closing hundreds of connections is no part of the phase.
    drop(connections);
    Ok(Figures::of(tally, elapsed, cost))
}

fn workload(scenario: Scenario, plan: &Plan) -> Workload {
    match scenario {
        Scenario::Closed { .. } | Scenario::Open { .. } => Workload::plain(),
        Scenario::FirstText => Workload::short_stream(),
        Scenario::Paced => Workload::paced(plan.paced),
        Scenario::Unpaced => Workload::unpaced(),
    }
}

/// Connections that have been used, so that the target's own to the provider are open too.
async fn warmed_up(
    target: &Target,
    scenario: Scenario,
    plan: &Plan,
) -> Result<Vec<Connection>, StageError> {
    let whole_call = Arc::new(Call::new(target, &Workload::plain())?);
    let connections = Connection::open_many(target.address, scenario.connections()).await?;
    let (tally, connections) =
        closed_loop::run(target, &whole_call, connections, plan.warm_up).await;
    if connections.is_empty() {
        return Err(StageError::Unreachable(tally.first_error.unwrap_or_default()));
    }
    Ok(connections)
}

/// Observes what a target's process uses.
pub(super) struct Meter {
    process: Option<Process>,
    cpu_seconds_before: f64,
    started_at: Instant,
}

impl Meter {
    pub(super) fn start(target: &Target) -> Result<Self, ProcessError> {
        let process = target.pid.map(Process::new);
        let mut cpu_seconds_before = 0.0;
        if let Some(process) = &process {
            process.reset_peak();
            cpu_seconds_before = process.cpu_seconds()?;
        }
        Ok(Self { process, cpu_seconds_before, started_at: Instant::now() })
    }

    pub(super) fn stop(self) -> Result<Option<Cost>, ProcessError> {
        let Some(process) = self.process else { return Ok(None) };
        let cpu_seconds = process.cpu_seconds()? - self.cpu_seconds_before;
        Ok(Some(Cost { cpu_seconds, peak_memory_kb: process.peak_memory_kb()? }))
    }
}
