//! Writes changes, each in the transaction of the change.

use serde_json::Value;
use shared::id::{AuditEntry, NodeId};

use super::{
    chain::{Chain, Place},
    change::{Action, Actor, Change},
    form::Form,
    link::change_form,
    verify::Unplaced,
};
use crate::{
    kernel::{Clock, Ids},
    storage::{
        Database, StorageError, Tx,
        tables::{
            audit_entries::{self, AuditRow},
            audit_heads, calls,
        },
    },
};

/// The longest program name that is kept, in characters.
const USER_AGENT_LIMIT: usize = 500;

/// Writes the changes of one node.
#[derive(Debug, Clone)]
pub struct Audit {
    node: NodeId,
    clock: Clock,
    ids: Ids,
}

impl Audit {
    /// The trail of a node; its chains begin here where they have not yet.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn open(
        database: &Database,
        node: NodeId,
        clock: Clock,
        ids: Ids,
    ) -> Result<Self, StorageError> {
        let audit = Self { node, clock, ids };
        let heads = audit_heads::list(database).await?;
        for chain in Chain::ALL {
            let is_there = |head: &audit_heads::AuditHeadRow| {
                head.node_id == node.uuid() && head.chain == chain.as_str()
            };
            if heads.iter().any(is_there) {
                continue;
            }
            match audit.begin(database, chain).await {
                // In a conflict another process of this node has begun it.
                Ok(()) | Err(StorageError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(audit)
    }

    /// Begins a chain; the first change tells how many rows are in none.
    async fn begin(&self, database: &Database, chain: Chain) -> Result<(), StorageError> {
        let unplaced = Unplaced {
            changes: audit_entries::count_unchained(database).await?,
            calls: calls::count_unchained(database).await?,
        };
        let mut tx = database.begin().await?;
        audit_heads::begin(&mut tx, Place::START.row(self.node.uuid(), chain)).await?;
        if chain == Chain::Changes {
            let change = Change {
                actor: &Actor::system(),
                action: Action::AuditBegin,
                resource: self.node.to_string(),
                before: None,
                after: Some(unplaced.after()),
            };
            self.record(&mut tx, change).await?;
        }
        tx.commit().await
    }

    /// Whose chains these are.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Adds a change to the chain. Changes of one node follow each other from here to the end of
    /// their transactions.
    ///
    /// # Errors
    /// [`StorageError`] where it cannot be stored; then the change must not happen either.
    pub async fn record(&self, tx: &mut Tx, change: Change<'_>) -> Result<(), StorageError> {
        let now = self.clock.now();
        let node = self.node.uuid();
        let head = audit_heads::lock(tx, node, Chain::Changes.as_str()).await?;
        let place = Place::of_row(head.as_ref());
        let mut entry = AuditRow {
            id: self.ids.next::<AuditEntry>(now).uuid(),
            at: now.micros(),
            actor: change.actor.who.clone(),
            subject: change.actor.subject.clone(),
            action: change.action.as_str().to_owned(),
            resource: change.resource,
            before_change: change.before.map(|before| before.to_string()),
            after_change: change.after.unwrap_or(Value::Null).to_string(),
            ip: change.actor.ip.clone(),
            user_agent: change
                .actor
                .user_agent
                .as_ref()
                .map(|agent| agent.chars().take(USER_AGENT_LIMIT).collect()),
            request_id: change.actor.request_id.clone(),
            node_id: Some(node),
            audit_sequence: None,
            audit_hash: None,
        };
        let sequence = place.sequence.saturating_add(1);
        let next = place.next(change_form(&mut Form::default(), &entry, node, sequence));
        entry.audit_sequence = Some(next.sequence);
        entry.audit_hash = Some(next.hash.to_vec());
        audit_entries::add(tx, entry).await?;
        audit_heads::set(tx, next.row(node, Chain::Changes)).await
    }
}
