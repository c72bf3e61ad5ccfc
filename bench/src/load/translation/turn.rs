//! One turn: the same call again and again, one way, and what it cost.

use std::sync::Arc;

use serde::Serialize;

use super::{CONNECTIONS, Group, Way, conversation, models};
use crate::load::{
    call::{Call, Target},
    closed_loop,
    connection::Connection,
    figures::{Cost, Figures},
    meter::Meter,
    plan::Plan,
    stage::StageError,
    streams,
    tally::Tally,
};

const MICROSECONDS_PER_SECOND: f64 = 1_000_000.0;
/// A turn is warmed up for this share of its time.
const WARM_UP_SHARE: u32 = 5;

/// What one turn came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Turn {
    /// Calls that came through.
    pub calls: u64,
    /// Processor time of the target's process, in microseconds.
    pub cpu_us_per_call: Option<f64>,
    /// Of calls, or of a stream's chunks.
    pub figures: Figures,
}

impl Turn {
    #[expect(clippy::cast_precision_loss, reason = "calls are far below 2^52")]
    fn of(tally: Tally, elapsed: std::time::Duration, cost: Option<Cost>) -> Self {
        let calls = u64::try_from(tally.times_nanos.len()).unwrap_or(u64::MAX);
        let cpu_us =
            cost.filter(|_| calls > 0).map(|cost| cost.cpu_seconds * MICROSECONDS_PER_SECOND);
        Self {
            calls,
            cpu_us_per_call: cpu_us.map(|cpu_us| cpu_us / calls as f64),
            figures: Figures::of(tally, elapsed, cost),
        }
    }
}

/// Runs a turn. Calls that fail are figures, also where all of them do.
pub(super) async fn run(
    target: &Target,
    group: Group,
    way: Way,
    plan: &Plan,
) -> Result<Turn, StageError> {
    let call = Arc::new(call(target, group, way)?);
    let connections = Connection::open_many(target.address, CONNECTIONS).await?;
    let warm_up = plan.translation / WARM_UP_SHARE;
    let (tally, connections) = closed_loop::run(target, &call, connections, warm_up).await;
    if connections.is_empty() {
        return Ok(Turn::of(tally, warm_up, None));
    }
    let meter = Meter::start(target).await?;
    let (tally, connections) = if group.is_streaming {
        streams::unpaced(&call, connections, plan.translation).await
    } else {
        closed_loop::run(target, &call, connections, plan.translation).await
    };
    let elapsed = meter.elapsed();
    let cost = meter.stop().await?;
    // Closing connections is no part of the turn.
    drop(connections);
    Ok(Turn::of(tally, elapsed, cost))
}

fn call(target: &Target, group: Group, way: Way) -> Result<Call, StageError> {
    let Group { client, is_streaming } = group;
    let model = match way {
        Way::Bare => models::upstream(client),
        Way::GatewayTo(provider) => provider.gateway_model(client),
    };
    let body = conversation::body(client, &model, is_streaming);
    Ok(Call::in_dialect(client, target, &model, body, is_streaming)?)
}
