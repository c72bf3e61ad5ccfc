//! What a target's process used for a phase, until it had nothing left to do for it.
//!
//! A gateway writes records after it has answered. That work belongs to the calls that caused it:
//! it is waited for, so that it is neither left out nor charged to whoever has the core next.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{
    call::Target,
    figures::Cost,
    process::{Process, ProcessError},
};

/// A process that used no processor time for so long is done.
const QUIET: Duration = Duration::from_millis(50);
/// How long work may go on after the last answer.
const SETTLING_LIMIT: Duration = Duration::from_secs(2);

/// Observes a target's process, if it has one.
pub(super) struct Meter {
    process: Option<Process>,
    cpu_seconds_before: f64,
    started_at: Instant,
}

impl Meter {
    /// Begins once the process is quiet.
    pub(super) async fn start(target: &Target) -> Result<Self, ProcessError> {
        let process = target.pid.map(Process::new);
        let mut cpu_seconds_before = 0.0;
        if let Some(process) = &process {
            cpu_seconds_before = settled(process).await?;
            process.reset_peak();
        }
        Ok(Self { process, cpu_seconds_before, started_at: Instant::now() })
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started_at.elapsed()
    }

    /// What was used, once the process is quiet.
    pub(super) async fn stop(self) -> Result<Option<Cost>, ProcessError> {
        let Some(process) = self.process else { return Ok(None) };
        let cpu_seconds = settled(&process).await? - self.cpu_seconds_before;
        Ok(Some(Cost { cpu_seconds, peak_memory_kb: process.peak_memory_kb()? }))
    }
}

/// Waits until the process is quiet; gives its processor seconds so far.
async fn settled(process: &Process) -> Result<f64, ProcessError> {
    settled_by(|| process.cpu_seconds(), QUIET, SETTLING_LIMIT).await
}

/// Reads until two readings, `pause` apart, are alike, or `limit` has passed; gives the last.
async fn settled_by<E>(
    mut read: impl FnMut() -> Result<f64, E>,
    pause: Duration,
    limit: Duration,
) -> Result<f64, E> {
    let asked_at = Instant::now();
    let mut last = read()?;
    loop {
        sleep(pause).await;
        let now = read()?;
        if now <= last || asked_at.elapsed() >= limit {
            return Ok(now);
        }
        last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::call::Through;

    async fn settled_at(readings: &[f64], limit: Duration) -> f64 {
        let mut readings = readings.iter().copied();
        let read = || readings.next().ok_or("there was nothing more to read");
        settled_by(read, Duration::ZERO, limit).await.unwrap()
    }

    #[tokio::test]
    async fn work_after_the_last_answer_is_counted_until_there_is_none() {
        let settled = settled_at(&[1.0, 1.5, 2.0, 2.0, 9.0], Duration::MAX).await;
        assert_eq!(settled.to_bits(), 2.0_f64.to_bits());
    }

    #[tokio::test]
    async fn a_process_that_is_never_quiet_is_not_waited_for_forever() {
        let settled = settled_at(&[1.0, 1.5], Duration::ZERO).await;
        assert_eq!(settled.to_bits(), 1.5_f64.to_bits());
    }

    #[tokio::test]
    async fn who_has_no_process_has_no_cost() {
        let address = "127.0.0.1:1".parse().unwrap();
        let target = Target { through: Through::Direct, address, key: String::new(), pid: None };
        let meter = Meter::start(&target).await.unwrap();
        assert_eq!(meter.stop().await.unwrap(), None);
    }
}
