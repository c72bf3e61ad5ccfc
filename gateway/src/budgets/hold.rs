//! Setting aside at several budgets at once, with the patience that it takes.

use std::sync::{Arc, MutexGuard};

use shared::Money;
use tokio::time::{Duration, Instant, timeout_at};

use super::{
    Budgets,
    counter::{Counter, State},
    lease::slice,
    needs::Needs,
    reservation::Hold,
};
use crate::call::{BudgetRefusal, Charge};

/// How long to wait at once for money that another node may give back.
const LOOK_AGAIN: Duration = Duration::from_millis(60);

/// How long an answer of the database is waited for, where the budgets themselves need less.
const LEASE_PATIENCE: Duration = Duration::from_secs(2);

/// What was set aside.
pub(super) struct Held {
    pub(super) holds: Vec<Hold>,
    pub(super) charges: Vec<Charge>,
    pub(super) amount: Money,
    pub(super) output_limit: i64,
    pub(super) summary: String,
    pub(super) warning: Option<String>,
}

/// Why nothing was set aside.
pub(super) enum Denial {
    /// A hard budget does not cover it.
    Exceeded(Box<BudgetRefusal>),
    /// The database of the budgets does not answer.
    Unavailable,
}

/// What stands in the way of the whole amount.
struct Shortage {
    refusal: Box<BudgetRefusal>,
    /// Whether it would fit if the calls under way cost little.
    may_pass: bool,
    /// Whether a shorter answer would fit then.
    less_may_pass: bool,
    leasing: Leasing,
    /// When the database last had too little.
    refused_at: Option<Instant>,
}

/// How it stands with the leases that do not cover a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Leasing {
    /// There is no more to be had, as far as is known.
    Known,
    /// The database did not answer.
    Failed,
    /// The database is being asked, and the figures may change by that.
    UnderWay,
}

impl Budgets {
    /// Sets aside what a call needs at all of these counters, or at none; where calls under way
    /// stand in the way, they are waited for so long.
    pub(super) async fn hold(
        &self,
        counters: &[Arc<Counter>],
        needs: &Needs,
        wait: Duration,
    ) -> Result<Held, Denial> {
        let started = Instant::now();
        let deadline = started + wait;
        let patience = started + wait.max(LEASE_PATIENCE);
        let mut takes_less = false;
        loop {
            // Registered before looking, so that nothing given back in between is missed.
            let room = self.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            let shortage = match self.try_hold(counters, needs, takes_less) {
                Ok(held) => return Ok(held),
                Err(shortage) => shortage,
            };
            let now = Instant::now();
            let is_late = now >= deadline;
            let is_refused = shortage.refused_at.is_some_and(|at| at >= started);
            if shortage.leasing == Leasing::UnderWay && !(is_late && is_refused) {
                if now >= patience {
                    return Err(Denial::Unavailable);
                }
            } else if is_late || !shortage.may_pass {
                if !takes_less {
                    takes_less = true;
                    continue;
                }
                if shortage.leasing == Leasing::Failed && is_late {
                    return Err(Denial::Unavailable);
                }
                if is_late || !shortage.less_may_pass {
                    return Err(Denial::Exceeded(shortage.refusal));
                }
            }
            let _ = timeout_at(now + LOOK_AGAIN, room).await;
        }
    }

    fn try_hold(
        &self,
        counters: &[Arc<Counter>],
        needs: &Needs,
        takes_less: bool,
    ) -> Result<Held, Shortage> {
        let now = self.clock.now();
        // Always locked in the same order, so that two calls cannot block each other.
        let mut states: Vec<_> = counters.iter().map(|counter| counter.lock(now)).collect();
        let narrowest = counters
            .iter()
            .zip(&states)
            .filter(|(counter, _)| counter.is_hard())
            .map(|(counter, state)| (counter.available(&state.current), counter, state))
            .min_by_key(|(available, ..)| *available);
        let mut output_limit = needs.output_limit();
        if let Some((available, counter, state)) = narrowest {
            let longest = needs.longest_within(available).filter(|_| takes_less);
            if available < needs.most() {
                let Some(longest) = longest else {
                    let refusal = Box::new(counter.refusal(&state.current, needs.most()));
                    let shortage = shortage(counters, &states, needs, refusal);
                    drop(states);
                    return Err(self.ask_for_leases(counters, needs, shortage));
                };
                output_limit = longest;
            }
        }
        let amount = needs.with(output_limit);
        let held = take(counters, &mut states, amount, output_limit);
        drop(states);
        self.ask_early(counters);
        Ok(held)
    }

    /// Asks for more where a lease does not cover the call.
    fn ask_for_leases(
        &self,
        counters: &[Arc<Counter>],
        needs: &Needs,
        mut shortage: Shortage,
    ) -> Shortage {
        let Some(leases) = &self.leases else { return shortage };
        for counter in counters.iter().filter(|counter| counter.is_leased()) {
            let state = counter.lock(self.clock.now());
            let share = &state.current;
            let (least, most) = (needs.least() - share.free, needs.most() - share.free);
            let could = counter.could_fit(share, needs.least());
            drop(state);
            if most > Money::ZERO && could {
                leases.ask(counter, least.max(Money::from_nanos(1)), most);
            }
            let state = counter.lock_any();
            let share = &state.current;
            shortage.refused_at = shortage.refused_at.max(share.refused_at);
            shortage.leasing = shortage.leasing.max(match share.failed_at {
                _ if share.is_asking => Leasing::UnderWay,
                Some(_) => Leasing::Failed,
                None => Leasing::Known,
            });
        }
        shortage
    }

    /// Asks for the next slice before the last one is used up, so that no call has to wait.
    fn ask_early(&self, counters: &[Arc<Counter>]) {
        let Some(leases) = &self.leases else { return };
        for counter in counters.iter().filter(|counter| counter.is_leased()) {
            let state = counter.lock_any();
            let share = &state.current;
            let used = share.spent_everywhere() + share.reserved_everywhere() + share.free;
            let slice = slice(counter.limit, counter.limit - used);
            let is_low = share.free.nanos() < slice.nanos() / 2;
            let is_idle = !share.is_asking && share.refused_at.or(share.failed_at).is_none();
            drop(state);
            if is_low && is_idle {
                leases.ask(counter, Money::from_nanos(1), slice);
            }
        }
    }
}

fn take(
    counters: &[Arc<Counter>],
    states: &mut [MutexGuard<'_, State>],
    amount: Money,
    output_limit: i64,
) -> Held {
    let mut held = Held {
        holds: Vec::with_capacity(counters.len()),
        charges: Vec::with_capacity(counters.len()),
        amount,
        output_limit,
        summary: String::new(),
        warning: None,
    };
    for (counter, state) in counters.iter().zip(states) {
        let share = &mut state.current;
        if !counter.is_hard() && counter.available(share) < amount {
            held.warning = Some(counter.line(share));
        }
        share.reserve(amount, counter.is_leased());
        held.holds.push((Arc::clone(counter), share.window.start));
        held.charges.push(counter.charge(share));
        if !held.summary.is_empty() {
            held.summary.push_str(", ");
        }
        held.summary.push_str(&counter.line(share));
    }
    held
}

/// Whether waiting for the calls under way may help.
fn shortage(
    counters: &[Arc<Counter>],
    states: &[MutexGuard<'_, State>],
    needs: &Needs,
    refusal: Box<BudgetRefusal>,
) -> Shortage {
    let could = |amount: Money| {
        let mut hard = counters.iter().zip(states).filter(|(counter, _)| counter.is_hard());
        hard.all(|(counter, state)| counter.could_fit(&state.current, amount))
    };
    Shortage {
        refusal,
        may_pass: could(needs.most()),
        less_may_pass: could(needs.least()),
        leasing: Leasing::Known,
        refused_at: None,
    }
}
