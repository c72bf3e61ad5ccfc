//! Places in the log, ordered as the records are.

/// The end of a record: everything before it has been read, written or made durable.
///
/// Positions only grow, across restarts too, so one can be kept as a watermark in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The number of the segment; the first one is 1.
    pub segment: u64,
    /// Bytes from the beginning of that segment's file.
    pub offset: u64,
}

impl Position {
    /// Before every record: the watermark of a reader that has read nothing.
    pub const START: Self = Self { segment: 0, offset: 0 };

    /// The segment and the offset, for two signed database columns.
    #[must_use]
    pub fn columns(self) -> (i64, i64) {
        let column = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        (column(self.segment), column(self.offset))
    }

    /// The reverse of [`columns`](Self::columns); a negative column counts as zero.
    #[must_use]
    pub fn from_columns(segment: i64, offset: i64) -> Self {
        let value = |column: i64| u64::try_from(column).unwrap_or(0);
        Self { segment: value(segment), offset: value(offset) }
    }
}
