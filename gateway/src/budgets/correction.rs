//! Which windows a correction of an earlier call moves.

use jiff::tz::TimeZone;
use shared::{
    Timestamp,
    view::spend::{BudgetLevel, BudgetPeriod},
};

use super::{budget_id, rule_of, window::Window};
use crate::{kernel::config, storage::tables::budget_windows::WindowKey};

/// Whose a call was, in the terms in which budgets name them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subjects<'a> {
    /// The team's name, in lower case.
    pub team: Option<&'a str>,
    /// The user's e-mail address, in lower case.
    pub user: Option<&'a str>,
    /// The key's id.
    pub key: Option<&'a str>,
}

/// The windows in which a call counts that arrived at `at`, by the budgets as they are now.
#[must_use]
pub fn windows_of(rules: &[config::Budget], whose: Subjects<'_>, at: Timestamp) -> Vec<WindowKey> {
    let levels = [
        (BudgetLevel::Instance, Some("")),
        (BudgetLevel::Team, whose.team),
        (BudgetLevel::User, whose.user),
        (BudgetLevel::Key, whose.key),
    ];
    let mut windows = Vec::new();
    for (level, subject) in levels {
        let Some(subject) = subject else { continue };
        for period in BudgetPeriod::ALL {
            if let Some(rule) = rule_of(rules, level, period, subject) {
                let zone = TimeZone::get(&rule.time_zone).unwrap_or(TimeZone::UTC);
                let start_at = Window::around(period, at, &zone).start.micros();
                let budget_id = budget_id(level, period, subject).uuid();
                windows.push(WindowKey { budget_id, start_at });
            }
        }
    }
    windows
}
