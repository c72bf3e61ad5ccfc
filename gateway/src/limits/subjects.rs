//! Those whom limits bind, found without an allocation, and forgotten when they are idle.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use uuid::fmt::Simple;

use super::{rules::Rules, subject::Subject};
use crate::{
    catalog::Model,
    identity::{Principal, Via},
    kernel::config::LimitLevel,
};

/// Everyone, for people.
const EVERYONE: &str = "everyone";
/// How many are forgotten while calls of others wait.
const FORGOTTEN_AT_ONCE: usize = 256;

/// Those of each level, by key.
type Level = RwLock<HashMap<Box<str>, Arc<Subject>>>;

/// Those whom limits bind, and who have called lately.
#[derive(Default)]
pub(super) struct Subjects {
    /// In the order of the levels.
    levels: [Level; 6],
}

impl Subjects {
    /// Those to whom the limits of a call are bound, always in the same order, so that two calls
    /// that lock them cannot block each other.
    pub(super) fn of_call(
        &self,
        rules: &Rules,
        principal: &Principal,
        model: &Model,
    ) -> Vec<Arc<Subject>> {
        let mut bound = Vec::with_capacity(4);
        bound.extend(self.of(rules, LimitLevel::Instance, "", || EVERYONE.to_owned()));
        let team = principal.team_key();
        bound.extend(self.of(rules, LimitLevel::Team, team, || principal.team_name().to_owned()));
        let user = principal.email_key();
        bound.extend(self.of(rules, LimitLevel::User, user, || principal.email().to_owned()));
        if let Via::Key { id, last_four } = principal.via() {
            let mut buffer = [0; Simple::LENGTH];
            let key = id.uuid().simple().encode_lower(&mut buffer);
            let name = || format!("…{last_four} of {}", principal.email());
            bound.extend(self.of(rules, LimitLevel::Key, key, name));
        }
        bound.extend(self.of(rules, LimitLevel::Model, &model.name, || model.name.clone()));
        bound
    }

    /// One of a level; none where no limit binds it.
    pub(super) fn of(
        &self,
        rules: &Rules,
        level: LimitLevel,
        key: &str,
        name: impl FnOnce() -> String,
    ) -> Option<Arc<Subject>> {
        let figures = rules.of(level, key)?;
        let all = self.level(level);
        let known = all.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        Some(known.unwrap_or_else(|| {
            let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Subject::new(level, key, &name(), figures.clone()));
            all.entry(key.into()).or_insert_with(new).clone()
        }))
    }

    /// Forgets those of whom nothing has to be remembered. Calls wait for it no longer than it takes
    /// to forget a few of them.
    pub(super) fn forget_idle(&self, now: i64) {
        for level in &self.levels {
            let idle: Vec<Box<str>> = {
                let all = level.read().unwrap_or_else(PoisonError::into_inner);
                let idle = all.iter().filter(|(_, subject)| subject.is_idle(now));
                idle.map(|(key, _)| key.clone()).collect()
            };
            for some in idle.chunks(FORGOTTEN_AT_ONCE) {
                let mut all = level.write().unwrap_or_else(PoisonError::into_inner);
                for key in some {
                    // Whoever else holds one is about to count with it, or will put it right later.
                    let is_idle = |subject: &Arc<Subject>| {
                        Arc::strong_count(subject) == 1 && subject.is_idle(now)
                    };
                    if all.get(key).is_some_and(is_idle) {
                        all.remove(key);
                    }
                }
            }
        }
    }

    /// How many are remembered.
    pub(super) fn count(&self) -> usize {
        let count = |level: &Level| level.read().unwrap_or_else(PoisonError::into_inner).len();
        self.levels.iter().map(count).sum()
    }

    fn level(&self, level: LimitLevel) -> &Level {
        &self.levels[match level {
            LimitLevel::Instance => 0,
            LimitLevel::Team => 1,
            LimitLevel::User => 2,
            LimitLevel::Key => 3,
            LimitLevel::Model => 4,
            LimitLevel::Provider => 5,
        }]
    }
}
