//! How large the journal and its parts may become.

use super::{JournalError, record::RECORD_HEADER_BYTES, segment::SEGMENT_HEADER_BYTES};

/// The sizes of a journal. They may differ from one start to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOptions {
    /// Bytes of one segment, reserved when it is begun.
    pub segment_bytes: u64,
    /// The most bytes that may wait for the database before appending is refused.
    pub backlog_limit_bytes: u64,
    /// The largest payload of one record, in bytes.
    pub max_record_bytes: u32,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 * 1024 * 1024,
            backlog_limit_bytes: 1024 * 1024 * 1024,
            max_record_bytes: 16 * 1024 * 1024,
        }
    }
}

impl JournalOptions {
    /// The usual sizes, but so that many segments and records fit into a small backlog.
    #[must_use]
    pub fn for_backlog(limit_bytes: u64) -> Self {
        let usual = Self::default();
        let record_bytes = u32::try_from(limit_bytes / 8).unwrap_or(u32::MAX);
        Self {
            segment_bytes: usual.segment_bytes.min(limit_bytes / 2),
            backlog_limit_bytes: limit_bytes,
            max_record_bytes: usual.max_record_bytes.min(record_bytes),
        }
    }

    /// Refuses sizes with which some allowed record could never be appended.
    pub(super) fn check(self) -> Result<Self, JournalError> {
        let record = u64::from(self.max_record_bytes) + RECORD_HEADER_BYTES;
        if self.max_record_bytes == 0 {
            return Err(JournalError::Options("max_record_bytes must be at least 1"));
        }
        if record + SEGMENT_HEADER_BYTES > self.segment_bytes {
            return Err(JournalError::Options(
                "segment_bytes must be at least max_record_bytes + 24, so that any record fits",
            ));
        }
        if record > self.backlog_limit_bytes {
            return Err(JournalError::Options(
                "backlog_limit_bytes must be at least max_record_bytes + 8",
            ));
        }
        Ok(self)
    }
}
