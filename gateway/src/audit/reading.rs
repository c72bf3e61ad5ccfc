//! Reads chains from the database in pages, in flat memory, while they are in use.
//!
//! Retention may delete what is about to be read. Its tombstone is there as soon as the links are
//! gone, so a page counts only if no tombstone has come since.

use std::collections::{BTreeSet, HashMap};

use shared::{
    Id,
    id::{AuditEntry, Request},
};
use uuid::Uuid;

use super::{
    chain::{Chain, Place},
    form::Members,
    link::{put_call, put_change},
};
use crate::storage::{
    Database, StorageError,
    tables::{
        audit_entries::{self, AuditRow},
        audit_heads,
        audit_tombstones::{self, TombstoneRow},
        calls::{self, CallRow, CostLineRow},
    },
};

/// How many links are read at once.
const PAGE: u64 = 500;

/// A chain, and how far it is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChainToRead {
    pub(super) node: Uuid,
    pub(super) chain: Chain,
    /// The head as it was before the first link is read; none where it is not there.
    pub(super) head: Option<Place>,
}

/// The chains of one kind that have a head or a link.
pub(super) async fn chains(
    database: &Database,
    chain: Chain,
) -> Result<Vec<ChainToRead>, StorageError> {
    // In this order a chain that begins at this moment has a head here if it has a link.
    let mut nodes: BTreeSet<Uuid> = match chain {
        Chain::Changes => audit_entries::nodes(database).await?,
        Chain::Calls => calls::nodes(database).await?,
    };
    let mut heads = HashMap::new();
    for head in audit_heads::list(database).await? {
        if head.chain == chain.as_str() {
            nodes.insert(head.node_id);
            heads.insert(head.node_id, Place::of_row(Some(&head)));
        }
    }
    let chain_of = |node| ChainToRead { node, chain, head: heads.get(&node).copied() };
    Ok(nodes.into_iter().map(chain_of).collect())
}

/// What comes next in a chain.
pub(super) enum Step {
    /// The links up to here are deleted.
    Tombstone(TombstoneRow),
    /// The next link that is there.
    Link(StoredLink),
}

/// A link as it is in the database.
pub(super) struct StoredLink {
    pub(super) node: Uuid,
    pub(super) sequence: i64,
    pub(super) row: StoredRow,
}

/// What it tells of.
pub(super) enum StoredRow {
    Change(Box<AuditRow>),
    Call(Box<CallRow>, Vec<CostLineRow>),
}

impl StoredLink {
    pub(super) fn id(&self) -> String {
        match &self.row {
            StoredRow::Change(row) => Id::<AuditEntry>::from_uuid(row.id).to_string(),
            StoredRow::Call(row, _) => Id::<Request>::from_uuid(row.id).to_string(),
        }
    }

    /// The hash that is kept with it; empty where none is.
    pub(super) fn hash(&self) -> &[u8] {
        let hash = match &self.row {
            StoredRow::Change(row) => &row.audit_hash,
            StoredRow::Call(row, _) => &row.audit_hash,
        };
        hash.as_deref().unwrap_or_default()
    }

    /// Puts what the hash must cover.
    pub(super) fn put(&self, to: &mut impl Members) {
        match &self.row {
            StoredRow::Change(row) => put_change(to, row, self.node, self.sequence),
            StoredRow::Call(row, lines) => put_call(to, row, lines, self.sequence),
        }
    }
}

/// Reads one chain from its beginning to its head.
pub(super) struct ChainReader<'a> {
    database: &'a Database,
    chain: ChainToRead,
    /// The last link that was read.
    after: i64,
    /// The last link that a tombstone says is deleted.
    deleted_until: i64,
    is_at_end: bool,
}

impl<'a> ChainReader<'a> {
    pub(super) fn new(database: &'a Database, chain: ChainToRead) -> Self {
        Self { database, chain, after: i64::MIN, deleted_until: i64::MIN, is_at_end: false }
    }

    /// The next steps; none at the end.
    pub(super) async fn next_page(&mut self) -> Result<Vec<Step>, StorageError> {
        if self.is_at_end {
            return Ok(Vec::new());
        }
        let links = self.read_links().await?;
        let tombstones = self.read_tombstones().await?;
        if !tombstones.is_empty() {
            return Ok(tombstones.into_iter().map(Step::Tombstone).collect());
        }
        let found = links.len();
        let until = self.chain.head.map_or(i64::MAX, |head| head.sequence);
        let links: Vec<_> = links.into_iter().filter(|link| link.sequence <= until).collect();
        self.is_at_end = links.len() < found || found < usize::try_from(PAGE).unwrap_or(usize::MAX);
        self.after = links.last().map_or(self.after, |link| link.sequence);
        Ok(links.into_iter().map(Step::Link).collect())
    }

    /// The tombstones that were not there before, of links that were not read yet.
    async fn read_tombstones(&mut self) -> Result<Vec<TombstoneRow>, StorageError> {
        let (node, chain) = (self.chain.node, self.chain.chain.as_str());
        let known = self.deleted_until;
        let mut new = audit_tombstones::list_of(self.database, node, chain, known).await?;
        self.deleted_until = new.last().map_or(known, |tombstone| tombstone.last_sequence);
        new.retain(|tombstone| tombstone.last_sequence > self.after);
        Ok(new)
    }

    async fn read_links(&self) -> Result<Vec<StoredLink>, StorageError> {
        let (database, node, after) = (self.database, self.chain.node, self.after);
        Ok(match self.chain.chain {
            Chain::Changes => {
                let page = audit_entries::links(database, node, after, PAGE).await?;
                page.into_iter().map(|row| stored_change(node, row)).collect()
            }
            Chain::Calls => {
                let page = calls::links(database, node, after, PAGE).await?;
                let mut lines = lines_of(database, &page).await?;
                page.into_iter().map(|row| stored_call(row, &mut lines)).collect()
            }
        })
    }

    /// A link behind the head that the chain has by now.
    pub(super) async fn beyond_head(&self) -> Result<Option<(i64, String, i64)>, StorageError> {
        let Some(head) = self.chain.head else { return Ok(None) };
        let (database, node) = (self.database, self.chain.node);
        let newest = match self.chain.chain {
            Chain::Changes => audit_entries::newest_link(database, node, head.sequence)
                .await?
                .map(|(sequence, id)| (sequence, Id::<AuditEntry>::from_uuid(id).to_string())),
            Chain::Calls => calls::newest_link(database, node, head.sequence)
                .await?
                .map(|(sequence, id)| (sequence, Id::<Request>::from_uuid(id).to_string())),
        };
        let Some((sequence, id)) = newest else { return Ok(None) };
        // Whatever was written as it should be has moved the head in the same transaction.
        let heads = audit_heads::list(database).await?;
        let now = heads
            .iter()
            .find(|row| row.node_id == node && row.chain == self.chain.chain.as_str())
            .map_or(0, |row| row.audit_sequence);
        Ok((sequence > now).then_some((sequence, id, now)))
    }
}

fn stored_change(node: Uuid, row: AuditRow) -> StoredLink {
    let sequence = row.audit_sequence.unwrap_or_default();
    StoredLink { node, sequence, row: StoredRow::Change(Box::new(row)) }
}

fn stored_call(row: CallRow, lines: &mut HashMap<Uuid, Vec<CostLineRow>>) -> StoredLink {
    let sequence = row.audit_sequence.unwrap_or_default();
    let lines = lines.remove(&row.id).unwrap_or_default();
    StoredLink { node: row.node_id, sequence, row: StoredRow::Call(Box::new(row), lines) }
}

/// The cost lines of a page of calls.
async fn lines_of(
    database: &Database,
    page: &[CallRow],
) -> Result<HashMap<Uuid, Vec<CostLineRow>>, StorageError> {
    let ids: Vec<_> = page.iter().map(|row| row.id).collect();
    let mut lines: HashMap<Uuid, Vec<CostLineRow>> = HashMap::new();
    for line in calls::cost_lines_of(database, &ids).await? {
        lines.entry(line.call_id).or_default().push(line);
    }
    Ok(lines)
}
