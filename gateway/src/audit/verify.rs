//! Finds what was changed in a chain, left out of it, moved in it or added to it.
//!
//! The database and an export are verified by the same code, one link after the other, in flat
//! memory.

mod database;
mod file;
mod finding;
mod read;
mod told;

use std::collections::BTreeMap;

use self::told::{FoundChange, Told};
pub(super) use self::{
    database::deletion,
    told::{Deletion, Unplaced},
};
pub use self::{
    database::{heads, verify_database},
    file::{FileError, verify_export},
    finding::{Broken, Finding, Report, VerifiedChain},
};
use super::{
    chain::{Chain, Hash, Place, from_hexadecimal, hexadecimal},
    form::Form,
};

/// The most findings that are kept; the first ones are what matters.
const FINDINGS_LIMIT: usize = 100;

/// A node and the name of one of its chains.
type ChainKey = (String, String);

/// A link as it was found.
pub(super) struct FoundLink<'a> {
    pub(super) node: &'a str,
    pub(super) chain: &'a str,
    pub(super) sequence: i64,
    pub(super) id: &'a str,
    pub(super) hash: &'a [u8],
    /// In the chain of changes.
    pub(super) change: Option<FoundChange<'a>>,
}

/// Follows chains.
#[derive(Default)]
pub(super) struct Verifier {
    /// Hashes that a link must have somewhere, because somebody has noted them before.
    expected: Vec<Hash>,
    chains: BTreeMap<ChainKey, Walk>,
    tombstones: Vec<Deletion>,
    told: Told,
    unplaced: Option<Unplaced>,
    findings: Vec<Finding>,
}

/// How far one chain was followed.
struct Walk {
    place: Place,
    /// Whether the hash at the place is known; not behind a gap.
    is_hash_known: bool,
    links: u64,
    deleted: i64,
    head: Option<Place>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { place: Place::START, is_hash_known: true, links: 0, deleted: 0, head: None }
    }
}

impl Verifier {
    pub(super) fn expecting(hashes: &[[u8; 32]]) -> Self {
        Self { expected: hashes.to_vec(), ..Self::default() }
    }

    /// Links of a chain were deleted by retention, which a change must tell of.
    pub(super) fn tombstone(&mut self, deletion: Deletion) {
        let last = place(deletion.last_sequence, &deletion.last_hash);
        let walk = self.walk(&deletion.node, &deletion.chain);
        walk.place = last;
        walk.is_hash_known = true;
        walk.deleted = walk.deleted.saturating_add(deletion.entries);
        self.expected.retain(|hash| *hash != last.hash);
        self.tombstones.push(deletion);
    }

    /// How many rows have no place in any chain.
    pub(super) fn unplaced(&mut self, found: Unplaced) {
        self.unplaced = Some(found);
    }

    fn walk(&mut self, node: &str, chain: &str) -> &mut Walk {
        self.chains.entry((node.to_owned(), chain.to_owned())).or_default()
    }

    /// The next link of a chain, and its form.
    pub(super) fn link(&mut self, link: &FoundLink<'_>, form: &mut Form) {
        if let Some(change) = &link.change {
            self.told.hear(change);
        }
        let walk = self.walk(link.node, link.chain);
        let expected = walk.place.sequence.saturating_add(1);
        let mut broken = None;
        if link.sequence < expected {
            // What follows is compared with what stood here before.
            let broken = Broken::OutOfPlace { expected };
            return self.find(link.node, link.chain, link.sequence, link.id, broken);
        }
        if link.sequence > expected {
            broken = Some(Broken::Missing { from: expected, until: link.sequence - 1 });
            walk.is_hash_known = false;
        }
        let stored: Option<Hash> = link.hash.try_into().ok();
        let is_as_written = stored.is_some_and(|stored| {
            !walk.is_hash_known || form.hash_behind(&walk.place.hash) == stored
        });
        walk.links += 1;
        walk.place = Place { sequence: link.sequence, hash: stored.unwrap_or_default() };
        walk.is_hash_known = stored.is_some();
        if let Some(broken) = broken {
            self.find(link.node, link.chain, link.sequence, link.id, broken);
        }
        if is_as_written {
            self.expected.retain(|hash| Some(*hash) != stored);
        } else {
            self.find(link.node, link.chain, link.sequence, link.id, Broken::Changed);
        }
    }

    /// How far a chain must go.
    pub(super) fn head(&mut self, node: &str, chain: &str, head: Place) {
        self.walk(node, chain).head = Some(head);
    }

    /// Something that is wrong with a chain as a whole.
    pub(super) fn find(
        &mut self,
        node: &str,
        chain: &str,
        sequence: i64,
        id: &str,
        broken: Broken,
    ) {
        if self.findings.len() < FINDINGS_LIMIT {
            self.findings.push(Finding {
                node: node.to_owned(),
                chain: chain.to_owned(),
                sequence,
                id: id.to_owned(),
                broken,
            });
        }
    }

    /// What came of it.
    pub(super) fn finish(mut self) -> Report {
        self.find_untold();
        let chains = std::mem::take(&mut self.chains);
        let mut verified = Vec::new();
        for ((node, chain), walk) in chains {
            let Place { sequence, hash } = walk.place;
            match walk.head {
                None => self.find(&node, &chain, sequence, "", Broken::WithoutHead),
                Some(head) if head.sequence > sequence => {
                    let broken = Broken::Missing { from: sequence + 1, until: head.sequence };
                    self.find(&node, &chain, sequence, "", broken);
                }
                Some(head) if head.sequence < sequence => {
                    self.find(&node, &chain, sequence, "", Broken::BeyondHead(head.sequence));
                }
                Some(head) if head.hash != hash => {
                    self.find(&node, &chain, sequence, "", Broken::OtherHead);
                }
                Some(_) => {}
            }
            let (links, deleted) = (walk.links, walk.deleted);
            verified.push(VerifiedChain { node, chain, links, deleted, sequence, hash });
        }
        for hash in std::mem::take(&mut self.expected) {
            self.find("any node", "any chain", 0, "", Broken::ExpectedHash(hexadecimal(&hash)));
        }
        let unchained = self.unplaced.map_or(0, |rows| rows.changes.saturating_add(rows.calls));
        Report { chains: verified, findings: self.findings, unchained }
    }

    /// What must be told by a change and is not.
    fn find_untold(&mut self) {
        for deletion in std::mem::take(&mut self.tombstones) {
            if !self.told.has(&deletion) {
                let Deletion { node, chain, last_sequence, .. } = &deletion;
                self.find(node, chain, *last_sequence, "", Broken::UntoldDeletion);
            }
        }
        let (Some(found), Some(told)) = (self.unplaced, self.told.unplaced()) else { return };
        for (chain, found, told) in
            [(Chain::Changes, found.changes, told.changes), (Chain::Calls, found.calls, told.calls)]
        {
            if found > told {
                self.find("any node", chain.as_str(), 0, "", Broken::WithoutPlace { found, told });
            }
        }
    }
}

/// A place as text has it.
fn place(sequence: i64, hash: &str) -> Place {
    let hash = from_hexadecimal(hash).and_then(|hash| hash.try_into().ok()).unwrap_or_default();
    Place { sequence, hash }
}
