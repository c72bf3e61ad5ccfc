//! How many nodes there are, so that each knows its part of every limit.
//!
//! Every node says in the database, which they share, that it is there. Clocks of machines differ,
//! so one is silent when it has said nothing new for a while by our own clock. A node that comes
//! makes the parts of the others smaller within some seconds, and one that goes makes them larger a
//! little later.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use shared::{Timestamp, id::NodeId};
use uuid::Uuid;

use super::share::Share;
use crate::{
    kernel::Clock,
    storage::{Database, StorageError, tables::nodes},
};

/// How often a node says that it is there, and looks who else is.
const TURN_MICROS: i64 = 2 * 1_000_000;
/// After how long without a word a node counts as gone.
const SILENT_MICROS: i64 = 10 * 1_000_000;
/// Who was not heard of for so long is not even looked at, whatever the clocks say.
const FORGOTTEN_MICROS: i64 = 3_600 * 1_000_000;

/// The nodes of one database.
pub(super) struct Nodes {
    database: Database,
    node: NodeId,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    share: Share,
    looked_at: Option<Timestamp>,
    /// What each node said last, and when we saw that first.
    heard: HashMap<Uuid, (i64, Timestamp)>,
}

impl Nodes {
    pub(super) fn new(database: Database, node: NodeId, clock: Clock) -> Self {
        let state = State { share: Share::WHOLE, looked_at: None, heard: HashMap::new() };
        Self { database, node, clock, state: Mutex::new(state) }
    }

    /// This node's part.
    pub(super) fn share(&self) -> Share {
        self.lock().share
    }

    /// Says that this node is there and looks who else is, if it is time again.
    pub(super) async fn turn(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        {
            let mut state = self.lock();
            let is_soon = |at: Timestamp| now.micros_since(at).abs() < TURN_MICROS;
            if state.looked_at.is_some_and(is_soon) {
                return Ok(());
            }
            state.looked_at = Some(now);
        }
        let mut tx = self.database.begin().await?;
        nodes::heard(&mut tx, self.node.uuid(), now.micros()).await?;
        tx.commit().await?;
        let since = now.micros().saturating_sub(FORGOTTEN_MICROS);
        let heard = nodes::heard_since(&self.database, since).await?;
        self.take(heard.into_iter().map(|node| (node.node_id, node.heard_at)), now);
        Ok(())
    }

    fn take(&self, heard: impl Iterator<Item = (Uuid, i64)>, now: Timestamp) {
        let mut state = self.lock();
        let before = &state.heard;
        let seen = |(node, heard_at): (Uuid, i64)| {
            let same = before.get(&node).filter(|(before, _)| *before == heard_at);
            (node, (heard_at, same.map_or(now, |(_, since)| *since)))
        };
        let heard: HashMap<_, _> = heard.map(seen).collect();
        let own = self.node.uuid();
        let is_there = |(node, (_, since)): &(&Uuid, &(i64, Timestamp))| {
            **node == own || now.micros_since(*since) < SILENT_MICROS
        };
        let there: Vec<Uuid> = heard.iter().filter(is_there).map(|(node, _)| *node).collect();
        let place = there.iter().filter(|node| **node < own).count();
        let share = Share::new(place, there.len());
        if share != state.share {
            tracing::info!(nodes = share.nodes(), "nodes divide the rate limits");
        }
        state.share = share;
        state.heard = heard;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::Id;
    use tempfile::TempDir;

    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    async fn database() -> (TempDir, Database) {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("nodes.db").display());
        let database = Database::open(&url).await.unwrap();
        (directory, database)
    }

    #[tokio::test]
    async fn nodes_that_say_that_they_are_there_divide_a_limit_and_silent_ones_do_not() {
        let (_directory, database) = database().await;
        let clocks: Vec<_> = (0..3).map(|_| Clock::manual(START)).collect();
        let nodes: Vec<_> = (0..3)
            .map(|at| {
                let node = Id::from_uuid(Uuid::from_u128(10 + at as u128));
                Nodes::new(database.clone(), node, clocks[at].clone())
            })
            .collect();
        let parts = || nodes.iter().map(|node| node.share().of(10)).collect::<Vec<_>>();
        assert_eq!(parts(), [10, 10, 10], "nobody has looked yet");
        let mut now = START;
        let pass = |seconds: i64, now: &mut Timestamp| {
            *now = now.plus_seconds(seconds);
            // The clock of the second machine is wrong.
            for (at, clock) in clocks.iter().enumerate() {
                clock.set(now.plus_seconds(if at == 1 { -120 } else { 0 }));
            }
        };
        for _ in 0..2 {
            pass(2, &mut now);
            for node in &nodes {
                node.turn().await.unwrap();
            }
        }
        assert_eq!(parts(), [4, 3, 3]);
        for _ in 0..6 {
            pass(2, &mut now);
            for node in &nodes[..2] {
                node.turn().await.unwrap();
            }
        }
        assert_eq!(parts()[..2], [5, 5], "the third has said nothing for ten seconds");
        pass(2, &mut now);
        for node in nodes.iter().rev() {
            node.turn().await.unwrap();
        }
        assert_eq!(parts(), [4, 3, 3], "and now it has");
    }
}
