//! What is set aside for one call.

use std::{mem, sync::Arc, time::Duration};

use shared::{Money, Timestamp};

use super::{Budgets, counter::Counter, hold::Denial, needs::Needs};
use crate::call::{BudgetRefusal, Charge};

/// A counter and the window in which something is set aside in it.
pub(super) type Hold = (Arc<Counter>, Timestamp);

/// What is set aside for one call. Settled by value; dropped, it is given back whole.
pub struct Reservation {
    budgets: Arc<Budgets>,
    holds: Vec<Hold>,
    amount: Money,
}

impl Reservation {
    pub(super) fn new(budgets: Arc<Budgets>, holds: Vec<Hold>, amount: Money) -> Self {
        Self { budgets, holds, amount }
    }

    pub(super) fn of_nothing(budgets: Arc<Budgets>) -> Self {
        Self::new(budgets, Vec::new(), Money::ZERO)
    }

    /// The most that the call can cost.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Sets more aside, for an answer that outgrows what it was said to be; gives what the call is
    /// charged to from now on, where that changes.
    ///
    /// # Errors
    /// What the hard budget says that does not cover it; then nothing more is set aside. None
    /// where the budgets cannot be asked.
    pub async fn extend(
        &mut self,
        more: Money,
    ) -> Result<Option<Vec<Charge>>, Option<BudgetRefusal>> {
        let now = self.budgets.clock.now();
        if !self.holds.iter().any(|hold| has_passed(hold, now)) {
            let held = self.hold(&self.holds, more).await?;
            if held.stands_beside(&self.holds) {
                // From now on each hold stands for more.
                held.become_part();
                self.amount += more;
                return Ok(None);
            }
        }
        self.move_on(more).await.map(Some)
    }

    /// Sets everything aside anew in the windows that run now, in place of those that have passed:
    /// a call that goes on is charged as a whole to the window in which it does, and what it had
    /// in a former one is given back there, where nobody can spend it any more.
    async fn move_on(&mut self, more: Money) -> Result<Vec<Charge>, Option<BudgetRefusal>> {
        let now = self.budgets.clock.now();
        let (passed, running): (Vec<Hold>, Vec<Hold>) =
            self.holds.iter().cloned().partition(|hold| has_passed(hold, now));
        let anew = self.hold(&passed, self.amount.saturating_add(more)).await?;
        let rest = self.hold(&running, more).await?;
        if !rest.stands_beside(&running) {
            // Another window has passed meanwhile, at which the call is let go.
            return Err(None);
        }
        let mut charges = rest.become_part().1;
        let (new_holds, new_charges) = anew.become_part();
        charges.extend(new_charges);
        let mut new_holds = new_holds.into_iter();
        // Their order stays: it is the one in which counters are locked.
        for hold in &mut self.holds {
            let (counter, window_start) = &*hold;
            if has_passed(hold, now)
                && let Some(new) = new_holds.next()
            {
                counter.settle(*window_start, self.amount, Money::ZERO);
                *hold = new;
            }
        }
        self.amount += more;
        self.budgets.room.notify_waiters();
        Ok(charges)
    }

    /// Sets aside at the counters of these holds, in the windows that run now.
    async fn hold(&self, holds: &[Hold], amount: Money) -> Result<Beside, Option<BudgetRefusal>> {
        let counters: Vec<_> = holds.iter().map(|(counter, _)| Arc::clone(counter)).collect();
        // The provider goes on while the stream waits, so it waits for no other call.
        match self.budgets.hold(&counters, &Needs::exactly(amount), Duration::ZERO).await {
            Ok(held) => Ok(Beside {
                reservation: Self::new(Arc::clone(&self.budgets), held.holds, amount),
                charges: held.charges,
            }),
            Err(Denial::Exceeded(refusal)) => Err(Some(*refusal)),
            Err(Denial::Unavailable) => Err(None),
        }
    }

    /// Replaces what was set aside by what the call cost.
    pub fn settle(mut self, cost: Money) {
        self.end(cost);
    }

    fn end(&mut self, cost: Money) {
        for (counter, window_start) in self.holds.drain(..) {
            if let Some(threshold) = counter.settle(window_start, self.amount, cost) {
                self.budgets.tell(threshold);
            }
        }
        self.budgets.room.notify_waiters();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.holds.is_empty() {
            self.end(Money::ZERO);
        }
    }
}

/// What is set aside beside a reservation; dropped, it is given back.
struct Beside {
    reservation: Reservation,
    charges: Vec<Charge>,
}

impl Beside {
    /// Whether it is in the same windows as these.
    fn stands_beside(&self, holds: &[Hold]) -> bool {
        let same = |(one, other): (&Hold, &Hold)| one.1 == other.1;
        self.reservation.holds.iter().zip(holds).all(same)
    }

    /// It stays set aside, as a part of another reservation.
    fn become_part(mut self) -> (Vec<Hold>, Vec<Charge>) {
        (mem::take(&mut self.reservation.holds), mem::take(&mut self.charges))
    }
}

/// Whether another window runs by now.
fn has_passed((counter, window_start): &Hold, now: Timestamp) -> bool {
    counter.lock(now).current.window.start != *window_start
}
