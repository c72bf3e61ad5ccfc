//! One budget's counter: what is settled and what is set aside in the running window.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use shared::{
    Money, Timestamp,
    id::BudgetId,
    view::spend::{BudgetLevel, BudgetMode, BudgetStatus},
};

use super::window::{Window, for_people};
use crate::{
    call::{BudgetRefusal, Charge},
    kernel::config,
};

/// A budget with its counters.
pub(super) struct Counter {
    pub(super) id: BudgetId,
    level: BudgetLevel,
    name: String,
    limit: Money,
    mode: BudgetMode,
    zone: TimeZone,
    zone_name: String,
    state: Mutex<State>,
}

/// What is used in the running window.
pub(super) struct State {
    window: Window,
    spent: Money,
    reserved: Money,
}

impl Counter {
    pub(super) fn new(
        id: BudgetId,
        name: &str,
        rule: &config::Budget,
        now: Timestamp,
        settled: impl Fn(Timestamp) -> Money,
    ) -> Self {
        let zone = TimeZone::get(&rule.time_zone).unwrap_or(TimeZone::UTC);
        let window = Window::month(now, &zone);
        let state = State { window, spent: settled(window.start), reserved: Money::ZERO };
        Self {
            id,
            level: rule.level,
            name: name.to_owned(),
            limit: rule.limit,
            mode: rule.mode,
            zone,
            zone_name: rule.time_zone.clone(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn mode(&self) -> BudgetMode {
        self.mode
    }

    /// The state, in the window that holds `now`.
    pub(super) fn lock(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.window.contains(now) && state.window.end <= now {
            let window = Window::month(now, &self.zone);
            *state = State { window, spent: Money::ZERO, reserved: Money::ZERO };
        }
        state
    }

    /// Whether `needed` fits beside what is settled and set aside.
    pub(super) fn fits(&self, state: &State, needed: Money) -> bool {
        state.spent.saturating_add(state.reserved).saturating_add(needed) <= self.limit
    }

    /// Whether `needed` would fit if every call under way cost nothing.
    pub(super) fn could_fit(&self, state: &State, needed: Money) -> bool {
        state.spent.saturating_add(needed) <= self.limit
    }

    pub(super) fn refusal(&self, state: &State, needed: Money) -> BudgetRefusal {
        BudgetRefusal {
            level: self.level,
            name: self.name.clone(),
            limit: self.limit,
            spent: state.spent,
            reserved: state.reserved,
            needed,
            window_end: state.window.end,
            window_end_text: for_people(state.window.end, &self.zone, &self.zone_name),
        }
    }

    /// One line for the trail: `team Research: $1.20 of $200.00`.
    pub(super) fn line(&self, state: &State) -> String {
        let whose = match self.level {
            BudgetLevel::Instance => "instance".to_owned(),
            level => format!("{} {}", level.as_str(), self.name),
        };
        format!("{whose}: {} of {} used", state.spent.short(), self.limit.short())
    }

    /// Gives back what was set aside and adds what was spent, in the window in which it was set
    /// aside; a window that has passed is settled in the ledger alone.
    pub(super) fn settle(&self, window_start: Timestamp, reserved: Money, spent: Money) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.window.start == window_start {
            state.reserved -= reserved;
            state.spent += spent;
        }
    }

    /// Adds what was spent at `at`, in whichever window that was.
    pub(super) fn book(&self, cost: Money, at: Timestamp) -> Charge {
        let window_start = Window::month(at, &self.zone).start;
        self.settle(window_start, Money::ZERO, cost);
        Charge { budget: self.id, window_start }
    }

    pub(super) fn status(&self, now: Timestamp) -> BudgetStatus {
        let state = self.lock(now);
        BudgetStatus {
            id: self.id,
            level: self.level,
            name: self.name.clone(),
            mode: self.mode,
            limit: self.limit,
            spent: state.spent,
            reserved: state.reserved,
            window_start: state.window.start,
            window_end: state.window.end,
            time_zone: self.zone_name.clone(),
        }
    }
}

impl State {
    pub(super) fn reserve(&mut self, needed: Money) {
        self.reserved += needed;
    }

    pub(super) fn charge(&self, budget: BudgetId) -> Charge {
        Charge { budget, window_start: self.window.start }
    }
}
