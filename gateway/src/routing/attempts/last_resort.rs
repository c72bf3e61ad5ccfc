//! Where there is nothing better than open circuits.

use std::sync::atomic::Ordering;

use super::{Attempt, Attempts, Entry};

impl Attempts {
    /// One whose circuit is open, where no other was there to be asked. The first is asked for
    /// nothing, those after it within the budget of second tries.
    pub(super) fn last_resort(&mut self) -> Option<Attempt> {
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
}
