//! One phase at one target: warmed up, run, and what it cost.

use std::{io, sync::Arc};

use super::{
    call::{Call, Target, UnsendableCall},
    closed_loop,
    connection::{CallError, Connection},
    figures::Figures,
    meter::Meter,
    open_loop,
    plan::Plan,
    process::ProcessError,
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
    #[error(transparent)]
    Unsendable(#[from] UnsendableCall),
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
    let meter = Meter::start(target).await?;
    let (tally, connections) = match scenario {
        Scenario::Closed { .. } => {
            let time = plan.closed / scenario.turns();
            closed_loop::run(target, &call, connections, time).await
        }
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
    let elapsed = meter.elapsed();
    let cost = meter.stop().await?;
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
