//! Where all that are left have as many calls as they may have.

use futures_util::future::{FutureExt, select_all};

use super::{Attempts, Permit, RuledOut};

impl Attempts {
    /// Those that were passed over because they have no place, once.
    pub(super) fn full_places(&mut self) -> Option<Vec<usize>> {
        if self.has_waited {
            return None;
        }
        let is_full = |(place, why): &(usize, RuledOut)| (*why == RuledOut::Full).then_some(*place);
        let places: Vec<usize> = self.passed_over.iter().filter_map(is_full).collect();
        self.has_waited = !places.is_empty();
        self.has_waited.then_some(places)
    }

    /// Waits for the first place at any of these; none where every queue is full.
    pub(super) async fn queue(&self, places: &[usize]) -> Option<(usize, Permit)> {
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
}
