//! Takes out of a stream the one chunk that the client did not ask for.
//!
//! To bill a stream, the gateway asks OpenAI for usage. The provider then sends one more chunk,
//! without choices, right before the end. A client that did not ask for it must not see it;
//! every other byte passes as it came.

use bytes::{Bytes, BytesMut};
use memchr::memmem;

/// Holds back at most one unfinished event.
#[derive(Debug, Default)]
pub struct UsageChunkFilter {
    held: BytesMut,
}

impl UsageChunkFilter {
    /// A filter at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes bytes on, except for a whole usage chunk.
    ///
    /// Bytes that cannot belong to one are passed at once; what may is held until its event ends.
    pub fn push(&mut self, bytes: Bytes) -> Bytes {
        if self.held.is_empty() && ends_an_event(&bytes) && !may_hold_usage(&bytes) {
            return bytes;
        }
        self.held.extend_from_slice(&bytes);
        let mut out = BytesMut::with_capacity(self.held.len());
        while let Some(end) = end_of_event(&self.held) {
            let event = self.held.split_to(end);
            if !is_usage_chunk(&event) {
                out.extend_from_slice(&event);
            }
        }
        out.freeze()
    }

    /// What is held when the stream ends.
    pub fn finish(&mut self) -> Bytes {
        let rest = self.held.split().freeze();
        if is_usage_chunk(&rest) { Bytes::new() } else { rest }
    }
}

fn ends_an_event(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\n") || bytes.ends_with(b"\r\n\r\n")
}

fn may_hold_usage(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"\"choices\":[]").is_some()
        || memmem::find(bytes, b"\"choices\": []").is_some()
}

fn end_of_event(bytes: &[u8]) -> Option<usize> {
    let line_feeds = memmem::find(bytes, b"\n\n").map(|at| at + 2);
    let carriage_returns = memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
    match (line_feeds, carriage_returns) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn is_usage_chunk(event: &[u8]) -> bool {
    may_hold_usage(event)
        && (memmem::find(event, b"\"usage\":{").is_some()
            || memmem::find(event, b"\"usage\": {").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": hello\n\ndata: {\"choices\":[{\"delta\":{}}],\"usage\":null}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n";

    #[test]
    fn only_the_usage_chunk_is_taken_out_whatever_the_chunks() {
        let expected =
            STREAM.replace("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n", "");
        for chunk in 1..=STREAM.len() {
            let mut filter = UsageChunkFilter::new();
            let mut out = Vec::new();
            for bytes in STREAM.as_bytes().chunks(chunk) {
                out.extend_from_slice(&filter.push(Bytes::copy_from_slice(bytes)));
            }
            out.extend_from_slice(&filter.finish());
            assert_eq!(String::from_utf8(out).unwrap(), expected, "chunks of {chunk}");
        }
    }
}
