//! Passes a stream on in whole events, byte for byte.
//!
//! A stream that breaks off in the middle of an event would leave the client half of one, which
//! its parser then joins with the error that follows. So the beginning of an event waits for its
//! end; whole events pass at once and uncopied.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// Beyond this an event is passed in parts after all.
const HELD_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Holds back at most the beginning of one event.
#[derive(Debug, Default)]
pub struct WholeEvents {
    held: BytesMut,
}

impl WholeEvents {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes on what is whole.
    pub fn push(&mut self, bytes: Bytes) -> Bytes {
        if self.held.is_empty() && end_of_last_event(&bytes) == bytes.len() {
            return bytes;
        }
        self.held.extend_from_slice(&bytes);
        let end = end_of_last_event(&self.held);
        if end == 0 && self.held.len() > HELD_LIMIT_BYTES {
            return self.held.split().freeze();
        }
        self.held.split_to(end).freeze()
    }

    /// What is held when the stream ends in good order.
    pub fn finish(&mut self) -> Bytes {
        self.held.split().freeze()
    }
}

/// Where the last event ends that is whole; zero if none is.
fn end_of_last_event(bytes: &[u8]) -> usize {
    [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"]
        .into_iter()
        .filter_map(|blank_line| memmem::rfind(bytes, blank_line).map(|at| at + blank_line.len()))
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "event: a\r\ndata: 1\r\n\r\ndata: 2\n\n: c\n\ndata: cut in the mid";

    #[test]
    fn every_byte_passes_in_order_and_the_cut_event_is_held() {
        let whole = STREAM.len() - "data: cut in the mid".len();
        for chunk in 1..=STREAM.len() {
            let mut events = WholeEvents::new();
            let mut passed = Vec::new();
            for bytes in STREAM.as_bytes().chunks(chunk) {
                passed.extend_from_slice(&events.push(Bytes::copy_from_slice(bytes)));
            }
            assert_eq!(passed, &STREAM.as_bytes()[..whole], "chunks of {chunk}");
            assert_eq!(events.finish(), &STREAM.as_bytes()[whole..]);
        }
    }

    #[test]
    fn whole_events_are_not_copied() {
        let bytes = Bytes::from_static(b"data: 1\n\n");
        assert_eq!(WholeEvents::new().push(bytes.clone()).as_ptr(), bytes.as_ptr());
    }
}
