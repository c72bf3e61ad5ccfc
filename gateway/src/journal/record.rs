//! One record in bytes: `u32 length | u32 CRC-32 | payload`, little-endian.
//!
//! The checksum (CRC-32, ISO-HDLC, as in gzip) covers the four length bytes and the payload. A
//! length of zero is never written, so preallocated zeros read as the end of the log.

/// Bytes before the payload.
pub(super) const RECORD_HEADER_BYTES: u64 = 8;

/// A payload framed for one write.
///
/// The caller has checked that the payload is not empty and that its length fits.
pub(super) fn frame(payload: &[u8], length: u32) -> Vec<u8> {
    let length = length.to_le_bytes();
    let checksum = checksum(length, payload);
    let mut bytes = Vec::with_capacity(payload.len() + 8);
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// What the eight bytes before a payload say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordHeader {
    length: [u8; 4],
    checksum: u32,
}

impl RecordHeader {
    /// `None` when there are fewer than eight bytes.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let length = *bytes.first_chunk()?;
        let checksum = u32::from_le_bytes(*bytes.get(length.len()..)?.first_chunk()?);
        Some(Self { length, checksum })
    }

    pub(super) fn length(self) -> u64 {
        u64::from(u32::from_le_bytes(self.length))
    }

    /// Whether there is no record here, nor any later one.
    pub(super) fn is_blank(self) -> bool {
        self.length == [0; 4] && self.checksum == 0
    }

    pub(super) fn matches(self, payload: &[u8]) -> bool {
        checksum(self.length, payload) == self.checksum
    }
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}
