//! How long everything takes, so that the whole run stays under eight minutes.

use std::time::Duration;

use serde::Serialize;

/// How often and how long each phase runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// How often every phase runs at every target.
    pub rounds: usize,
    /// Calls that do not count, before each phase.
    pub warm_up: Duration,
    /// Each closed loop.
    pub closed: Duration,
    /// Each open loop.
    pub open: Duration,
    /// Streams, one at a time.
    pub first_text: Duration,
    /// Paced streams.
    pub paced: Duration,
    /// Streams without pauses.
    pub unpaced: Duration,
    /// Each pair of dialects, each way.
    pub translation: Duration,
    /// The soak.
    pub soak: Duration,
}

impl Plan {
    /// The run whose figures count: with three rounds about seven and a half minutes.
    #[must_use]
    pub const fn full(rounds: usize) -> Self {
        Self {
            rounds,
            warm_up: Duration::from_millis(200),
            closed: Duration::from_millis(1_750),
            open: Duration::from_millis(1_750),
            first_text: Duration::from_secs(1),
            paced: Duration::from_secs(2),
            unpaced: Duration::from_millis(1_500),
            translation: Duration::from_millis(400),
            soak: Duration::from_mins(1),
        }
    }

    /// A look at whether everything works; its figures are rough.
    #[must_use]
    pub const fn quick(rounds: usize) -> Self {
        Self {
            rounds,
            warm_up: Duration::from_millis(100),
            closed: Duration::from_millis(500),
            open: Duration::from_millis(500),
            first_text: Duration::from_millis(300),
            paced: Duration::from_millis(600),
            unpaced: Duration::from_millis(500),
            translation: Duration::from_millis(80),
            soak: Duration::from_secs(5),
        }
    }
}
