//! An export of the chains, with which anybody can verify them without the database.
//!
//! JSON Lines: `{"hash":…,"link":…}` for each link, of each chain in its order; the text of `link`
//! is what the hash covers, byte for byte. `{"tombstone":…}` comes before the first link that is
//! left of a chain, `{"head":…}` after the last one.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    chain::{Chain, hexadecimal, node_text},
    link::{call_link, change_link},
    verify::lines_of,
};
use crate::storage::{
    Database, StorageError,
    tables::{audit_entries, audit_heads, audit_tombstones, calls},
};

/// How many links are read at once.
const PAGE: u64 = 500;

/// Why an export has failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What the export is written to.
    #[error("the export cannot be written")]
    Output(#[from] io::Error),
}

#[derive(Serialize)]
struct LinkLine {
    hash: String,
    link: Box<RawValue>,
}

#[derive(Serialize)]
struct HeadLine {
    head: Head,
}

#[derive(Serialize)]
struct Head {
    node: String,
    chain: String,
    sequence: i64,
    hash: String,
}

#[derive(Serialize)]
struct TombstoneLine {
    tombstone: Tombstone,
}

#[derive(Serialize)]
struct Tombstone {
    node: String,
    chain: String,
    last_sequence: i64,
    last_hash: String,
    entries: i64,
    reason: String,
    at: i64,
}

/// Writes every chain, up to its head as it is at the beginning; gives how many links there are.
/// Memory stays flat.
///
/// # Errors
/// [`ExportError`].
pub async fn export(
    database: &Database,
    out: &mut (dyn Write + Send),
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<u64, ExportError> {
    let tombstones = audit_tombstones::list(database).await?;
    let mut written = 0;
    for head in audit_heads::list(database).await? {
        for tombstone in &tombstones {
            if tombstone.node_id == head.node_id && tombstone.chain == head.chain {
                line(out, &TombstoneLine { tombstone: told(tombstone) })?;
            }
        }
        let (node, until) = (head.node_id, head.audit_sequence);
        match Chain::named(&head.chain) {
            Some(Chain::Changes) => {
                changes(database, out, node, until, &mut written, tell).await?;
            }
            Some(Chain::Calls) => calls_of(database, out, node, until, &mut written, tell).await?,
            None => {}
        }
        let head = Head {
            node: node_text(head.node_id),
            chain: head.chain,
            sequence: head.audit_sequence,
            hash: hexadecimal(&head.audit_hash),
        };
        line(out, &HeadLine { head })?;
    }
    out.flush()?;
    Ok(written)
}

async fn changes(
    database: &Database,
    out: &mut (dyn Write + Send),
    node: Uuid,
    until: i64,
    written: &mut u64,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<(), ExportError> {
    let mut after = 0;
    loop {
        let page = audit_entries::links(database, node, after, PAGE).await?;
        for row in &page {
            let sequence = row.audit_sequence.unwrap_or_default();
            if sequence > until {
                return Ok(());
            }
            let text = change_link(row, node, sequence);
            link(out, row.audit_hash.as_deref(), text)?;
            (after, *written) = (sequence, *written + 1);
        }
        if page.is_empty() {
            return Ok(());
        }
        tell(*written);
    }
}

async fn calls_of(
    database: &Database,
    out: &mut (dyn Write + Send),
    node: Uuid,
    until: i64,
    written: &mut u64,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<(), ExportError> {
    let mut after = 0;
    loop {
        let page = calls::links(database, node, after, PAGE).await?;
        let lines = lines_of(database, &page).await?;
        for row in &page {
            let sequence = row.audit_sequence.unwrap_or_default();
            if sequence > until {
                return Ok(());
            }
            let lines = lines.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            link(out, row.audit_hash.as_deref(), call_link(row, lines, sequence))?;
            (after, *written) = (sequence, *written + 1);
        }
        if page.is_empty() {
            return Ok(());
        }
        tell(*written);
    }
}

fn link(out: &mut (dyn Write + Send), hash: Option<&[u8]>, text: String) -> io::Result<()> {
    let hash = hexadecimal(hash.unwrap_or_default());
    let link = RawValue::from_string(text)?;
    line(out, &LinkLine { hash, link })
}

fn line(out: &mut (dyn Write + Send), line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn told(row: &audit_tombstones::TombstoneRow) -> Tombstone {
    Tombstone {
        node: node_text(row.node_id),
        chain: row.chain.clone(),
        last_sequence: row.last_sequence,
        last_hash: hexadecimal(&row.last_hash),
        entries: row.entries,
        reason: row.reason.clone(),
        at: row.at,
    }
}
