//! The only door to the record log.
//!
//! An append-only log in segments on the local disk. An append is one `write(2)` and survives the
//! death of the process; the disk is synced in groups by a thread of its own, the next sync
//! beginning when the last has ended. The log is itself the queue between the calls and the
//! database, so that memory stays bounded however slow the database is: past a bound of what is
//! not applied, appends are refused rather than dropped.
//!
//! # Format
//! A segment is a file `00000001.journal`. Each record is `length: u32 | crc32: u32 | payload`,
//! little-endian; the checksum covers length and payload. A record that is not whole at the end
//! of the last segment was being written when the process or machine died: it is moved aside and
//! reported, never guessed at.

mod error;
mod reader;
mod record;
mod segment;
mod sync;
mod writer;

pub use error::JournalError;
pub use reader::Reader;
pub use record::Entry;
pub use segment::Position;
pub use writer::{Journal, JournalOptions, JournalState, Recovery};
