//! One budget: whom it binds, its limit, and its counters in the running window.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use shared::{
    Money, Timestamp,
    id::BudgetId,
    view::spend::{BudgetLevel, BudgetMode, BudgetPeriod, BudgetStatus},
};

use super::{
    share::{Elsewhere, Share},
    window::{Window, for_people},
};
use crate::{
    call::{BudgetRefusal, BudgetThreshold, Charge},
    kernel::config,
    storage::tables::budget_windows::WindowKey,
};

/// A budget with its counters.
pub(super) struct Counter {
    pub(super) id: BudgetId,
    pub(super) limit: Money,
    level: BudgetLevel,
    name: String,
    mode: BudgetMode,
    period: BudgetPeriod,
    thresholds_percent: Vec<u16>,
    zone: TimeZone,
    zone_name: String,
    /// Whether this node spends only what it has leased, because other nodes spend as well.
    is_leased: bool,
    state: Mutex<State>,
}

/// The running window, and those before it that calls under way are still charged to.
pub(super) struct State {
    pub(super) current: Share,
    pub(super) past: Vec<Share>,
}

impl Counter {
    pub(super) fn new(
        id: BudgetId,
        name: &str,
        rule: &config::Budget,
        is_shared: bool,
        now: Timestamp,
        settled: impl FnOnce(Timestamp) -> (Money, Elsewhere),
    ) -> Self {
        let zone = TimeZone::get(&rule.time_zone).unwrap_or(TimeZone::UTC);
        let window = Window::around(rule.period, now, &zone);
        let (spent, elsewhere) = settled(window.start);
        let mut thresholds_percent = rule.thresholds_percent.clone();
        thresholds_percent.sort_unstable();
        Self {
            id,
            level: rule.level,
            name: name.to_owned(),
            limit: rule.limit,
            mode: rule.mode,
            period: rule.period,
            thresholds_percent,
            zone,
            zone_name: rule.time_zone.clone(),
            is_leased: is_shared && rule.mode == BudgetMode::Hard,
            state: Mutex::new(State {
                current: Share::new(window, spent, elsewhere),
                past: Vec::new(),
            }),
        }
    }

    pub(super) fn is_hard(&self) -> bool {
        self.mode == BudgetMode::Hard
    }

    pub(super) fn is_leased(&self) -> bool {
        self.is_leased
    }

    pub(super) fn window_key(&self, window_start: Timestamp) -> WindowKey {
        WindowKey { budget_id: self.id.uuid(), start_at: window_start.micros() }
    }

    /// The state, in the window that holds `now`.
    pub(super) fn lock(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.current.window.end <= now {
            let window = Window::around(self.period, now, &self.zone);
            let share = Share::new(window, Money::ZERO, Elsewhere::default());
            let past = std::mem::replace(&mut state.current, share);
            if !past.is_at_rest() {
                state.past.push(past);
            }
        }
        state
    }

    /// The state as it is, for who knows the window.
    pub(super) fn lock_any(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be set aside now.
    pub(super) fn available(&self, share: &Share) -> Money {
        if self.is_leased {
            return share.free;
        }
        self.limit - share.spent_everywhere() - share.reserved_everywhere()
    }

    /// Whether `needed` would fit if every call under way cost nothing.
    pub(super) fn could_fit(&self, share: &Share, needed: Money) -> bool {
        share.spent_everywhere().saturating_add(needed) <= self.limit
    }

    pub(super) fn refusal(&self, share: &Share, needed: Money) -> BudgetRefusal {
        BudgetRefusal {
            level: self.level,
            name: self.name.clone(),
            period: self.period,
            limit: self.limit,
            spent: share.spent_everywhere(),
            reserved: share.reserved_everywhere(),
            needed,
            window_end: share.window.end,
            window_end_text: for_people(share.window.end, &self.zone, &self.zone_name),
        }
    }

    /// One line for the trail: `team Research: $1.20 of $200.00`.
    pub(super) fn line(&self, share: &Share) -> String {
        let whose = match self.level {
            BudgetLevel::Instance => "instance".to_owned(),
            level => format!("{} {}", level.as_str(), self.name),
        };
        let spent = share.spent_everywhere().short();
        format!("{whose}: {spent} of {} used", self.limit.short())
    }

    /// Gives back what was set aside and adds what was spent, in the window in which it was set
    /// aside. Gives the threshold that this has passed, if any.
    pub(super) fn settle(
        &self,
        window_start: Timestamp,
        reserved: Money,
        spent: Money,
    ) -> Option<BudgetThreshold> {
        let mut state = self.lock_any();
        let is_leased = self.is_leased;
        let share = state.share(window_start)?;
        share.settle(reserved, spent, is_leased);
        self.threshold_passed(share)
    }

    /// The largest threshold that was passed and not told before.
    pub(super) fn threshold_passed(&self, share: &mut Share) -> Option<BudgetThreshold> {
        let spent = share.spent_everywhere();
        let is_passed = |percent: u16| {
            i128::from(spent.nanos()) * 100 >= i128::from(self.limit.nanos()) * i128::from(percent)
        };
        let percent = self
            .thresholds_percent
            .iter()
            .copied()
            .filter(|percent| *percent > share.told_percent && is_passed(*percent))
            .max()?;
        share.told_percent = percent;
        Some(BudgetThreshold {
            budget: self.id,
            level: self.level,
            name: self.name.clone(),
            mode: self.mode,
            percent,
            limit: self.limit,
            spent,
            window_start: share.window.start,
            window_end: share.window.end,
        })
    }

    /// Adds what was spent at `at` without a reservation, in whichever window that was.
    pub(super) fn book(&self, cost: Money, at: Timestamp) -> Charge {
        let window_start = Window::around(self.period, at, &self.zone).start;
        if let Some(share) = self.lock_any().share(window_start) {
            share.spent += cost;
        }
        Charge { budget: self.id, window_start, is_leased: false }
    }

    pub(super) fn charge(&self, share: &Share) -> Charge {
        Charge { budget: self.id, window_start: share.window.start, is_leased: self.is_leased }
    }

    /// What is set aside for calls under way on this node, in whichever window.
    pub(super) fn reserved_here(&self) -> Money {
        let state = self.lock_any();
        let past: Money = state.past.iter().map(|share| share.reserved).sum();
        state.current.reserved + past
    }

    pub(super) fn status(&self, now: Timestamp) -> BudgetStatus {
        let share = &self.lock(now).current;
        BudgetStatus {
            id: self.id,
            level: self.level,
            name: self.name.clone(),
            mode: self.mode,
            period: self.period,
            limit: self.limit,
            spent: share.spent_everywhere(),
            reserved: share.reserved_everywhere(),
            window_start: share.window.start,
            window_end: share.window.end,
            time_zone: self.zone_name.clone(),
        }
    }
}

impl State {
    /// The share of the window that began then; none once it is at rest.
    pub(super) fn share(&mut self, window_start: Timestamp) -> Option<&mut Share> {
        if self.current.window.start == window_start {
            return Some(&mut self.current);
        }
        self.past.iter_mut().find(|share| share.window.start == window_start)
    }
}
