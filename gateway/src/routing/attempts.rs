//! The attempts of one call: candidate after candidate, until one has answered or none is left.
//!
//! A candidate that may not be asked at the moment is passed over. Where all that are left have as
//! many calls as they may have, the call waits for its turn. Where all were asked in vain, one of
//! them may be asked once more, as long as few calls do so.

mod exhausted;
mod last_resort;
mod queue;
mod second_round;

use std::{sync::Arc, time::Duration};

use shared::Timestamp;
use tokio::time::{sleep, timeout};

pub use self::exhausted::Exhausted;
use super::{
    Attempt, Outcome, RuledOut,
    gate::{Entry, Permit},
    plan::Plan,
    pool::Pool,
};

/// The attempts of one call.
#[derive(Debug)]
pub struct Attempts {
    plan: Plan,
    /// Those of the models that are asked instead, the last one first.
    fallbacks: Vec<Plan>,
    /// How many candidates of this round were looked at.
    looked_at: usize,
    /// Those of a second round, by place; empty in the first.
    again: Vec<usize>,
    is_second_round: bool,
    has_waited: bool,
    /// Whether there was nothing better than open circuits.
    is_last_resort: bool,
    /// What came of those that were asked, by place.
    ended: Vec<(usize, Outcome)>,
    /// Why those of this round were not.
    passed_over: Vec<(usize, RuledOut)>,
    /// What there was to say of those of models before.
    said_before: String,
    began_at: Timestamp,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Ask(Attempt),
    /// Wait for a place at one of these.
    Queue(Vec<usize>),
    /// Wait so long, then look again.
    Pause(i64),
    Nobody,
}

impl Attempts {
    pub(super) fn new(plan: Plan, mut fallbacks: Vec<Plan>) -> Self {
        let began_at = plan.pool.settings.clock.now();
        fallbacks.reverse();
        Self {
            plan,
            fallbacks,
            looked_at: 0,
            again: Vec::new(),
            is_second_round: false,
            has_waited: false,
            is_last_resort: false,
            ended: Vec::new(),
            passed_over: Vec::new(),
            said_before: String::new(),
            began_at,
        }
    }

    /// The next deployment to ask, once there is a place.
    ///
    /// # Errors
    /// [`Exhausted`] where none is left, or the call has taken as long as it may.
    pub async fn next(&mut self) -> Result<Attempt, Exhausted> {
        loop {
            let left = self.time_left();
            if left == Some(Duration::ZERO) {
                return Err(self.exhausted(true));
            }
            match self.advance() {
                Next::Ask(attempt) => return Ok(attempt),
                Next::Queue(places) => {
                    let longest = micros(self.pool().settings.queue_micros);
                    let longest = left.map_or(longest, |left| left.min(longest));
                    if let Ok(Some((place, permit))) = timeout(longest, self.queue(&places)).await
                        && let Some(attempt) = self.with_permit(place, permit)
                    {
                        return Ok(attempt);
                    }
                }
                Next::Pause(pause) => sleep(micros(pause)).await,
                Next::Nobody => return Err(self.exhausted(false)),
            }
        }
    }

    /// An attempt was in vain; what came of it decides whether it is worth another.
    pub fn failed(&mut self, mut attempt: Attempt, outcome: Outcome) {
        attempt.end(outcome);
        self.ended.push((attempt.place(), outcome));
    }

    /// How long the call may still take; none where there is no limit.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let settings = &self.pool().settings;
        let total = settings.total_timeout_micros?;
        Some(micros(total.saturating_sub(settings.clock.now().micros_since(self.began_at))))
    }

    /// What there is to say of the choice beside who answered.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        self.plan.summary()
    }

    /// What comes next, without waiting for it.
    pub(super) fn advance(&mut self) -> Next {
        loop {
            while let Some(place) = self.next_place() {
                match self.begin(place) {
                    Ok(attempt) => return Next::Ask(attempt),
                    Err(why) => self.passed_over.push((place, why)),
                }
            }
            // Another model at once is better than this one later.
            let Some(plan) = self.fallbacks.pop() else { break };
            self.said_before = self.words();
            self.plan = plan;
            self.looked_at = 0;
            self.ended.clear();
            self.passed_over.clear();
        }
        if let Some(places) = self.full_places() {
            return Next::Queue(places);
        }
        if let Some(attempt) = self.last_resort() {
            return Next::Ask(attempt);
        }
        if let Some(pause) = self.second_round() {
            return Next::Pause(pause);
        }
        Next::Nobody
    }

    fn next_place(&mut self) -> Option<usize> {
        let index = self.looked_at;
        self.looked_at += 1;
        if self.is_second_round { self.again.get(index).copied() } else { self.plan.place(index) }
    }

    /// Whether the call has nowhere else to go.
    fn is_alone(&self) -> bool {
        self.plan.is_alone() && self.fallbacks.is_empty()
    }

    fn begin(&self, place: usize) -> Result<Attempt, RuledOut> {
        let pool = self.pool();
        let health = &pool.healths[place];
        let permit = match health.gate.enter(self.plan.caller) {
            Entry::Free(permit) => permit,
            Entry::Full => return Err(RuledOut::Full),
        };
        self.admitted(place, permit)
    }

    fn admitted(&self, place: usize, permit: Option<Permit>) -> Result<Attempt, RuledOut> {
        let pool = self.pool();
        let health = &pool.healths[place];
        let ticket = if self.is_alone() {
            // Whoever has nowhere else to go is better off with a try than without.
            health.ticket()
        } else {
            health.admit(pool.settings.clock.now(), &pool.settings.judging.rules)?
        };
        Ok(Attempt::begin(pool, place, ticket, permit, self.plan.call))
    }

    fn with_permit(&mut self, place: usize, permit: Permit) -> Option<Attempt> {
        match self.admitted(place, Some(permit)) {
            Ok(attempt) => Some(attempt),
            Err(why) => {
                self.passed_over.push((place, why));
                None
            }
        }
    }

    fn pool(&self) -> &Arc<Pool> {
        &self.plan.pool
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
