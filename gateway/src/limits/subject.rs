//! One whom limits bind: what it has used of each, and how many of its calls are under way.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    rules::{Figures, period_of},
    window::Window,
};
use crate::{call::LimitMeasure, kernel::config::LimitLevel};

/// Two measures in three spans.
pub(super) const MOST_WINDOWS: usize = 6;

/// One whom limits bind.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) level: LimitLevel,
    /// For people.
    pub(super) name: String,
    /// What it is known by on every node: the level and a key.
    pub(super) key: String,
    pub(super) figures: Figures,
    state: Mutex<State>,
}

/// What this node has counted of one subject.
#[derive(Debug)]
pub(super) struct State {
    /// In the order of the figures.
    pub(super) windows: Vec<Window>,
    pub(super) under_way: i64,
}

impl Subject {
    pub(super) fn new(level: LimitLevel, key: &str, name: &str, figures: Figures) -> Self {
        let periods = figures.windows.iter().filter_map(|(measure, _)| period_of(*measure));
        let state = State { windows: periods.map(Window::new).collect(), under_way: 0 };
        Self {
            level,
            name: name.to_owned(),
            key: format!("{}:{key}", level.as_str()),
            figures,
            state: Mutex::new(state),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing of it has to be remembered at `now`.
    pub(super) fn is_idle(&self, now: i64) -> bool {
        let mut state = self.lock();
        state.under_way == 0 && state.windows.iter_mut().all(|window| window.is_idle(now))
    }

    /// Its windows with their places.
    pub(super) fn windows(&self) -> impl Iterator<Item = (usize, LimitMeasure, i64)> {
        let windows = self.figures.windows.iter().take(MOST_WINDOWS).enumerate();
        windows.map(|(place, (measure, limit))| (place, *measure, *limit))
    }
}
