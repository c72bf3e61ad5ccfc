//! Verifies the chains in the database, while it is in use.

use super::{
    super::{
        chain::{Chain, Place, hexadecimal, node_text},
        form::Form,
        reading::{ChainReader, ChainToRead, Step, StoredLink, StoredRow, chains},
    },
    Broken, FoundLink, Report, VerifiedChain, Verifier,
    told::{Deletion, FoundChange, Unplaced},
};
use crate::storage::{
    Database, StorageError,
    tables::{audit_entries, audit_heads, audit_tombstones::TombstoneRow, calls},
};

/// Verifies every chain up to its head as it was at the beginning, and that each of the `expected`
/// hashes is that of a link; `tell` is called now and then with how many links were read.
///
/// # Errors
/// What the database reports.
pub async fn verify_database(
    database: &Database,
    expected: &[[u8; 32]],
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<Report, StorageError> {
    let mut verifier = Verifier::expecting(expected);
    let mut read = 0;
    // The changes come last: they tell of every deletion that was met in the calls.
    for kind in [Chain::Calls, Chain::Changes] {
        for chain in chains(database, kind).await? {
            follow(database, &mut verifier, chain, &mut read, tell).await?;
        }
    }
    verifier.unplaced(Unplaced {
        changes: audit_entries::count_unchained(database).await?,
        calls: calls::count_unchained(database).await?,
    });
    Ok(verifier.finish())
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

async fn follow(
    database: &Database,
    verifier: &mut Verifier,
    chain: ChainToRead,
    read: &mut u64,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<(), StorageError> {
    let (node, name) = (node_text(chain.node), chain.chain.as_str());
    if let Some(head) = chain.head {
        verifier.head(&node, name, head);
    }
    let mut reader = ChainReader::new(database, chain);
    let mut form = Form::default();
    loop {
        let page = reader.next_page().await?;
        if page.is_empty() {
            break;
        }
        for step in &page {
            match step {
                Step::Tombstone(row) => verifier.tombstone(deletion(row)),
                Step::Link(link) => {
                    link.put(form.begin());
                    verifier.link(&found(&node, name, &link.id(), link), &mut form);
                    *read += 1;
                }
            }
        }
        tell(*read);
    }
    if let Some((sequence, id, head)) = reader.beyond_head().await? {
        verifier.find(&node, name, sequence, &id, Broken::BeyondHead(head));
    }
    Ok(())
}

fn found<'a>(node: &'a str, chain: &'a str, id: &'a str, link: &'a StoredLink) -> FoundLink<'a> {
    FoundLink {
        node,
        chain,
        sequence: link.sequence,
        id,
        hash: link.hash(),
        change: match &link.row {
            StoredRow::Call(..) => None,
            StoredRow::Change(row) => Some(FoundChange {
                action: &row.action,
                resource: &row.resource,
                before: row.before_change.as_deref(),
                after: &row.after_change,
            }),
        },
    }
}

/// What a tombstone says.
pub(in super::super) fn deletion(row: &TombstoneRow) -> Deletion {
    Deletion {
        node: node_text(row.node_id),
        chain: row.chain.clone(),
        last_sequence: row.last_sequence,
        last_hash: hexadecimal(&row.last_hash),
        entries: row.entries,
        reason: row.reason.clone(),
        at: row.at,
    }
}
