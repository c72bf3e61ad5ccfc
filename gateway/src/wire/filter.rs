//! Takes out of a stream the one chunk that the client did not ask for.
//!
//! To bill a stream, the gateway asks OpenAI for usage. The provider then sends one more chunk,
//! without choices, right before the end. A client that did not ask for it must not see it;
//! every other byte passes as it came.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;
use serde::{Deserialize, de::IgnoredAny};

use super::{SseDecoder, SseEvent, WholeEvents, whole_events::events};

static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));

/// Holds back at most one unfinished event.
#[derive(Debug, Default)]
pub struct UsageChunkFilter {
    events: WholeEvents,
}

impl UsageChunkFilter {
    /// A filter at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes whole events on, except for a usage chunk. Where nothing is taken out, nothing is
    /// copied.
    pub fn push(&mut self, bytes: Bytes) -> Bytes {
        without_usage_chunk(self.events.push(bytes))
    }

    /// What is held when the stream ends.
    pub fn finish(&mut self) -> Bytes {
        without_usage_chunk(self.events.finish())
    }
}

fn without_usage_chunk(bytes: Bytes) -> Bytes {
    if !has_usage(&bytes) {
        return bytes;
    }
    let mut out = BytesMut::with_capacity(bytes.len());
    let mut end = 0;
    for event in events(&bytes) {
        end = event.end;
        if !is_usage_chunk(&bytes[event.clone()]) {
            out.extend_from_slice(&bytes[event]);
        }
    }
    // Behind the last blank line there is something at the end of a stream alone.
    if !is_usage_chunk(&bytes[end..]) {
        out.extend_from_slice(&bytes[end..]);
    }
    out.freeze()
}

/// Whether there is a usage that is not null, in any spelling.
fn has_usage(bytes: &[u8]) -> bool {
    USAGE.find_iter(bytes).any(|at| {
        let rest = bytes[at + USAGE.needle().len()..].trim_ascii_start();
        let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        value.is_some_and(|value| !value.starts_with(b"null"))
    })
}

fn is_usage_chunk(event: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Chunk {
        choices: Vec<IgnoredAny>,
        usage: Option<IgnoredAny>,
    }
    if !has_usage(event) {
        return false;
    }
    let mut is_usage = false;
    let mut tell = |event: SseEvent<'_>| {
        is_usage |= serde_json::from_str::<Chunk>(event.data)
            .is_ok_and(|chunk| chunk.choices.is_empty() && chunk.usage.is_some());
    };
    let mut decoder = SseDecoder::new();
    // What is too large to be decoded is no usage chunk.
    let read = decoder.push(event, &mut tell).and_then(|()| decoder.finish(&mut tell));
    read.is_ok() && is_usage
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const BEFORE: &str = ": hello\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{}\"}}],\
        \"usage\":null}\n\ndata: {\"choices\":[],\"prompt_filter_results\":[]}\n\n";
    const END: &str = "data: [DONE]\n\n";

    fn filtered(stream: &str, chunk: usize) -> String {
        let mut filter = UsageChunkFilter::new();
        let mut out = Vec::new();
        for bytes in stream.as_bytes().chunks(chunk) {
            out.extend_from_slice(&filter.push(Bytes::copy_from_slice(bytes)));
        }
        out.extend_from_slice(&filter.finish());
        String::from_utf8(out).unwrap()
    }

    #[rstest]
    #[case("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n")]
    #[case("data: {\"choices\" : [ ], \"usage\" : { } }\n\n")]
    #[case("id: 1\ndata: {\"usage\":{},\ndata: \"choices\":[]}\n\n")]
    fn only_the_usage_chunk_is_taken_out_whatever_the_chunks(#[case] usage: &str) {
        for line_end in ["\n", "\r\n", "\r"] {
            let stream = format!("{BEFORE}{usage}{END}").replace('\n', line_end);
            let expected = format!("{BEFORE}{END}").replace('\n', line_end);
            for chunk in 1..=stream.len() {
                assert_eq!(filtered(&stream, chunk), expected, "chunks of {chunk}");
            }
        }
    }

    #[test]
    fn a_last_usage_chunk_without_its_blank_line_is_taken_out_too() {
        let stream = format!("{BEFORE}data: {{\"choices\":[],\"usage\":{{}}}}");
        assert_eq!(filtered(&stream, 7), BEFORE);
    }

    #[test]
    fn usage_beside_choices_is_the_providers_own_and_stays() {
        let stream = "data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{}}\n\n";
        assert_eq!(filtered(stream, 5), stream);
    }

    #[test]
    fn whole_events_pass_at_once_and_uncopied() {
        let mut filter = UsageChunkFilter::new();
        let bytes = Bytes::from_static(BEFORE.as_bytes());
        let passed = filter.push(bytes.clone());
        assert_eq!((passed.as_ptr(), passed.len()), (bytes.as_ptr(), bytes.len()));
        let passed = filter.push(Bytes::from_static(b"data: 1\n\ndata: 2"));
        assert_eq!(&passed[..], b"data: 1\n\n");
        assert_eq!(&filter.push(Bytes::from_static(b"\n\n"))[..], b"data: 2\n\n");
    }

    proptest! {
        #[test]
        fn a_stream_without_usage_passes_byte_for_byte(
            stream in "(data: |\"choices\":\\[\\]|[a\"{}:\\n\\r]){0,60}", chunk in 1..20_usize,
        ) {
            prop_assert_eq!(filtered(&stream, chunk), stream);
        }
    }
}
