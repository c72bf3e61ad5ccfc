//! What a verification has found, in words.

use std::fmt;

use super::super::chain::{Hash, hexadecimal};

/// What a verification has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Every chain and how far it goes.
    pub chains: Vec<VerifiedChain>,
    /// What is wrong, in the order in which it was found; empty where everything is as written.
    pub findings: Vec<Finding>,
    /// Rows from before the chains began, of which nothing can be said.
    pub unchained: i64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A chain that was followed to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedChain {
    /// Whose.
    pub node: String,
    /// `changes` or `calls`.
    pub chain: String,
    /// How many links there are.
    pub links: u64,
    /// How many retention has deleted.
    pub deleted: i64,
    /// The number of the last one.
    pub sequence: i64,
    /// Its hash.
    pub hash: Hash,
}

impl VerifiedChain {
    /// The hash of the last link, for people.
    #[must_use]
    pub fn hash_text(&self) -> String {
        hexadecimal(&self.hash)
    }
}

/// One place where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose chain.
    pub node: String,
    /// `changes` or `calls`.
    pub chain: String,
    /// The number of the link.
    pub sequence: i64,
    /// The id of the change or the call; empty where there is none.
    pub id: String,
    /// What is wrong with it.
    pub broken: Broken,
}

/// How a chain can be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The link is not what it was when it was written, or it does not follow the one before.
    Changed,
    /// Links before it are not there.
    Missing {
        /// The first of them.
        from: i64,
        /// The last of them.
        until: i64,
    },
    /// The link stands where another one was expected.
    OutOfPlace {
        /// The number that was expected.
        expected: i64,
    },
    /// Nothing tells how far the chain goes.
    WithoutHead,
    /// The chain goes on beyond its head, which is here.
    BeyondHead(i64),
    /// The last link is not the one that the head names.
    OtherHead,
    /// No link has this hash, which was noted before.
    ExpectedHash(String),
    /// Links were deleted, and no change tells of it as the tombstone does.
    UntoldDeletion,
    /// There are more rows that are in no chain than when the chains began.
    WithoutPlace {
        /// How many there are.
        found: i64,
        /// How many there were.
        told: i64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { node, chain, sequence, id, broken } = self;
        match broken {
            Broken::ExpectedHash(hash) => {
                return write!(formatter, "no link has the hash {hash}, which was noted before");
            }
            Broken::WithoutPlace { found, told } => {
                return write!(
                    formatter,
                    "{chain}: {found} rows are in no chain, and when the chains began it was \
                     {told}; the others were added since, past the gateway"
                );
            }
            _ => write!(formatter, "{chain} of {node}, link {sequence}")?,
        }
        if !id.is_empty() {
            write!(formatter, " ({id})")?;
        }
        match broken {
            Broken::Changed => {
                write!(formatter, ": changed after it was written, or put in the place of another")
            }
            Broken::Missing { from, until } if from == until => {
                write!(formatter, ": link {from} is missing")
            }
            Broken::Missing { from, until } => {
                write!(formatter, ": links {from} to {until} are missing")
            }
            Broken::OutOfPlace { expected } => {
                write!(formatter, ": stands where link {expected} was expected")
            }
            Broken::WithoutHead => write!(formatter, ": nothing tells how far the chain goes"),
            Broken::BeyondHead(head) => {
                write!(formatter, ": the chain ends at link {head}; what follows was added")
            }
            Broken::OtherHead => write!(formatter, ": is not the link that the head names"),
            Broken::UntoldDeletion => write!(
                formatter,
                ": links up to here were deleted, and no change tells of it as the tombstone does"
            ),
            // Told above, without a link.
            Broken::ExpectedHash(_) | Broken::WithoutPlace { .. } => Ok(()),
        }
    }
}
