//! Passes a stream on in whole events, byte for byte.
//!
//! A stream that breaks off in the middle of an event would leave the client half of one, which
//! its parser then joins with the error that follows. So the beginning of an event waits for its
//! end; whole events pass at once and uncopied.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use memchr::memchr2;

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
    pub fn push(&mut self, mut bytes: Bytes) -> Bytes {
        if !self.held.is_empty() {
            self.held.extend_from_slice(&bytes);
            let may_end = memchr2(b'\n', b'\r', &bytes).is_some();
            if !may_end && self.held.len() <= HELD_LIMIT_BYTES {
                return Bytes::new();
            }
            bytes = self.held.split().freeze();
        }
        let mut whole = end_of_last_event(&bytes);
        if whole == 0 && bytes.len() > HELD_LIMIT_BYTES {
            whole = bytes.len();
        }
        self.held.extend_from_slice(&bytes[whole..]);
        bytes.truncate(whole);
        bytes
    }

    /// What is held when the stream ends in good order.
    pub fn finish(&mut self) -> Bytes {
        self.held.split().freeze()
    }
}

/// Where the last event ends that is whole; zero if none is.
fn end_of_last_event(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\n\n") || bytes.ends_with(b"\n\r\n") {
        return bytes.len();
    }
    events(bytes).last().map_or(0, |event| event.end)
}

/// Where the whole events stand, their blank lines included. A carriage return that is the last
/// byte ends nothing yet: its line feed may still be to come.
pub(super) fn events(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let mut line_start = 0;
    std::iter::from_fn(move || {
        loop {
            let at = line_start + memchr2(b'\n', b'\r', &bytes[line_start..])?;
            let next = match (bytes[at], bytes.get(at + 1)) {
                (b'\r', None) => return None,
                (b'\r', Some(b'\n')) => at + 2,
                _ => at + 1,
            };
            let is_blank = at == line_start;
            line_start = next;
            if is_blank {
                let event = start..next;
                start = next;
                return Some(event);
            }
        }
    })
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
