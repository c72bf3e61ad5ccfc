//! A steady load for a minute, while the target's memory is watched.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::time::interval;

use super::{
    call::{Call, Target, Through},
    connection::Connection,
    figures::Figures,
    meter::Meter,
    open_loop,
    plan::Plan,
    process::Process,
    scenario::Workload,
    stage::StageError,
};

/// Calls a second: enough to show a leak, little enough for any target to keep up.
const RATE: u32 = 1_000;
/// One call in so many is streamed.
const ONE_STREAM_IN: usize = 10;
const CONNECTIONS: usize = 64;
const SAMPLE_PERIOD: Duration = Duration::from_secs(1);

/// What the soak showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Soak {
    /// Who was soaked.
    pub target: Through,
    /// Calls a second.
    pub rate: u32,
    /// The calls' figures.
    pub figures: Figures,
    /// Resident memory at the start.
    pub start_kb: u64,
    /// Resident memory at the end.
    pub end_kb: u64,
    /// How fast memory grew in the second half, by least squares; the first half is for filling
    /// caches and pools.
    pub slope_kb_per_minute: f64,
    /// Resident memory, once a second.
    pub samples_kb: Vec<u64>,
}

/// Soaks a target; `None` for one that has no process of its own.
pub(super) async fn run(target: &Target, plan: &Plan) -> Result<Option<Soak>, StageError> {
    let Some(pid) = target.pid else { return Ok(None) };
    let process = Process::new(pid);
    let whole_call = Arc::new(Call::new(target, &Workload::plain())?);
    let stream = Arc::new(Call::new(target, &Workload::short_stream())?);
    let mut calls = vec![whole_call; ONE_STREAM_IN - 1];
    calls.push(stream);
    let connections = Connection::open_many(target.address, CONNECTIONS).await?;
    let start_kb = process.memory_kb()?;
    let meter = Meter::start(target).await?;
    let started_at = Instant::now();
    let mut samples = Samples::default();
    let load = open_loop::run(target, &calls, connections, RATE, plan.soak);
    let (tally, _connections) = tokio::select! {
        ended = load => ended?,
        never = samples.take_from(&process, started_at) => match never {},
    };
    let elapsed = started_at.elapsed();
    let cost = meter.stop().await?;
    let end_kb = process.memory_kb()?;
    Ok(Some(Soak {
        target: target.through,
        rate: RATE,
        figures: Figures::of(tally, elapsed, cost),
        start_kb,
        end_kb,
        slope_kb_per_minute: slope_per_minute(samples.second_half()),
        samples_kb: samples.0.iter().map(|(_, kilobytes)| *kilobytes).collect(),
    }))
}

/// Seconds since the start, and kilobytes.
#[derive(Debug, Default)]
struct Samples(Vec<(f64, u64)>);

impl Samples {
    async fn take_from(
        &mut self,
        process: &Process,
        started_at: Instant,
    ) -> std::convert::Infallible {
        let mut ticks = interval(SAMPLE_PERIOD);
        loop {
            ticks.tick().await;
            if let Ok(kilobytes) = process.memory_kb() {
                self.0.push((started_at.elapsed().as_secs_f64(), kilobytes));
            }
        }
    }

    fn second_half(&self) -> &[(f64, u64)] {
        &self.0[self.0.len() / 2..]
    }
}

/// The slope of the line that fits best; flat for fewer than two samples.
fn slope_per_minute(samples: &[(f64, u64)]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "kilobytes and counts are far below 2^52")]
    let points: Vec<(f64, f64)> =
        samples.iter().map(|(seconds, kilobytes)| (*seconds, *kilobytes as f64)).collect();
    #[expect(clippy::cast_precision_loss, reason = "kilobytes and counts are far below 2^52")]
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    if variance > 0.0 { covariance / variance * 60.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line_through_the_samples() {
        let rising: Vec<(f64, u64)> =
            (0..30_u32).map(|x| (f64::from(x), 1_000 + 2 * u64::from(x))).collect();
        assert!((slope_per_minute(&rising) - 120.0).abs() < 1e-6);
        let flat: Vec<(f64, u64)> = (0..30_u32).map(|x| (f64::from(x), 1_000)).collect();
        assert!(slope_per_minute(&flat).abs() < 1e-9);
    }

    #[test]
    fn too_few_samples_have_no_slope() {
        assert!(slope_per_minute(&[]).abs() < 1e-9);
        assert!(slope_per_minute(&[(1.0, 5)]).abs() < 1e-9);
    }
}
