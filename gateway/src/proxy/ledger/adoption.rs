//! What becomes of the calls of a node that is gone with its disk.
//!
//! Nodes that keep their open calls in the database say there that they are alive. One that has not
//! done so for a while is taken over: another node writes the ends of its calls, charged with all
//! that was reserved, and gives back what it had leased of budgets. Should the silent node come back,
//! it is not its own any more: it serves nothing and writes nothing until it is started anew under
//! another id. So each call is in the ledger once, whoever wakes up when.

use std::{collections::HashMap, sync::Arc, time::Duration};

use shared::{
    Timestamp,
    id::{Id, NodeId},
};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::recover::interrupted;
use super::writer::{ApplyError, record};
use crate::{
    budgets::Budgets,
    call::{Finish, Recorded, Recorder, Verdicts},
    kernel::Clock,
    storage::{
        Database, StorageError,
        tables::{
            nodes::{self, BusyNode},
            open_calls::{self, OpenCallRow},
        },
    },
};

/// How often a node says that it is alive within the time after which it is taken over.
const SIGNS_OF_LIFE: u32 = 5;

/// Says that this node is alive, and takes over those that are not.
pub struct Adoption {
    database: Database,
    node: NodeId,
    recorder: Arc<Recorder>,
    budgets: Arc<Budgets>,
    clock: Clock,
    after: Duration,
    seen: Mutex<Seen>,
}

/// What other nodes last said of themselves, and when we saw it first. Clocks of machines differ, so
/// only our own says how long that is ago.
#[derive(Default)]
struct Seen {
    nodes: HashMap<Uuid, (i64, Timestamp)>,
    looked_at: Option<Timestamp>,
}

impl Adoption {
    /// Takes over nodes that were silent for that long.
    #[must_use]
    pub fn new(
        database: Database,
        node: NodeId,
        recorder: Arc<Recorder>,
        budgets: Arc<Budgets>,
        clock: Clock,
        after: Duration,
    ) -> Self {
        Self { database, node, recorder, budgets, clock, after, seen: Mutex::default() }
    }

    /// How long to wait between two turns.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.after / SIGNS_OF_LIFE
    }

    /// Says that this node is alive and takes over nodes that are not; gives how many calls these
    /// had under way.
    ///
    /// # Errors
    /// [`ApplyError::Adopted`] where this node is taken over itself; else what database or journal
    /// report.
    pub async fn turn(&self) -> Result<usize, ApplyError> {
        if !is_its_own(&self.database, self.node, &self.clock).await? {
            return Err(ApplyError::Adopted);
        }
        let mut calls = 0;
        for silent in self.silent().await? {
            calls += self.adopt(silent).await?;
        }
        Ok(calls)
    }

    /// Nodes that have calls under way and have said nothing for too long.
    async fn silent(&self) -> Result<Vec<BusyNode>, StorageError> {
        let busy = nodes::with_open_calls(&self.database).await?;
        let (now, mut seen) = (self.clock.now(), self.seen.lock().await);
        let patience = i64::try_from(self.after.as_micros()).unwrap_or(i64::MAX);
        let is_long_ago = |since: Timestamp| now.micros_since(since) >= patience;
        if seen.looked_at.is_some_and(is_long_ago) {
            // Whoever has slept knows nothing of what the others did meanwhile.
            seen.nodes.clear();
        }
        let others = busy.into_iter().filter(|busy| busy.node_id != self.node.uuid());
        let nodes = others.map(|BusyNode { node_id, heard_at }| {
            let before = seen.nodes.get(&node_id).filter(|before| before.0 == heard_at);
            (node_id, before.copied().unwrap_or((heard_at, now)))
        });
        *seen = Seen { nodes: nodes.collect(), looked_at: Some(now) };
        let silent = seen.nodes.iter().filter(|(_, (_, since))| is_long_ago(*since));
        Ok(silent.map(|(&node_id, &(heard_at, _))| BusyNode { node_id, heard_at }).collect())
    }

    async fn adopt(&self, silent: BusyNode) -> Result<usize, ApplyError> {
        let now = self.clock.now();
        let mut tx = self.database.begin().await?;
        if !nodes::adopt(&mut tx, silent, self.node.uuid(), now.micros()).await? {
            return Ok(0);
        }
        let calls = open_calls::of_node(&mut tx, silent.node_id).await?;
        open_calls::hand_over(&mut tx, silent.node_id, self.node.uuid()).await?;
        tx.commit().await?;
        let node: NodeId = Id::from_uuid(silent.node_id);
        tracing::warn!(%node, calls = calls.len(), "a silent node's calls are taken over");
        for call in &calls {
            match end_of(call) {
                Ok(Some(finish)) => self.recorder.finish(finish, true),
                Ok(None) => {}
                // It stays in the database, and the next start tries again.
                Err(error) => tracing::error!(%error, "a call's record cannot be read"),
            }
        }
        self.budgets.release_of(node).await?;
        Ok(calls.len())
    }
}

/// Says that a node is alive; gives whether nobody has taken it over.
///
/// # Errors
/// What the database reports.
pub async fn is_its_own(
    database: &Database,
    node: NodeId,
    clock: &Clock,
) -> Result<bool, StorageError> {
    let mut tx = database.begin().await?;
    let is_its_own = nodes::heard(&mut tx, node.uuid(), clock.now().micros()).await?;
    tx.commit().await?;
    Ok(is_its_own)
}

/// The end of a call of which only the intent is known. What its node had leased is given back as a
/// whole, so it is charged beside the lease.
pub(super) fn end_of(call: &OpenCallRow) -> Result<Option<Finish>, ApplyError> {
    Ok(match record::<Finish, Verdicts>(&call.record)? {
        Recorded::Intent { mut so_far, worst_case } => {
            for charge in &mut so_far.charges {
                charge.is_leased = false;
            }
            Some(interrupted(so_far, worst_case))
        }
        // Only intents are kept.
        Recorded::Finish(_) => None,
    })
}
