//! What can go wrong with the log.

use std::{io, path::PathBuf};

/// A failure of the record log.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The directory cannot be used.
    #[error("the journal in {directory} cannot be opened: {source}")]
    Open {
        /// The directory.
        directory: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error(
        "the journal in {0} is in use by another process; give each gateway a data directory of \
         its own"
    )]
    InUse(PathBuf),
    /// The disk refuses writes: full, read-only or broken.
    #[error("the disk takes no records: {0}")]
    Write(#[source] io::Error),
    /// The disk refuses reads.
    #[error("the journal cannot be read: {0}")]
    Read(#[source] io::Error),
    /// Too much waits for the database.
    #[error("{backlog_bytes} bytes of records wait for the database; the limit is {limit_bytes}")]
    Backlog {
        /// What waits.
        backlog_bytes: u64,
        /// `records.backlog_limit_bytes`.
        limit_bytes: u64,
    },
    /// A record in the middle of the log is damaged.
    #[error("segment {segment} is damaged at offset {offset}; restore it from a copy")]
    Damaged {
        /// The segment.
        segment: u64,
        /// Where.
        offset: u64,
    },
    /// A record is larger than the log takes.
    #[error("a record of {0} bytes is larger than the journal takes")]
    TooLarge(usize),
}
