//! The record log: the only door to the segments in the data directory.
//!
//! What happens to a call is appended here before it happens and when it has ended; one reader
//! applies it to the database. The log is itself the queue between the two, so memory stays
//! bounded however slow the database is, and nothing that was appended is lost when the process
//! is killed. Payloads are opaque bytes.
//!
//! # Promises
//! - A record is read whole and unchanged, once and in order, or an error says where it is not.
//! - A failed [`append`](Journal::append) leaves no trace; the next one works once it can.
//! - [`durable`](Journal::durable) returns only after a sync that covers the position.
//! - [`Position`]s only grow, also across crashes: each start writes to a new segment.
//! - A segment takes records only when every older one is durable. So a power loss can cost
//!   records at the end of the last used segment and nowhere else.
//!
//! # Format
//! A directory holds `lock`, `segment-NNNNNNNNNNNN.journal` numbered from 1 without gaps, and
//! `segment-NNNNNNNNNNNN.damaged` for tails that a start moved aside. Integers are little-endian.
//!
//! | part | bytes |
//! |---|---|
//! | segment header | magic `HLXJ`, `u32` format version (1), `u64` number of the segment |
//! | record | `u32` length of the payload, `u32` CRC-32 over length and payload, payload |
//! | end | zeros (reserved space) or the end of the file |

mod cursor;
mod disk;
mod error;
mod extents;
#[expect(clippy::module_inception, reason = "the type that gives the module its name")]
mod journal;
mod lock;
mod log;
mod options;
mod position;
mod reader;
mod record;
mod recovery;
mod scan;
mod segment;
mod sync;
#[cfg(test)]
mod tests;
mod verify;

pub use error::{DamageReport, JournalError};
pub use journal::{Journal, JournalState};
pub use options::JournalOptions;
pub use position::Position;
pub use reader::Reader;
pub use recovery::Recovery;
pub use verify::{SegmentReport, VerifyReport};
