//! Finds what was changed in a chain, left out of it, moved in it or added to it.
//!
//! The database and an export are verified by the same code, one link after the other, in flat
//! memory.

mod database;
mod file;
mod finding;

use std::collections::BTreeMap;

pub(super) use self::database::{deletion, lines_of};
pub use self::{
    database::{heads, verify_database},
    file::{FileError, verify_export},
    finding::{Broken, Finding, Report, VerifiedChain},
};
use super::chain::{Hash, Place, hash, hexadecimal};

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
    /// What its hash covers.
    pub(super) text: &'a str,
    pub(super) hash: &'a [u8],
}

/// Follows chains.
#[derive(Default)]
pub(super) struct Verifier {
    /// Hashes that a link must have somewhere, because somebody has noted them before.
    expected: Vec<Hash>,
    chains: BTreeMap<ChainKey, Walk>,
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

    /// The links of a chain up to here were deleted by retention, which is told by a change.
    pub(super) fn tombstone(&mut self, node: &str, chain: &str, last: Place, entries: i64) {
        let walk = self.chains.entry((node.to_owned(), chain.to_owned())).or_default();
        walk.place = last;
        walk.is_hash_known = true;
        walk.deleted += entries;
        self.expected.retain(|hash| *hash != last.hash);
    }

    /// The next link of a chain.
    pub(super) fn link(&mut self, link: &FoundLink<'_>) {
        let key = (link.node.to_owned(), link.chain.to_owned());
        let walk = self.chains.entry(key).or_default();
        let expected = walk.place.sequence + 1;
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
            !walk.is_hash_known || hash(&walk.place.hash, link.text) == stored
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
        let walk = self.chains.entry((node.to_owned(), chain.to_owned())).or_default();
        walk.head = Some(head);
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
    pub(super) fn finish(mut self, unchained: i64) -> Report {
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
        Report { chains: verified, findings: self.findings, unchained }
    }
}
