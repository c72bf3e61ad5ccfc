//! Is there money: hierarchical monthly budgets, hard and soft; the only holder of counters.
//!
//! A call reserves the most that it can cost at the instance, the team and the user at once,
//! before a provider is asked; what it really cost is settled at the end. A hard budget is
//! therefore never overspent, however many calls run at the same time. Counters live in memory;
//! what is settled lives in the ledger and is read from there at start.

mod counter;
mod reserve;
mod window;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use shared::{
    Id, Money, Timestamp,
    id::BudgetId,
    view::spend::{BudgetLevel, BudgetMode, BudgetStatus},
};
use tokio::sync::Notify;
use uuid::Builder;

use self::counter::Counter;
pub use self::reserve::{Funded, Reservation};
use crate::{
    call::Charge,
    identity::Principal,
    kernel::{Clock, config, digest::sha256},
    storage::{Database, StorageError, tables::budget_windows},
};

/// How far back windows are read at start: a month and a day, whatever the time zone.
const LONGEST_WINDOW_SECONDS: i64 = 32 * 24 * 3_600;
/// The name that binds every team or every user, each on its own.
const EACH: &str = "*";

/// The counter of each subject that has been looked for; none where no budget binds it.
type Counters = HashMap<(BudgetLevel, String), Option<Arc<Counter>>>;

/// Whom the instance's budget binds, for people.
const EVERYONE: &str = "everyone";

/// All budgets.
pub struct Budgets {
    clock: Clock,
    rules: Vec<config::Budget>,
    counters: RwLock<Counters>,
    settled: HashMap<(BudgetId, Timestamp), Money>,
    /// Rung whenever something is given back.
    room: Arc<Notify>,
    wait: Duration,
}

impl Budgets {
    /// Budgets of a configuration, with what the ledger has settled so far.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer.
    pub async fn open(
        config: &config::Config,
        database: &Database,
        clock: Clock,
    ) -> Result<Self, StorageError> {
        let from = clock.now().plus_seconds(-LONGEST_WINDOW_SECONDS).micros();
        let settled = budget_windows::list_since(database, from)
            .await?
            .into_iter()
            .map(|row| {
                let window_start = Timestamp::from_micros(row.window_start_at);
                ((Id::from_uuid(row.budget_id), window_start), Money::from_nanos(row.spent_nanos))
            })
            .collect();
        Ok(Self {
            clock,
            rules: config.budgets.clone(),
            counters: RwLock::default(),
            settled,
            room: Arc::new(Notify::new()),
            wait: Duration::from_millis(config.proxy.budget_wait_ms),
        })
    }

    /// What is used of the budgets that bind this caller, the instance's first.
    #[must_use]
    pub fn statuses_of(&self, principal: &Principal) -> Vec<BudgetStatus> {
        let now = self.clock.now();
        self.counters_of(principal).iter().map(|counter| counter.status(now)).collect()
    }

    /// What is used of every budget that a name is configured for or that has been used since
    /// the start.
    #[must_use]
    pub fn statuses(&self) -> Vec<BudgetStatus> {
        for rule in &self.rules {
            let name = rule.name.as_deref().unwrap_or_default();
            let shown = if rule.level == BudgetLevel::Instance { EVERYONE } else { name };
            if name != EACH {
                self.counter(rule.level, &name.to_lowercase(), shown);
            }
        }
        let now = self.clock.now();
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        let mut statuses: Vec<_> =
            counters.values().flatten().map(|counter| counter.status(now)).collect();
        statuses.sort_by(|a, b| (a.level.as_str(), &a.name).cmp(&(b.level.as_str(), &b.name)));
        statuses
    }

    /// Settles what was spent outside the pipeline (sample data); gives the charges for its
    /// record.
    pub fn book(&self, principal: &Principal, cost: Money, at: Timestamp) -> Vec<Charge> {
        self.counters_of(principal).iter().map(|counter| counter.book(cost, at)).collect()
    }

    /// The budgets that bind a caller: instance, team, user.
    fn counters_of(&self, principal: &Principal) -> Vec<Arc<Counter>> {
        [
            (BudgetLevel::Instance, "", EVERYONE),
            (BudgetLevel::Team, principal.team_key(), principal.team_name()),
            (BudgetLevel::User, principal.email_key(), principal.email()),
        ]
        .into_iter()
        .filter_map(|(level, key, name)| self.counter(level, key, name))
        .collect()
    }

    fn counter(&self, level: BudgetLevel, key: &str, name: &str) -> Option<Arc<Counter>> {
        let place = (level, key.to_owned());
        let known =
            self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        known.unwrap_or_else(|| {
            let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
            counters.entry(place).or_insert_with(|| self.make(level, key, name)).clone()
        })
    }

    fn make(&self, level: BudgetLevel, key: &str, name: &str) -> Option<Arc<Counter>> {
        let binds = |rule: &&config::Budget, wanted: &str| {
            let rule_name = rule.name.as_deref().unwrap_or_default();
            rule.level == level && rule_name.to_lowercase() == wanted
        };
        // A budget of one's own comes before the one for each.
        let rule = self
            .rules
            .iter()
            .find(|rule| binds(rule, key))
            .or_else(|| self.rules.iter().find(|rule| binds(rule, EACH)))?;
        let id = budget_id(level, key);
        let counter = Counter::new(id, name, rule, self.clock.now(), |window_start| {
            self.settled.get(&(id, window_start)).copied().unwrap_or_default()
        });
        Some(Arc::new(counter))
    }
}

/// The id of the budget that binds this subject: derived, so that every node and every restart
/// means the same budget without asking.
fn budget_id(level: BudgetLevel, key: &str) -> BudgetId {
    let digest = sha256(format!("{}\n{key}", level.as_str()).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether calls are refused when the budget is used up.
fn is_hard(mode: BudgetMode) -> bool {
    mode == BudgetMode::Hard
}
