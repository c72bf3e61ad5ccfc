//! Verifies the chains in the database, while it is in use.

use std::collections::HashMap;

use shared::{
    Id,
    id::{AuditEntry, Request},
};
use uuid::Uuid;

use super::{
    super::{
        chain::{Chain, Place, node_text},
        change::Action,
        link::{call_link, change_link},
    },
    Broken, FoundLink, Report, VerifiedChain, Verifier,
};
use crate::storage::{
    Database, StorageError,
    tables::{
        audit_entries::{self, AuditFilter},
        audit_heads, audit_tombstones,
        calls::{self, CostLineRow},
    },
};

/// How many links are read at once.
const PAGE: u64 = 500;

/// Verifies every chain up to its head as it was at the beginning, and that each of the `expected`
/// hashes is that of a link; `tell` is called now and then
/// with how many links were read.
///
/// # Errors
/// What the database reports.
pub async fn verify_database(
    database: &Database,
    expected: &[[u8; 32]],
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Report, StorageError> {
    let mut verifier = Verifier::expecting(expected);
    let heads = audit_heads::list(database).await?;
    let deletions = told_deletions(database).await?;
    for tombstone in audit_tombstones::list(database).await? {
        let node = node_text(tombstone.node_id);
        let hash = tombstone.last_hash.as_slice().try_into().unwrap_or_default();
        let last = Place { sequence: tombstone.last_sequence, hash };
        verifier.tombstone(&node, &tombstone.chain, last, tombstone.entries);
        if !deletions.contains(&deletion(&node, &tombstone.chain, tombstone.last_sequence)) {
            let (chain, sequence) = (&tombstone.chain, tombstone.last_sequence);
            verifier.find(&node, chain, sequence, "", Broken::UntoldDeletion);
        }
    }
    let mut read = 0;
    for head in &heads {
        let node = node_text(head.node_id);
        verifier.head(&node, &head.chain, Place::of_row(Some(head)));
        let until = head.audit_sequence;
        read = match Chain::named(&head.chain) {
            Some(Chain::Changes) => {
                follow_changes(database, &mut verifier, head.node_id, until, read, tell).await?
            }
            Some(Chain::Calls) => {
                follow_calls(database, &mut verifier, head.node_id, until, read, tell).await?
            }
            None => read,
        };
    }
    let unchained =
        audit_entries::count_unchained(database).await? + calls::count_unchained(database).await?;
    Ok(verifier.finish(unchained))
}

/// Every chain and how far it goes, unverified.
///
/// # Errors
/// What the database reports.
pub async fn heads(database: &Database) -> Result<Vec<VerifiedChain>, StorageError> {
    let heads = audit_heads::list(database).await?;
    Ok(heads
        .into_iter()
        .map(|head| {
            let place = Place::of_row(Some(&head));
            VerifiedChain {
                node: node_text(head.node_id),
                chain: head.chain,
                links: 0,
                deleted: 0,
                sequence: place.sequence,
                hash: place.hash,
            }
        })
        .collect())
}

async fn follow_changes(
    database: &Database,
    verifier: &mut Verifier,
    node: Uuid,
    until: i64,
    mut read: u64,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, StorageError> {
    let mut after = 0;
    loop {
        let page = audit_entries::links(database, node, after, PAGE).await?;
        for row in &page {
            let sequence = row.audit_sequence.unwrap_or_default();
            if sequence > until {
                return Ok(read);
            }
            verifier.link(&FoundLink {
                node: &node_text(node),
                chain: Chain::Changes.as_str(),
                sequence,
                id: &Id::<AuditEntry>::from_uuid(row.id).to_string(),
                text: &change_link(row, node, sequence),
                hash: row.audit_hash.as_deref().unwrap_or_default(),
            });
            after = sequence;
            read += 1;
        }
        tell(read);
        if page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(read);
        }
    }
}

async fn follow_calls(
    database: &Database,
    verifier: &mut Verifier,
    node: Uuid,
    until: i64,
    mut read: u64,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, StorageError> {
    let mut after = 0;
    loop {
        let page = calls::links(database, node, after, PAGE).await?;
        let lines = lines_of(database, &page).await?;
        for row in &page {
            let sequence = row.audit_sequence.unwrap_or_default();
            if sequence > until {
                return Ok(read);
            }
            let lines = lines.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            verifier.link(&FoundLink {
                node: &node_text(node),
                chain: Chain::Calls.as_str(),
                sequence,
                id: &Id::<Request>::from_uuid(row.id).to_string(),
                text: &call_link(row, lines, sequence),
                hash: row.audit_hash.as_deref().unwrap_or_default(),
            });
            after = sequence;
            read += 1;
        }
        tell(read);
        if page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(read);
        }
    }
}

/// The cost lines of a page of calls.
pub(in super::super) async fn lines_of(
    database: &Database,
    page: &[calls::CallRow],
) -> Result<HashMap<Uuid, Vec<CostLineRow>>, StorageError> {
    let ids: Vec<_> = page.iter().map(|row| row.id).collect();
    let mut lines: HashMap<Uuid, Vec<CostLineRow>> = HashMap::new();
    for line in calls::cost_lines_of(database, &ids).await? {
        lines.entry(line.call_id).or_default().push(line);
    }
    Ok(lines)
}

/// The deletions that changes tell of.
async fn told_deletions(database: &Database) -> Result<Vec<String>, StorageError> {
    let mut filter = AuditFilter {
        action: Some(Action::AuditPrune.as_str().to_owned()),
        ..AuditFilter::default()
    };
    let mut told = Vec::new();
    loop {
        let page = audit_entries::search(database, &filter, PAGE).await?;
        let Some(last) = page.last() else { return Ok(told) };
        filter.before = Some(last.id);
        told.extend(page.into_iter().map(|row| row.resource));
    }
}

/// What the change of a deletion names as its resource.
pub(in super::super) fn deletion(node: &str, chain: &str, last_sequence: i64) -> String {
    format!("{chain} of {node} up to {last_sequence}")
}
