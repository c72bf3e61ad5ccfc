//! A tick at a fixed rate, finer than the runtime's timers.
//!
//! Those round up to whole milliseconds, which at 2,000 calls a second would be most of what is
//! measured. So a thread sleeps from tick to tick and sends when each was due.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Ticks that may wait to be taken. The thread waits when there are more; none is lost.
const WAITING_LIMIT: usize = 1_024;

/// Ticks since it was made.
#[derive(Debug)]
pub(super) struct Ticker(Receiver<Instant>);

impl Ticker {
    /// Ticks so many times a second, the first time after one period.
    pub(super) fn per_second(rate: u32) -> io::Result<Self> {
        let (sender, receiver) = channel(WAITING_LIMIT);
        let period = Duration::from_secs(1) / rate.max(1);
        thread::Builder::new().name("ticker".to_owned()).spawn(move || tick(period, &sender))?;
        Ok(Self(receiver))
    }

    /// Waits for the next tick; gives when it was due, however late it is taken.
    pub(super) async fn due(&mut self) -> Option<Instant> {
        self.0.recv().await
    }
}

/// Sends each tick when it is due, until nobody takes them.
fn tick(period: Duration, sender: &Sender<Instant>) {
    let mut due_at = Instant::now();
    loop {
        due_at += period;
        thread::sleep(due_at.saturating_duration_since(Instant::now()));
        if sender.blocking_send(due_at).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ticks_are_due_one_period_apart_and_come_when_they_are() {
        let mut ticker = Ticker::per_second(1_000).unwrap();
        let mut last = ticker.due().await.unwrap();
        for _ in 0..20 {
            let due_at = ticker.due().await.unwrap();
            assert_eq!(due_at - last, Duration::from_millis(1));
            assert!(due_at <= Instant::now());
            last = due_at;
        }
    }
}
