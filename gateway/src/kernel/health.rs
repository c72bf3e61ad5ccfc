//! Whether something that is tried again and again succeeds, and since when it does not.

use std::{
    error::Error,
    fmt::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

use shared::Timestamp;

use super::Clock;

/// A try that takes longer counts as trouble, though nothing has failed yet.
const PATIENCE_MICROS: i64 = 5_000_000;

/// How the last tries went; for metrics and the readiness check.
#[derive(Debug)]
pub struct Health {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trying_since: Option<Timestamp>,
    trouble: Option<Trouble>,
}

/// What does not succeed at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When the first try began that did not succeed.
    pub since: Timestamp,
    /// What the last one failed with, for an operator.
    pub reason: String,
}

impl Health {
    /// Good until a try fails.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// A try begins.
    pub fn trying(&self) {
        let now = self.clock.now();
        self.state().trying_since.get_or_insert(now);
    }

    /// The try has succeeded.
    pub fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// The try has failed.
    pub fn failed(&self, error: &dyn Error) {
        let now = self.clock.now();
        let mut state = self.state();
        let began_at = state.trying_since.take().unwrap_or(now);
        let since = state.trouble.as_ref().map_or(began_at, |trouble| trouble.since);
        state.trouble = Some(Trouble { since, reason: whole_reason(error) });
    }

    /// What does not succeed at the moment, if anything.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        let now = self.clock.now();
        let state = self.state();
        let is_slow = |since: &Timestamp| now.micros() - since.micros() > PATIENCE_MICROS;
        state.trouble.clone().or_else(|| {
            let since = state.trying_since.filter(is_slow)?;
            Some(Trouble { since, reason: "no answer yet".to_owned() })
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error and what it comes from, on one line.
fn whole_reason(error: &dyn Error) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(reason, ": {error}");
        cause = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn trouble_lasts_from_the_first_failed_try_to_the_next_success() {
        let clock = Clock::manual(at(100));
        let health = Health::new(clock.clone());
        assert_eq!(health.trouble(), None);
        health.trying();
        clock.set(at(101));
        health.failed(&io::Error::other("first"));
        clock.set(at(110));
        health.trying();
        health.failed(&io::Error::other("second"));
        let trouble = Trouble { since: at(100), reason: "second".to_owned() };
        assert_eq!(health.trouble(), Some(trouble));
        health.trying();
        health.succeeded();
        assert_eq!(health.trouble(), None);
    }

    #[test]
    fn a_try_without_an_end_is_trouble_after_a_while() {
        let clock = Clock::manual(at(100));
        let health = Health::new(clock.clone());
        health.trying();
        clock.set(at(105));
        assert_eq!(health.trouble(), None);
        clock.set(at(106));
        assert_eq!(health.trouble().map(|trouble| trouble.since), Some(at(100)));
    }
}
