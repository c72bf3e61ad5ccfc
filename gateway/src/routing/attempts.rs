//! The attempts of one call: candidate after candidate, until one has answered or none is left.
//!
//! A candidate that may not be asked at the moment is passed over. Where all that are left have as
//! many calls as they may have, the call waits for its turn. Where all were asked in vain, one of
//! them may be asked once more, as long as few calls do so.

use std::{
    fmt::Write,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::{FutureExt, select_all};
use shared::Timestamp;
use tokio::time::{sleep, timeout};

use super::{
    Attempt, Outcome, RuledOut,
    affinity::mixed,
    gate::{Entry, Permit},
    plan::Plan,
    pool::Pool,
};

/// The shortest pause before a second round, in microseconds; the longest is three times as long.
const PAUSE_MICROS: i64 = 50_000;

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

    /// One whose circuit is open, where no other was there to be asked. The first is asked for
    /// nothing, those after it within the budget of second tries.
    fn last_resort(&mut self) -> Option<Attempt> {
        if !self.ended.is_empty() && !self.is_last_resort {
            return None;
        }
        let is_left = |place: usize| !self.ended.iter().any(|(other, _)| *other == place);
        let mut places: Vec<usize> = self
            .passed_over
            .iter()
            .filter(|(place, why)| why.is_circuit() && is_left(*place))
            .map(|(place, _)| *place)
            .collect();
        if places.is_empty() || (self.is_last_resort && !self.pool().retry_budget.take()) {
            return None;
        }
        self.is_last_resort = true;
        // Not always the same one: another may be the first that is back.
        let turn = usize::try_from(self.pool().turns.load(Ordering::Relaxed)).unwrap_or(0);
        let first = turn % places.len();
        places.rotate_left(first);
        places.into_iter().find_map(|place| self.begin_anyway(place))
    }

    fn begin_anyway(&self, place: usize) -> Option<Attempt> {
        let pool = self.pool();
        let health = &pool.healths[place];
        let Entry::Free(permit) = health.gate.enter(self.plan.caller) else { return None };
        let ticket = health.last_resort()?;
        Some(Attempt::begin(pool, place, Some(ticket), permit, self.plan.call))
    }

    /// Those that were passed over because they have no place, once.
    fn full_places(&mut self) -> Option<Vec<usize>> {
        if self.has_waited {
            return None;
        }
        let is_full = |(place, why): &(usize, RuledOut)| (*why == RuledOut::Full).then_some(*place);
        let places: Vec<usize> = self.passed_over.iter().filter_map(is_full).collect();
        self.has_waited = !places.is_empty();
        self.has_waited.then_some(places)
    }

    /// Waits for the first place at any of these; none where every queue is full.
    async fn queue(&self, places: &[usize]) -> Option<(usize, Permit)> {
        let caller = self.plan.caller;
        let mut waiting: Vec<_> = places
            .iter()
            .filter_map(|place| {
                let permit = self.pool().healths[*place].gate.queue(caller)?;
                Some(permit.map(move |permit| permit.ok().map(|permit| (*place, permit))).boxed())
            })
            .collect();
        while !waiting.is_empty() {
            let (let_in, _, others) = select_all(waiting).await;
            if let_in.is_some() {
                return let_in;
            }
            waiting = others;
        }
        None
    }

    /// After how long those that may be asked once more are; none where none may.
    fn second_round(&mut self) -> Option<i64> {
        if self.is_second_round || self.is_alone() {
            return None;
        }
        let again = self.worth_another_try();
        let wait = again.iter().map(|(_, wait)| *wait).min()?;
        let settings = &self.pool().settings;
        let has_time = self.time_left().is_none_or(|left| micros(wait) < left);
        if wait > settings.queue_micros || !has_time || !self.pool().retry_budget.take() {
            return None;
        }
        self.is_second_round = true;
        self.looked_at = 0;
        self.passed_over.clear();
        self.again = again.into_iter().map(|(place, _)| place).collect();
        Some(wait)
    }

    /// Places, and in how many microseconds each could be asked, in the order of the plan.
    fn worth_another_try(&self) -> Vec<(usize, i64)> {
        let now = self.pool().settings.clock.now();
        let in_order = (0..self.plan.len()).filter_map(|index| self.plan.place(index));
        in_order
            .filter_map(|place| {
                let (_, why) = self.pool().healths[place].figures(place, 1, None, now);
                let asked = self.ended.iter().find(|(other, _)| *other == place);
                match (asked, why) {
                    (Some((_, outcome)), _) if !outcome.may_repeat() => None,
                    (_, Some(RuledOut::Resting { for_micros })) => Some((place, for_micros)),
                    (Some(_), None) => Some((place, self.pause(now))),
                    _ => None,
                }
            })
            .collect()
    }

    /// Not the same for calls that failed together.
    fn pause(&self, now: Timestamp) -> i64 {
        let chance =
            mixed(now.micros().unsigned_abs() ^ self.plan.caller.user.uuid().as_u64_pair().1);
        PAUSE_MICROS + i64::try_from(chance % 100_000).unwrap_or(0)
    }

    /// Why those that were not asked were not.
    fn words(&self) -> String {
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

    fn exhausted(&self, is_late: bool) -> Exhausted {
        let soonest = self.passed_over.iter().filter_map(|(_, why)| why.ends_in_micros()).min();
        let seconds = soonest.unwrap_or(0).max(1).unsigned_abs().div_ceil(1_000_000);
        Exhausted {
            why: self.words(),
            retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            is_busy: self.passed_over.iter().all(|(_, why)| why.is_busy()),
            is_late,
        }
    }

    fn pool(&self) -> &Arc<Pool> {
        &self.plan.pool
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
