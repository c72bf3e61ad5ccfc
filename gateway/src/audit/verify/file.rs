//! Verifies an export: no database, no configuration.

use std::io::{self, BufRead};

use serde::Deserialize;

use super::{
    super::{chain::from_hexadecimal, form::Form},
    FoundLink, Report, Verifier, place,
    read::ReadLink,
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
#[serde(deny_unknown_fields)]
struct Line {
    hash: Option<String>,
    link: Option<ReadLink>,
    head: Option<Head>,
    tombstone: Option<Tombstone>,
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
    let mut form = Form::default();
    for (number, text) in (1..).zip(export.lines()) {
        let text = text?;
        let wrong = |source| FileError::Line { number, source };
        let line: Line = serde_json::from_str(&text).map_err(wrong)?;
        if let Some(link) = line.link {
            link.put(form.begin());
            let hash = line.hash.as_deref().and_then(from_hexadecimal).unwrap_or_default();
            verifier.link(&found(&link, &hash), &mut form);
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

fn found<'a>(link: &'a ReadLink, hash: &'a [u8]) -> FoundLink<'a> {
    let text = |name| link.text(name).unwrap_or_default();
    FoundLink {
        node: text("node"),
        chain: text("chain"),
        sequence: link.number("sequence"),
        id: text("id"),
        hash,
        change: link.text("action").map(|action| FoundChange {
            action,
            resource: text("resource"),
            before: link.text("before"),
            after: text("after"),
        }),
    }
}
