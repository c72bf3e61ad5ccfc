//! What the journal refuses and what can fail in it.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use super::Position;

/// Bytes of the log that are not a whole, unchanged record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamageReport {
    /// The segment that holds them.
    pub segment: u64,
    /// Where the first damaged byte is in that segment's file.
    pub offset: u64,
    /// What is wrong there.
    pub reason: String,
    /// The file that the damaged tail was moved to, so that reading goes on after it. `None`:
    /// nothing was moved, and readers stop here.
    pub set_aside: Option<PathBuf>,
}

impl DamageReport {
    /// The file of a segment is gone although older and newer ones are there.
    pub(super) fn missing(segment: u64) -> Self {
        Self { segment, offset: 0, reason: "its file is missing".to_owned(), set_aside: None }
    }
}

impl fmt::Display for DamageReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, offset, reason, set_aside } = self;
        write!(formatter, "segment {segment} is damaged at byte {offset}: {reason}")?;
        match set_aside {
            Some(path) => write!(formatter, "; the damaged bytes are kept in {}", path.display()),
            None => Ok(()),
        }
    }
}

/// Why the journal did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The options contradict each other.
    #[error("journal options: {0}")]
    Options(&'static str),
    /// The directory or a file in it cannot be used.
    #[error(
        "cannot {action} {}: {source}; the gateway needs a journal directory that it can write to",
        path.display()
    )]
    Directory {
        /// What was tried.
        action: &'static str,
        /// The directory or the file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process has the journal open.
    #[error(
        "the journal in {} is in use by another process; stop that process, or give this one a \
         data directory of its own",
        directory.display()
    )]
    Locked {
        /// The journal's directory.
        directory: PathBuf,
    },
    /// A segment was written by another version of the gateway.
    #[error(
        "segment {segment} of the journal has format {found}, and this gateway reads format \
         {supported}; start the version that wrote it"
    )]
    Version {
        /// The segment.
        segment: u64,
        /// The format in the segment's header.
        found: u32,
        /// The format that this gateway reads and writes.
        supported: u32,
    },
    /// Nothing can be appended until the disk has room again (or is writable again).
    #[error("the disk of the journal is full or read-only: {source}; free some space on it")]
    Full {
        /// What the operating system said.
        source: io::Error,
    },
    /// The database is too far behind; the record was not taken.
    #[error(
        "the journal holds {backlog_bytes} bytes that the database does not have yet, and its \
         limit is {limit_bytes}; check that the database is up"
    )]
    BacklogLimit {
        /// The most that may wait, in bytes.
        limit_bytes: u64,
        /// What waits now, in bytes.
        backlog_bytes: u64,
    },
    /// The record is larger than the journal takes.
    #[error("a journal record of {bytes} bytes is over the limit of {limit_bytes}")]
    TooLarge {
        /// The payload, in bytes.
        bytes: usize,
        /// The largest payload, in bytes.
        limit_bytes: u32,
    },
    /// A record without a payload would look like the end of the log.
    #[error("a journal record holds at least one byte")]
    Empty,
    /// The operating system refused a write for another reason than space.
    #[error("cannot write to the journal: {source}")]
    Write {
        /// What the operating system said.
        source: io::Error,
    },
    /// The disk did not confirm what was written, so nothing more is promised on it.
    #[error(
        "the disk of the journal failed to keep what was written ({reason}); check the disk, \
         then restart the gateway"
    )]
    Sync {
        /// What the operating system said.
        reason: String,
    },
    /// A segment cannot be read.
    #[error("cannot read segment {segment} of the journal: {source}")]
    Read {
        /// The segment.
        segment: u64,
        /// What the operating system said.
        source: io::Error,
    },
    /// Reading stops at damaged bytes.
    #[error("{0}; run `helixgateway journal verify` to see what can still be read")]
    Damaged(DamageReport),
    /// The position lies behind what is still kept.
    #[error(
        "the journal was asked for segment {} and begins with segment {}: the records between \
         are gone; the database is older than the journal",
        position.segment,
        first.segment
    )]
    Released {
        /// What was asked for.
        position: Position,
        /// The beginning of the journal.
        first: Position,
    },
    /// The position lies after everything that was ever written.
    #[error(
        "the journal was asked for byte {} of segment {} and ends at byte {} of segment {}: it \
         is not the journal that the database belongs to",
        position.offset,
        position.segment,
        end.offset,
        end.segment
    )]
    Ahead {
        /// What was asked for.
        position: Position,
        /// The end of the journal.
        end: Position,
    },
}

impl JournalError {
    /// Names the path that an operation on the directory failed for.
    pub(super) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Directory { action, path, source }
    }

    /// Tells a disk that will be usable again from one that fails.
    pub(super) fn from_write(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::ReadOnlyFilesystem => Self::Full { source },
            _ => Self::Write { source },
        }
    }
}
