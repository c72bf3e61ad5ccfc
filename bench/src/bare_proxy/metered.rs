//! A stream that is passed on untouched while its usage is read.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use memchr::memmem;
use serde::Deserialize;

use super::work::Usage;

#[derive(Debug, Deserialize)]
struct LastChunk {
    usage: Usage,
}

/// A relayed body and where its tokens are counted.
///
/// It looks for usage in each frame by itself: the fake provider sends an event per frame, and a
/// yardstick has to be no more thorough than that.
#[derive(Debug)]
pub(super) struct Metered {
    body: Incoming,
    tokens: Arc<AtomicU64>,
}

impl Metered {
    pub(super) fn new(body: Incoming, tokens: Arc<AtomicU64>) -> Self {
        Self { body, tokens }
    }

    fn read(&self, bytes: &[u8]) {
        if let Some(usage) = usage_in(bytes) {
            self.tokens.fetch_add(usage, Ordering::Relaxed);
        }
    }
}

fn usage_in(bytes: &[u8]) -> Option<u64> {
    memmem::find(bytes, b"\"usage\":{")?;
    let data = memmem::find(bytes, b"data: ")? + b"data: ".len();
    let line = bytes[data..].split(|byte| *byte == b'\n').next()?;
    serde_json::from_slice::<LastChunk>(line).ok().map(|chunk| chunk.usage.total())
}

impl Body for Metered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(bytes) = frame.data_ref()
        {
            self.read(bytes);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::usage_in;

    #[test]
    fn usage_is_read_from_the_chunk_that_has_it() {
        let chunk = b"data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n";
        assert_eq!(usage_in(chunk), Some(7));
        assert_eq!(usage_in(b"data: {\"usage\":null}\n\n"), None);
        assert_eq!(usage_in(b"data: [DONE]\n\n"), None);
    }
}
