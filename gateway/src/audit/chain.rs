//! A chain of hashes: SHA-256 over the hash before and the form of the link.

use shared::{Id, id::Node};
use uuid::Uuid;

use super::form::Form;
use crate::storage::tables::audit_heads::AuditHeadRow;

/// Which of a node's chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    /// Administrative changes.
    Changes,
    /// Calls.
    Calls,
}

impl Chain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Changes, Self::Calls];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Calls => "calls",
        }
    }

    /// The chain of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chain| chain.as_str() == name)
    }
}

/// The hash of a link.
pub(super) type Hash = [u8; 32];

/// How far a chain goes: the number of its last link, and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the last link; zero before the first.
    pub sequence: i64,
    /// Its hash; zeros before the first.
    pub hash: Hash,
}

impl Place {
    /// Before the first link.
    pub const START: Self = Self { sequence: 0, hash: [0; 32] };

    /// The next link, given its form, which names its own number.
    #[must_use]
    pub fn next(self, form: &mut Form) -> Self {
        Self { sequence: self.sequence.saturating_add(1), hash: form.hash_behind(&self.hash) }
    }

    /// The place that the database has; the start where it has none, or no hash at all.
    #[must_use]
    pub fn of_row(row: Option<&AuditHeadRow>) -> Self {
        let place = |row: &AuditHeadRow| {
            let hash = row.audit_hash.as_slice().try_into().ok()?;
            Some(Self { sequence: row.audit_sequence, hash })
        };
        row.and_then(place).unwrap_or(Self::START)
    }

    /// The row of a head at this place.
    #[must_use]
    pub fn row(self, node: Uuid, chain: Chain) -> AuditHeadRow {
        AuditHeadRow {
            node_id: node,
            chain: chain.as_str().to_owned(),
            audit_sequence: self.sequence,
            audit_hash: self.hash.to_vec(),
        }
    }
}

/// A hash for people: lower-case hexadecimal.
#[must_use]
pub fn hexadecimal(hash: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(hash.len() * 2);
    for byte in hash {
        // Memory takes what is written to it.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes of a hash in hexadecimal; none where it is no such text.
#[must_use]
pub fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// A node as the links name it.
pub(super) fn node_text(node: Uuid) -> String {
    Id::<Node>::from_uuid(node).to_string()
}
