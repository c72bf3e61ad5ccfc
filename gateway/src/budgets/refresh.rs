//! Keeps a node's counters in step with the other nodes of its database.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use shared::Money;
use uuid::Uuid;

use super::{
    Budgets, LONGEST_WINDOW_SECONDS,
    counter::Counter,
    lease::{Leases, corrected, elsewhere, slice},
    share::Share,
};
use crate::storage::{
    StorageError,
    tables::{
        budget_leases,
        budget_windows::{self, BudgetWindowRow, WindowKey},
    },
};

/// How often a node says that it is there.
const RENEWAL_MICROS: i64 = 10 * 1_000_000;
/// How often corrections are looked for where nothing else is.
const CORRECTIONS_MICROS: i64 = 1_000_000;

type Rows = HashMap<WindowKey, BudgetWindowRow>;

impl Budgets {
    /// Reads what other nodes have spent and leased, and gives back what this one does not need:
    /// all of it while another node finds too little, and what is left of windows that are over.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn refresh(&self) -> Result<(), StorageError> {
        let Some(leases) = &self.leases else { return self.take_corrections().await };
        let rows = self.rows(leases.node.uuid()).await?;
        for counter in self.all_counters() {
            for (window, amount) in self.bring_up_to_date(&counter, &rows) {
                // If this fails, it stays leased until the node starts again: never too much.
                leases.give_back(window, amount).await?;
            }
        }
        self.renew(leases).await
    }

    /// Where no other node spends, what was spent can still be corrected.
    async fn take_corrections(&self) -> Result<(), StorageError> {
        if self.is_shared || !self.is_time_again(CORRECTIONS_MICROS) {
            return Ok(());
        }
        let rows = self.rows(budget_windows::CORRECTIONS).await?;
        for counter in self.all_counters() {
            let mut state = counter.lock(self.clock.now());
            let share = &mut state.current;
            if let Some(row) = rows.get(&counter.window_key(share.window.start)) {
                share.elsewhere = corrected(row);
            }
        }
        Ok(())
    }

    /// The windows that may still be open, as one part of the books sees them.
    async fn rows(&self, part: Uuid) -> Result<Rows, StorageError> {
        let from = self.clock.now().plus_seconds(-LONGEST_WINDOW_SECONDS).micros();
        let rows = budget_windows::list_since(&self.database, part, from).await?;
        let key = |row: &BudgetWindowRow| WindowKey {
            budget_id: row.budget_id,
            start_at: row.window_start_at,
        };
        Ok(rows.into_iter().map(|row| (key(&row), row)).collect())
    }

    fn all_counters(&self) -> Vec<Arc<Counter>> {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        counters.values().flatten().cloned().collect()
    }

    /// Takes over what others have; gives what is to be given back.
    fn bring_up_to_date(&self, counter: &Counter, rows: &Rows) -> Vec<(WindowKey, Money)> {
        let mut state = counter.lock(self.clock.now());
        let mut surplus = Vec::new();
        for share in &mut state.past {
            let key = counter.window_key(share.window.start);
            surplus.extend(share.take_free(Money::ZERO).map(|amount| (key, amount)));
        }
        state.past.retain(|share| !share.is_at_rest());
        let share = &mut state.current;
        let key = counter.window_key(share.window.start);
        if let Some(row) = rows.get(&key) {
            let is_wanted = row.wanted_at != share.elsewhere.wanted_at;
            share.elsewhere = elsewhere(row);
            let keep = if is_wanted { Money::ZERO } else { enough(counter, share) };
            if counter.is_leased() {
                surplus.extend(share.take_free(keep).map(|amount| (key, amount)));
            }
        }
        let threshold = counter.threshold_passed(share);
        drop(state);
        if let Some(threshold) = threshold {
            self.tell(threshold);
        }
        surplus
    }

    /// Whether the last time that this was true is long enough ago.
    fn is_time_again(&self, after_micros: i64) -> bool {
        let now = self.clock.now().micros();
        let mut last_at = self.last_turn_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = now - *last_at >= after_micros;
        if is_time {
            *last_at = now;
        }
        is_time
    }

    async fn renew(&self, leases: &Leases) -> Result<(), StorageError> {
        if !self.is_time_again(RENEWAL_MICROS) {
            return Ok(());
        }
        let now = self.clock.now().micros();
        let mut tx = leases.database.begin().await?;
        budget_leases::renew(&mut tx, leases.node.uuid(), now).await?;
        tx.commit().await
    }
}

/// How much a node may keep without using it: two slices, so that it does not take and give back
/// in turns.
fn enough(counter: &Counter, share: &Share) -> Money {
    let used = share.spent_everywhere() + share.reserved_everywhere() + share.free;
    let slice = slice(counter.limit, counter.limit - used);
    slice + slice
}
