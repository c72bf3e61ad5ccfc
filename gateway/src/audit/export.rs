//! An export of the chains, with which anybody can verify them without the database.
//!
//! JSON Lines: `{"hash":…,"link":…}` for each link, of each chain in its order; the members of `link`
//! stand in the order in which the hash covers them. `{"tombstone":…}` comes before the first link that is
//! left of a chain, `{"head":…}` after the last one.

mod json;

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use self::json::JsonMembers;
use super::{
    chain::{Chain, hexadecimal, node_text},
    reading::{ChainReader, ChainToRead, Step, StoredLink, chains},
};
use crate::storage::{Database, StorageError, tables::audit_tombstones};

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
    chain: &'static str,
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
    let mut written = 0;
    // The changes come last: they tell of every deletion that was met in the calls.
    for kind in [Chain::Calls, Chain::Changes] {
        for chain in chains(database, kind).await? {
            export_chain(database, out, chain, &mut written, tell).await?;
        }
    }
    out.flush()?;
    Ok(written)
}

async fn export_chain(
    database: &Database,
    out: &mut (dyn Write + Send),
    chain: ChainToRead,
    written: &mut u64,
    tell: &mut (dyn FnMut(u64) + Send),
) -> Result<(), ExportError> {
    let mut reader = ChainReader::new(database, chain);
    loop {
        let page = reader.next_page().await?;
        if page.is_empty() {
            break;
        }
        for step in page {
            match step {
                Step::Tombstone(row) => line(out, &TombstoneLine { tombstone: told(&row) })?,
                Step::Link(stored) => {
                    link(out, &stored)?;
                    *written += 1;
                }
            }
        }
        tell(*written);
    }
    if let Some(place) = chain.head {
        let head = Head {
            node: node_text(chain.node),
            chain: chain.chain.as_str(),
            sequence: place.sequence,
            hash: hexadecimal(&place.hash),
        };
        line(out, &HeadLine { head })?;
    }
    Ok(())
}

fn link(out: &mut (dyn Write + Send), stored: &StoredLink) -> io::Result<()> {
    let hash = hexadecimal(stored.hash());
    let link = RawValue::from_string(JsonMembers::of(|members| stored.put(members)))?;
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
