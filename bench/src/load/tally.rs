//! What a phase counted.

use std::time::Duration;

/// Counts of one phase at one target. A unit is a call or, of a stream, a chunk.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Calls or chunks that came through.
    pub(super) units: u64,
    /// What was timed, in nanoseconds.
    pub(super) times_nanos: Vec<u64>,
    /// Calls that went wrong.
    pub(super) errors: u64,
    /// What went wrong first.
    pub(super) first_error: Option<String>,
}

impl Tally {
    /// A unit came through and took so long.
    pub(super) fn timed(&mut self, elapsed: Duration) {
        self.units += 1;
        self.times_nanos.push(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
    }

    /// A call went wrong.
    pub(super) fn failed(&mut self, error: &impl ToString) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| error.to_string());
    }

    /// Adds another's counts.
    pub(super) fn add(&mut self, other: Self) {
        self.units += other.units;
        self.times_nanos.extend(other.times_nanos);
        self.errors += other.errors;
        if self.first_error.is_none() {
            self.first_error = other.first_error;
        }
    }
}
