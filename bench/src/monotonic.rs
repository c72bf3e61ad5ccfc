//! The machine's monotonic clock, which all processes share.
//!
//! The fake provider stamps pieces of a stream with it and the load run subtracts: no clock has
//! to be synchronised, and a chunk's delay is measured from its sending, not from a schedule.

use rustix::time::{ClockId, clock_gettime};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Nanoseconds since some moment before this machine's start.
#[must_use]
pub fn now_nanos() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * NANOS_PER_SECOND + u64::try_from(time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_clock_never_goes_back() {
        let earlier = super::now_nanos();
        assert!(earlier > 0);
        assert!(super::now_nanos() >= earlier);
    }
}
