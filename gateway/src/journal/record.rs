//! One record on the disk.

use bytes::Bytes;

use super::Position;

/// Length and checksum.
pub(super) const HEADER_BYTES: usize = 8;
/// No record of ours comes near this; a larger length means damage.
pub(super) const LARGEST_RECORD_BYTES: usize = 16 * 1024 * 1024;

/// A record as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where the next record begins.
    pub end: Position,
    /// What was appended.
    pub payload: Bytes,
}

/// Writes header and payload behind each other, for one `write(2)`.
pub(super) fn encode(payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    out.extend_from_slice(&length);
    out.extend_from_slice(&checksum(length, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// What the bytes begin with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded {
    /// A whole record with a payload of this length.
    Whole(usize),
    /// The beginning of a record.
    Incomplete,
    /// No record.
    Damaged,
}

pub(super) fn decode(bytes: &[u8]) -> Decoded {
    let Some((header, rest)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Decoded::Incomplete;
    };
    let length_bytes = [header[0], header[1], header[2], header[3]];
    let expected = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
    let length = u32::from_le_bytes(length_bytes) as usize;
    if length == 0 || length > LARGEST_RECORD_BYTES {
        return Decoded::Damaged;
    }
    match rest.get(..length) {
        None => Decoded::Incomplete,
        Some(payload) if checksum(length_bytes, payload) == expected => Decoded::Whole(length),
        Some(_) => Decoded::Damaged,
    }
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}
