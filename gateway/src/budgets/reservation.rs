//! What is set aside for one call.

use std::{sync::Arc, time::Duration};

use shared::{Money, Timestamp};

use super::{Budgets, counter::Counter, hold::Denial, needs::Needs};
use crate::call::BudgetRefusal;

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

    /// Sets more aside, for an answer that outgrows what it was said to be.
    ///
    /// # Errors
    /// What the hard budget says that does not cover it; then nothing more is set aside. None
    /// where the budgets cannot be asked, or their window has passed.
    pub async fn extend(&mut self, more: Money) -> Result<(), Option<BudgetRefusal>> {
        if self.holds.is_empty() {
            self.amount += more;
            return Ok(());
        }
        let now = self.budgets.clock.now();
        let is_over = |(counter, window_start): &Hold| {
            counter.lock(now).current.window.start != *window_start
        };
        if self.holds.iter().any(is_over) {
            return Err(None);
        }
        let counters: Vec<_> = self.holds.iter().map(|(counter, _)| Arc::clone(counter)).collect();
        // The provider goes on while the stream waits, so it waits for no other call.
        match self.budgets.hold(&counters, &Needs::exactly(more), Duration::ZERO).await {
            // From now on each hold stands for more, unless the window has just ended.
            Ok(held) => {
                let is_same = |(one, other): (&Hold, &Hold)| one.1 == other.1;
                if !self.holds.iter().zip(&held.holds).all(is_same) {
                    Reservation::new(Arc::clone(&self.budgets), held.holds, more)
                        .settle(Money::ZERO);
                    return Err(None);
                }
                self.amount += more;
                Ok(())
            }
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
