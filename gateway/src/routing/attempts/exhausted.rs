//! What there is to say where nobody is left to ask.

use std::fmt::Write;

use super::Attempts;

/// Nobody is left to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// Why those that were not asked were not, for the receipt and the caller.
    pub why: String,
    /// In how many seconds another try makes sense.
    pub retry_after_seconds: u32,
    /// Whether too many calls, and no failure, stand in the way.
    pub is_busy: bool,
    /// Whether the call has taken as long as it may.
    pub is_late: bool,
}

impl Attempts {
    /// Why those that were not asked were not.
    pub(super) fn words(&self) -> String {
        let mut why = self.said_before.clone();
        for (place, reason) in
            self.plan.ruled_out.iter().filter(|(_, why)| why.is_for_good()).chain(&self.passed_over)
        {
            let separator = if why.is_empty() { "" } else { "; " };
            // Writing to a string cannot fail.
            let _ = write!(why, "{separator}{} {reason}", self.pool().healths[*place].provider);
        }
        why
    }

    pub(super) fn exhausted(&self, is_late: bool) -> Exhausted {
        let soonest = self.passed_over.iter().filter_map(|(_, why)| why.ends_in_micros()).min();
        let seconds = soonest.unwrap_or(0).max(1).unsigned_abs().div_ceil(1_000_000);
        Exhausted {
            why: self.words(),
            retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            is_busy: self.passed_over.iter().all(|(_, why)| why.is_busy()),
            is_late,
        }
    }
}
