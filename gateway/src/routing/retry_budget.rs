//! How many calls may ask a backend a second time: a share of all calls, so that an outage never
//! makes more requests of them than that.

use std::sync::atomic::{AtomicU32, Ordering};

/// A second try, in hundredths.
const WHOLE: u32 = 100;
/// No more second tries are saved up than that: what was quiet for an hour has no storm to spend.
const MOST_SAVED: u32 = 10 * WHOLE;

/// The second tries of one model.
#[derive(Debug)]
pub(super) struct RetryBudget {
    percent: u32,
    saved: AtomicU32,
}

impl RetryBudget {
    pub(super) fn new(percent: u16) -> Self {
        Self { percent: u32::from(percent), saved: AtomicU32::new(0) }
    }

    /// A call has begun.
    pub(super) fn call(&self) {
        let more = |saved: u32| Some(saved.saturating_add(self.percent).min(MOST_SAVED));
        let _ = self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether a call may ask a second time; then that is taken.
    pub(super) fn take(&self) -> bool {
        let less = |saved: u32| saved.checked_sub(WHOLE);
        self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_tries_are_a_share_of_the_calls_and_are_not_saved_up_for_ever() {
        let budget = RetryBudget::new(20);
        assert!(!budget.take(), "there was no call yet");
        let taken = (0..1_000)
            .filter(|_| {
                budget.call();
                budget.take()
            })
            .count();
        assert_eq!(taken, 200);
        for _ in 0..1_000 {
            budget.call();
        }
        assert_eq!((0..1_000).filter(|_| budget.take()).count(), 10);
        assert!(!RetryBudget::new(0).take());
    }
}
