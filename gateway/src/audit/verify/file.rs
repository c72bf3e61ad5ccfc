//! Verifies an export: no database, no configuration.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::chain::from_hexadecimal,
    FoundLink, Report, Verifier, place,
    told::{Deletion, FoundChange},
};

/// Why an export cannot be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("the export cannot be read")]
    Read(#[from] io::Error),
    /// A line is none of an export.
    #[error("line {number} is no line of an export; was the file changed or cut off?")]
    Line {
        /// Which.
        number: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

#[derive(Deserialize)]
struct Line<'a> {
    hash: Option<String>,
    #[serde(borrow)]
    link: Option<&'a RawValue>,
    head: Option<Head>,
    tombstone: Option<Tombstone>,
}

/// What a link says of its place, and a change of what it has changed.
#[derive(Deserialize)]
struct LinkPlace {
    node: String,
    chain: String,
    sequence: i64,
    id: String,
    action: Option<String>,
    #[serde(default)]
    resource: String,
    before: Option<String>,
    #[serde(default)]
    after: String,
}

#[derive(Deserialize)]
struct Head {
    node: String,
    chain: String,
    sequence: i64,
    hash: String,
}

#[derive(Deserialize)]
struct Tombstone {
    node: String,
    chain: String,
    last_sequence: i64,
    last_hash: String,
    entries: i64,
    reason: String,
    at: i64,
}

/// Verifies an export, and that each of the `expected` hashes is that of a link; `tell` is called
/// now and then with how many lines were read.
///
/// # Errors
/// [`FileError`] where it is no export.
pub fn verify_export(
    export: impl BufRead,
    expected: &[[u8; 32]],
    tell: &mut dyn FnMut(u64),
) -> Result<Report, FileError> {
    const LINES_BETWEEN_TELLING: u64 = 10_000;
    let mut verifier = Verifier::expecting(expected);
    for (number, text) in (1..).zip(export.lines()) {
        let text = text?;
        let wrong = |source| FileError::Line { number, source };
        let line: Line<'_> = serde_json::from_str(&text).map_err(wrong)?;
        if let Some(link) = line.link {
            let place: LinkPlace = serde_json::from_str(link.get()).map_err(wrong)?;
            verifier.link(&FoundLink {
                node: &place.node,
                chain: &place.chain,
                sequence: place.sequence,
                id: &place.id,
                text: link.get(),
                hash: &line.hash.as_deref().and_then(from_hexadecimal).unwrap_or_default(),
                change: place.action.as_deref().map(|action| FoundChange {
                    action,
                    resource: &place.resource,
                    before: place.before.as_deref(),
                    after: &place.after,
                }),
            });
        }
        if let Some(head) = line.head {
            let at = place(head.sequence, &head.hash);
            verifier.head(&head.node, &head.chain, at);
        }
        if let Some(tombstone) = line.tombstone {
            verifier.tombstone(Deletion {
                node: tombstone.node,
                chain: tombstone.chain,
                last_sequence: tombstone.last_sequence,
                last_hash: tombstone.last_hash,
                entries: tombstone.entries,
                reason: tombstone.reason,
                at: tombstone.at,
            });
        }
        if number % LINES_BETWEEN_TELLING == 0 {
            tell(number);
        }
    }
    Ok(verifier.finish())
}
