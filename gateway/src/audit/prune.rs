//! Deletes calls that are older than their retention, so that the chain still says what it was.
//!
//! Only the beginning of a chain can go. A tombstone keeps the hash of the last link that was
//! deleted, from which the next one goes on, and a change tells of the deletion. Roll-ups stay.

use shared::Timestamp;

use super::{
    Audit,
    chain::Chain,
    change::{Action, Actor, Change},
    verify::deletion,
};
use crate::storage::{
    Database, StorageError,
    tables::{
        audit_heads::{self, AuditHeadRow},
        audit_tombstones::{self, TombstoneRow},
        calls,
    },
};

/// How many calls one transaction deletes.
const STEP: u64 = 1_000;

/// What was deleted, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Calls.
    pub calls: i64,
    /// Nodes whose chains they were in.
    pub nodes: usize,
}

/// Deletes the calls of every node that arrived before `before`, as far as no later one stands
/// between them in the chain. Without `is_real` nothing is deleted.
///
/// # Errors
/// What the database reports; what was deleted until then is told of.
pub async fn prune(
    database: &Database,
    audit: &Audit,
    actor: &Actor,
    before: Timestamp,
    is_real: bool,
    tell: &mut (dyn FnMut(i64) + Send),
) -> Result<Pruned, StorageError> {
    let mut pruned = Pruned::default();
    for head in audit_heads::list(database).await? {
        if head.chain != Chain::Calls.as_str() {
            continue;
        }
        let node = head.node_id;
        let kept = calls::first_link_since(database, node, before.micros()).await?;
        let until = kept.map_or(head.audit_sequence, |first| first - 1);
        let in_reach = calls::count_links(database, node, until).await?;
        if in_reach == 0 {
            continue;
        }
        pruned.nodes += 1;
        pruned.calls += in_reach;
        if is_real {
            delete(database, audit, actor, &head, until, before, tell).await?;
        }
    }
    Ok(pruned)
}

/// Deletes the links of a chain up to `until`, step by step.
async fn delete(
    database: &Database,
    audit: &Audit,
    actor: &Actor,
    head: &AuditHeadRow,
    until: i64,
    before: Timestamp,
    tell: &mut (dyn FnMut(i64) + Send),
) -> Result<(), StorageError> {
    let node = head.node_id;
    loop {
        let mut page = calls::links(database, node, 0, STEP).await?;
        page.retain(|row| row.audit_sequence.is_some_and(|sequence| sequence <= until));
        let Some(last) = page.last() else { return Ok(()) };
        let entries = i64::try_from(page.len()).unwrap_or(i64::MAX);
        let tombstone = TombstoneRow {
            node_id: node,
            chain: head.chain.clone(),
            last_sequence: last.audit_sequence.unwrap_or_default(),
            last_hash: last.audit_hash.clone().unwrap_or_default(),
            entries,
            reason: "retention".to_owned(),
            at: before.micros(),
        };
        let ids: Vec<_> = page.iter().map(|row| row.id).collect();
        let told = deletion(&tombstone);
        let change = Change {
            actor,
            action: Action::AuditPrune,
            resource: told.resource(),
            before: Some(told.before()),
            after: Some(told.after()),
        };
        let mut tx = database.begin().await?;
        calls::delete(&mut tx, &ids).await?;
        audit_tombstones::add(&mut tx, tombstone).await?;
        audit.record(&mut tx, change).await?;
        tx.commit().await?;
        tell(entries);
    }
}
