//! Leases: what a node may spend of a hard budget that other nodes spend as well.
//!
//! A node takes a slice of a window out of the database, sets calls aside from it in memory, takes
//! the next before it runs out and gives back what it does not need. `spent + leased` never
//! exceeds the limit there, so that nodes together cannot either. Whatever may have gone wrong on
//! the way counts as leased until this node starts again: too little is spent then, never too much.

use std::sync::Arc;

use shared::{Money, Timestamp, id::NodeId};
use tokio::{
    runtime::Handle,
    sync::Notify,
    time::{Duration, Instant, timeout},
};

use super::{counter::Counter, share::Elsewhere};
use crate::{
    kernel::Clock,
    storage::{
        Database, StorageError,
        tables::{
            budget_leases,
            budget_windows::{self, BudgetWindowRow, WindowKey},
        },
    },
};

/// A slice is this part of the limit at most, so that a node that dies takes little with it.
const SLICES_PER_LIMIT: i64 = 64;
/// A slice is this part of what is left at most, so that the last dollars reach every node.
const SLICES_PER_REST: i64 = 8;
/// How long a refusal stands before the database is asked again.
const REFUSAL_STANDS: Duration = Duration::from_millis(50);
/// How long an answer of the database is waited for; then another connection is asked.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a lease is tried when others take it at the same moment.
const TRIES: usize = 4;

/// The way to the leases in the database.
pub(super) struct Leases {
    pub(super) database: Database,
    pub(super) node: NodeId,
    pub(super) clock: Clock,
    /// Questions are asked here, so that they are finished whoever waits for them.
    runtime: Handle,
    /// Rung whenever a question is answered.
    room: Arc<Notify>,
}

struct Answer {
    /// Zero where there was too little.
    amount: Money,
    elsewhere: Elsewhere,
}

impl Leases {
    pub(super) fn new(database: Database, node: NodeId, clock: Clock, room: Arc<Notify>) -> Self {
        Self { database, node, clock, runtime: Handle::current(), room }
    }

    /// Asks for a lease of at least `least` and, if there is that much, `wanted`, unless a question
    /// is under way or was refused a moment ago. `room` rings when it is answered.
    pub(super) fn ask(self: &Arc<Self>, counter: &Arc<Counter>, least: Money, wanted: Money) {
        let mut state = counter.lock(self.clock.now());
        let share = &mut state.current;
        let was_just_asked =
            share.refused_at.max(share.failed_at).is_some_and(|at| at.elapsed() < REFUSAL_STANDS);
        if share.is_asking || was_just_asked {
            return;
        }
        share.is_asking = true;
        let window_start = share.window.start;
        drop(state);
        let (leases, counter) = (Arc::clone(self), Arc::clone(counter));
        self.runtime.spawn(async move {
            let key = counter.window_key(window_start);
            // Given up, it may have been granted: that much counts as leased until the next start.
            let answer = timeout(PATIENCE, leases.lease(key, counter.limit, least, wanted)).await;
            let answer = answer.unwrap_or(Err(StorageError::Late(PATIENCE)));
            apply(&counter, window_start, answer);
            leases.room.notify_waiters();
        });
    }

    async fn lease(
        &self,
        window: WindowKey,
        limit: Money,
        least: Money,
        wanted: Money,
    ) -> Result<Answer, StorageError> {
        let mut tries = 1;
        loop {
            match self.try_lease(window, limit, least, wanted).await {
                Ok(Some(answer)) => return Ok(answer),
                // Another node has begun the window or taken the rest at the same moment.
                Ok(None) | Err(StorageError::Conflict(_)) if tries < TRIES => tries += 1,
                Ok(None) => return Err(StorageError::Contended),
                Err(error) => return Err(error),
            }
        }
    }

    async fn try_lease(
        &self,
        window: WindowKey,
        limit: Money,
        least: Money,
        wanted: Money,
    ) -> Result<Option<Answer>, StorageError> {
        let (node, now) = (self.node.uuid(), self.clock.now().micros());
        let mut tx = self.database.begin().await?;
        let Some(row) = budget_windows::find(&mut tx, node, window).await? else {
            budget_windows::begin(&mut tx, window).await?;
            tx.commit().await?;
            return Ok(None);
        };
        let elsewhere = elsewhere(&row);
        let left = limit - Money::from_nanos(row.spent_nanos) - Money::from_nanos(row.leased_nanos);
        if left < least {
            budget_windows::want(&mut tx, window, now).await?;
            tx.commit().await?;
            let elsewhere = Elsewhere { wanted_at: now, ..elsewhere };
            return Ok(Some(Answer { amount: Money::ZERO, elsewhere }));
        }
        let amount = wanted.max(slice(limit, left)).min(left).max(least);
        let is_leased =
            budget_windows::lease(&mut tx, node, window, amount.nanos(), limit.nanos(), now)
                .await?;
        if !is_leased {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(Answer { amount, elsewhere }))
    }

    /// Gives an amount back that was taken out of the memory of a share before.
    pub(super) async fn give_back(
        &self,
        window: WindowKey,
        amount: Money,
    ) -> Result<(), StorageError> {
        let (node, now) = (self.node.uuid(), self.clock.now().micros());
        let mut tx = self.database.begin().await?;
        budget_windows::give_back(&mut tx, node, window, amount.nanos(), now).await?;
        tx.commit().await
    }
}

fn apply(counter: &Counter, window_start: Timestamp, answer: Result<Answer, StorageError>) {
    let mut state = counter.lock_any();
    let Some(share) = state.share(window_start) else { return };
    share.is_asking = false;
    match answer {
        Ok(answer) => {
            share.free += answer.amount;
            share.elsewhere = answer.elsewhere;
            share.refused_at = answer.amount.is_zero().then(Instant::now);
            share.failed_at = None;
        }
        Err(error) => {
            share.failed_at = Some(Instant::now());
            drop(state);
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "budgets cannot be leased: the database does not answer"
            );
        }
    }
}

/// Gives back everything that a node has leased and not settled: when it starts, because then all
/// of its calls have ended and are settled, and when it stops.
pub(super) async fn release_all(
    database: &Database,
    node: NodeId,
    now: Timestamp,
) -> Result<(), StorageError> {
    for lease in budget_leases::list_open(database).await? {
        if lease.node_id != node.uuid() {
            continue;
        }
        let window = WindowKey { budget_id: lease.budget_id, start_at: lease.window_start_at };
        let mut tx = database.begin().await?;
        budget_windows::give_back(&mut tx, node.uuid(), window, lease.leased_nanos, now.micros())
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// How much a node takes at once where it has no need of more.
pub(super) fn slice(limit: Money, left: Money) -> Money {
    let nanos = (limit.nanos() / SLICES_PER_LIMIT).min(left.nanos() / SLICES_PER_REST);
    Money::from_nanos(nanos.max(0))
}

/// What other nodes have of a window.
pub(super) fn elsewhere(row: &BudgetWindowRow) -> Elsewhere {
    Elsewhere {
        spent: Money::from_nanos(row.spent_nanos - row.own_spent_nanos),
        leased: Money::from_nanos(row.leased_nanos - row.own_leased_nanos),
        wanted_at: row.wanted_at,
    }
}

/// What was corrected of a window, where there is no other node; the row is the corrections' part.
pub(super) fn corrected(row: &BudgetWindowRow) -> Elsewhere {
    Elsewhere { spent: Money::from_nanos(row.own_spent_nanos), ..Elsewhere::default() }
}
