//! Is there money: hierarchical budgets, hard and soft; the only holder of counters.
//!
//! A call reserves the most that it can cost at the instance, the team, the user and the key at
//! once, before a provider is asked; what it really cost is settled at the end. A hard budget is
//! therefore never overspent, however many calls run at the same time, and on however many nodes:
//! nodes on one database spend what they have leased there (`lease`). What is settled lives in
//! the ledger and is read from there at start.

mod correction;
mod counter;
mod hold;
mod lease;
mod needs;
mod refresh;
mod reservation;
mod reserve;
mod share;
#[cfg(test)]
mod tests;
mod window;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use shared::{
    Id, Money, Timestamp,
    id::{BudgetId, NodeId},
    view::spend::{BudgetLevel, BudgetPeriod, BudgetStatus},
};
use tokio::sync::Notify;
use uuid::{Builder, Uuid};

pub use self::{
    correction::{Subjects, windows_of},
    reservation::Reservation,
    reserve::Funded,
};
use self::{
    counter::Counter,
    lease::{Leases, corrected, elsewhere},
    share::Elsewhere,
};
use crate::{
    call::{BudgetThreshold, Charge, Event, EventSender},
    identity::{Principal, Via},
    kernel::{Clock, config, digest::sha256},
    storage::{
        Database, StorageError,
        tables::budget_windows::{self, BudgetWindowRow},
    },
};

/// How far back windows are read at start: a month and a day, whatever the time zone.
const LONGEST_WINDOW_SECONDS: i64 = 32 * 24 * 3_600;
/// The name that binds every team or every user, each on its own.
const EACH: &str = "*";

/// The counters of each subject that has been looked for; none where no budget binds it.
type Counters = HashMap<(BudgetLevel, String), Vec<Arc<Counter>>>;

/// Whom the instance's budget binds, for people.
const EVERYONE: &str = "everyone";

/// All budgets.
pub struct Budgets {
    clock: Clock,
    rules: Vec<config::Budget>,
    counters: RwLock<Counters>,
    /// What the ledger had at start.
    settled: HashMap<(Uuid, i64), BudgetWindowRow>,
    database: Database,
    /// None where this node is the only one on its database.
    leases: Option<Arc<Leases>>,
    /// Whether the database has a part for each node.
    is_shared: bool,
    last_turn_at: Mutex<i64>,
    events: EventSender,
    /// Rung whenever something is given back or leased.
    room: Arc<Notify>,
    wait: Duration,
}

impl Budgets {
    /// Budgets of a configuration, with what the ledger has settled so far. Everything that this
    /// node has recorded must be in the ledger: what it had leased and not spent is given back.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer.
    pub async fn open(
        config: &config::Config,
        database: &Database,
        node: NodeId,
        clock: Clock,
        events: EventSender,
    ) -> Result<Self, StorageError> {
        if database.dialect().is_shared() {
            lease::release_all(database, node, clock.now()).await?;
        }
        let mut budgets = Self::read(config, database, node, clock, events).await?;
        if budgets.is_shared {
            let (clock, room) = (budgets.clock.clone(), Arc::clone(&budgets.room));
            budgets.leases = Some(Arc::new(Leases::new(database.clone(), node, clock, room)));
        }
        Ok(budgets)
    }

    /// Budgets for who only wants to look at them.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer.
    pub async fn for_viewing(
        config: &config::Config,
        database: &Database,
        clock: Clock,
    ) -> Result<Self, StorageError> {
        let nobody = Id::from_uuid(Uuid::nil());
        Self::read(config, database, nobody, clock, EventSender::channel().0).await
    }

    async fn read(
        config: &config::Config,
        database: &Database,
        node: NodeId,
        clock: Clock,
        events: EventSender,
    ) -> Result<Self, StorageError> {
        let from = clock.now().plus_seconds(-LONGEST_WINDOW_SECONDS).micros();
        let is_shared = database.dialect().is_shared();
        let part = if is_shared { node.uuid() } else { budget_windows::CORRECTIONS };
        let settled = budget_windows::list_since(database, part, from)
            .await?
            .into_iter()
            .map(|row| ((row.budget_id, row.window_start_at), row))
            .collect();
        Ok(Self {
            clock,
            rules: config.budgets.clone(),
            counters: RwLock::default(),
            settled,
            database: database.clone(),
            leases: None,
            is_shared,
            last_turn_at: Mutex::default(),
            events,
            room: Arc::new(Notify::new()),
            wait: Duration::from_millis(config.proxy.budget_wait_ms),
        })
    }

    /// Gives back everything that a node has leased that is gone.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn release_of(&self, node: NodeId) -> Result<(), StorageError> {
        lease::release_all(&self.database, node, self.clock.now()).await
    }

    /// Gives back everything that is leased, once every call has ended and is settled.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn release(&self) -> Result<(), StorageError> {
        match &self.leases {
            Some(leases) => {
                lease::release_all(&leases.database, leases.node, self.clock.now()).await
            }
            None => Ok(()),
        }
    }

    /// What is used of the budgets that bind this caller, the instance's first.
    #[must_use]
    pub fn statuses_of(&self, principal: &Principal) -> Vec<BudgetStatus> {
        let now = self.clock.now();
        self.counters_of(principal).iter().map(|counter| counter.status(now)).collect()
    }

    /// What is used of the budgets that bind one team, user or key.
    #[must_use]
    pub fn statuses_at(&self, level: BudgetLevel, key: &str, name: &str) -> Vec<BudgetStatus> {
        let now = self.clock.now();
        self.counters(level, key, name).iter().map(|counter| counter.status(now)).collect()
    }

    /// What is used of every budget that a name is configured for or that has been used since
    /// the start.
    #[must_use]
    pub fn statuses(&self) -> Vec<BudgetStatus> {
        for rule in &self.rules {
            let name = rule.name.as_deref().unwrap_or_default();
            let shown = if rule.level == BudgetLevel::Instance { EVERYONE } else { name };
            if name != EACH {
                self.counters(rule.level, &name.to_lowercase(), shown);
            }
        }
        let now = self.clock.now();
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        let mut statuses: Vec<_> =
            counters.values().flatten().map(|counter| counter.status(now)).collect();
        statuses.sort_by(|a, b| {
            let key = |status: &BudgetStatus| (status.level.as_str(), status.period);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        statuses
    }

    /// What is set aside for calls under way on this node, over all budgets and windows.
    #[must_use]
    pub fn reserved_here(&self) -> Money {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        counters.values().flatten().map(|counter| counter.reserved_here()).sum()
    }

    /// Settles what was spent outside the pipeline (sample data); gives the charges for its
    /// record.
    pub fn book(&self, principal: &Principal, cost: Money, at: Timestamp) -> Vec<Charge> {
        self.counters_of(principal).iter().map(|counter| counter.book(cost, at)).collect()
    }

    fn tell(&self, threshold: BudgetThreshold) {
        self.events.send(Event::BudgetThreshold(threshold));
    }

    /// The budgets that bind a caller: of the instance, the team, the user, the key; always in
    /// this order, and of one level the shortest period first.
    fn counters_of(&self, principal: &Principal) -> Vec<Arc<Counter>> {
        let mut bound = Vec::with_capacity(4);
        bound.extend(self.counters(BudgetLevel::Instance, "", EVERYONE));
        bound.extend(self.counters(BudgetLevel::Team, principal.team_key(), principal.team_name()));
        bound.extend(self.counters(BudgetLevel::User, principal.email_key(), principal.email()));
        if let Via::Key { id, last_four } = principal.via()
            && self.rules.iter().any(|rule| rule.level == BudgetLevel::Key)
        {
            let name = format!("…{last_four} of {}", principal.email());
            bound.extend(self.counters(BudgetLevel::Key, &id.to_string(), &name));
        }
        bound
    }

    fn counters(&self, level: BudgetLevel, key: &str, name: &str) -> Vec<Arc<Counter>> {
        let place = (level, key.to_owned());
        let known =
            self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        known.unwrap_or_else(|| {
            let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
            counters.entry(place).or_insert_with(|| self.make(level, key, name)).clone()
        })
    }

    fn make(&self, level: BudgetLevel, key: &str, name: &str) -> Vec<Arc<Counter>> {
        BudgetPeriod::ALL
            .into_iter()
            .filter_map(|period| {
                let rule = rule_of(&self.rules, level, period, key)?;
                let id = budget_id(level, period, key);
                let settled = |window_start: Timestamp| self.settled_in(id, window_start);
                let now = self.clock.now();
                Some(Arc::new(Counter::new(id, name, rule, self.is_shared, now, settled)))
            })
            .collect()
    }

    /// What the ledger had of a window at start: this node's part, and the others'.
    fn settled_in(&self, id: BudgetId, window_start: Timestamp) -> (Money, Elsewhere) {
        let row = self.settled.get(&(id.uuid(), window_start.micros()));
        match row {
            None => (Money::ZERO, Elsewhere::default()),
            Some(row) if !self.is_shared => {
                let corrected = corrected(row);
                (Money::from_nanos(row.spent_nanos) - corrected.spent, corrected)
            }
            Some(row) => (Money::from_nanos(row.own_spent_nanos), elsewhere(row)),
        }
    }
}

/// A budget of one's own comes before the one for each.
fn rule_of<'a>(
    rules: &'a [config::Budget],
    level: BudgetLevel,
    period: BudgetPeriod,
    key: &str,
) -> Option<&'a config::Budget> {
    let find = |wanted: &str| {
        rules.iter().find(|rule| {
            let name = rule.name.as_deref().unwrap_or_default();
            rule.level == level && rule.period == period && name.to_lowercase() == wanted
        })
    };
    find(key).or_else(|| find(EACH))
}

/// The id of the budget that binds this subject for this period: derived, so that every node and
/// every restart means the same budget without asking.
fn budget_id(level: BudgetLevel, period: BudgetPeriod, key: &str) -> BudgetId {
    let text = match period {
        BudgetPeriod::Month => format!("{}\n{key}", level.as_str()),
        _ => format!("{}\n{key}\n{}", level.as_str(), period.as_str()),
    };
    let digest = sha256(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Id::from_uuid(Builder::from_custom_bytes(bytes).into_uuid())
}
