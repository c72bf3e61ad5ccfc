//! Which bytes of the log are kept, and how many of them lie between two positions.

use std::collections::BTreeMap;

use super::{Position, segment::SEGMENT_HEADER_BYTES, segment::first_position};

/// The segments that are no longer written to.
#[derive(Debug, Default)]
pub(super) struct Extents {
    sealed: BTreeMap<u64, Extent>,
    /// Bytes of records in everything that was ever sealed since the journal was opened.
    sealed_bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Bytes of records in the segments before this one.
    bytes_before: u64,
    /// Where the segment ends, as an offset in its file.
    end: u64,
}

impl Extents {
    /// Adds the segment after the last one.
    pub(super) fn seal(&mut self, number: u64, end: u64) {
        let bytes_before = self.sealed_bytes;
        self.sealed.insert(number, Extent { bytes_before, end });
        self.sealed_bytes += end.saturating_sub(SEGMENT_HEADER_BYTES);
    }

    /// Forgets a segment whose file is gone.
    pub(super) fn forget(&mut self, number: u64) {
        self.sealed.remove(&number);
    }

    pub(super) fn count(&self) -> usize {
        self.sealed.len()
    }

    /// The end of a segment; `None` when it is not a sealed one.
    pub(super) fn end_of(&self, number: u64) -> Option<u64> {
        self.sealed.get(&number).map(|extent| extent.end)
    }

    /// The beginning of the oldest sealed segment.
    pub(super) fn first(&self) -> Option<Position> {
        self.sealed.first_key_value().map(|(number, _)| first_position(*number))
    }

    /// The sealed segments that lie entirely before a position.
    pub(super) fn before(&self, position: Position) -> Vec<u64> {
        self.sealed.range(..position.segment).map(|(number, _)| *number).collect()
    }

    /// The newest sealed segment.
    pub(super) fn last_number(&self) -> Option<u64> {
        self.sealed.last_key_value().map(|(number, _)| *number)
    }

    /// Bytes of records before `position`, counted from when the journal was opened. What lies
    /// before the oldest segment counts as its beginning.
    pub(super) fn bytes_before(&self, position: Position) -> u64 {
        let inside = position.offset.max(SEGMENT_HEADER_BYTES);
        if self.last_number().is_none_or(|last| position.segment > last) {
            return self.sealed_bytes + inside - SEGMENT_HEADER_BYTES;
        }
        match self.sealed.range(..=position.segment).next_back() {
            Some((number, extent)) => {
                let end = if *number == position.segment { inside } else { extent.end };
                extent.bytes_before + end.min(extent.end) - SEGMENT_HEADER_BYTES
            }
            None => self.sealed.first_key_value().map_or(0, |(_, first)| first.bytes_before),
        }
    }
}
