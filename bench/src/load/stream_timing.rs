//! When the pieces of a streamed answer arrived, and how long each had been under way.
//!
//! Reads server-sent events of a client's dialect as they come in, wherever the network cuts them.
//! A piece that begins with the clock at its sending (see the fake provider's `stamp`) tells its
//! own delay, so that no schedule has to be assumed.

use memchr::memmem;

use super::client_dialect::ClientDialect;

/// What is known of a stream so far.
#[derive(Debug)]
pub(super) struct StreamTiming {
    dialect: ClientDialect,
    unfinished_line: Vec<u8>,
    /// Pieces of text.
    pub(super) pieces: u64,
    /// When the first piece of text arrived, in nanoseconds of the machine's clock.
    pub(super) first_text_at: Option<u64>,
    /// How long each stamped piece was under way, in nanoseconds.
    pub(super) lags_nanos: Vec<u64>,
    /// Whether the stream has said that it ends here.
    pub(super) is_done: bool,
    /// Whether the stream has reported an error.
    pub(super) has_error: bool,
}

impl StreamTiming {
    /// A stream of which nothing has come.
    pub(super) fn of(dialect: ClientDialect) -> Self {
        Self {
            dialect,
            unfinished_line: Vec::new(),
            pieces: 0,
            first_text_at: None,
            lags_nanos: Vec::new(),
            is_done: false,
            has_error: false,
        }
    }

    /// Takes what arrived at `now_nanos`.
    pub(super) fn push(&mut self, mut bytes: &[u8], now_nanos: u64) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            if self.unfinished_line.is_empty() {
                self.read(line, now_nanos);
            } else {
                let mut whole = std::mem::take(&mut self.unfinished_line);
                whole.extend_from_slice(line);
                self.read(&whole, now_nanos);
            }
            bytes = rest;
        }
        self.unfinished_line.extend_from_slice(bytes);
    }

    /// Whether the stream came to its proper end.
    pub(super) fn is_whole(&self) -> bool {
        self.is_done && !self.has_error && self.unfinished_line.is_empty()
    }

    fn read(&mut self, line: &[u8], now_nanos: u64) {
        let Some(data) = line.strip_prefix(b"data: ") else {
            return;
        };
        if data.starts_with(b"{\"error\"") {
            self.has_error = true;
        } else if self.dialect.is_end(data) {
            self.is_done = true;
        }
        let before = self.dialect.before_text();
        if let Some(place) = memmem::find(data, before) {
            self.read_text(&data[place + before.len()..], now_nanos);
        }
    }

    fn read_text(&mut self, text: &[u8], now_nanos: u64) {
        if text.first().is_none_or(|byte| *byte == b'"') {
            return;
        }
        self.pieces += 1;
        self.first_text_at.get_or_insert(now_nanos);
        if let Some(sent_at) = stamp(text) {
            self.lags_nanos.push(now_nanos.saturating_sub(sent_at));
        }
    }
}

/// The number before the first space.
fn stamp(text: &[u8]) -> Option<u64> {
    let end = text.iter().position(|byte| *byte == b' ')?;
    std::str::from_utf8(&text[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        ": a comment\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"1000 one\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"1500 two\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{}}]}\n\n",
        "data: [DONE]\n\n",
    );

    #[test]
    fn text_is_timed_and_the_empty_first_piece_is_not_text() {
        let mut timing = StreamTiming::of(ClientDialect::OpenaiChat);
        timing.push(STREAM.as_bytes(), 2_000);
        assert_eq!((timing.pieces, timing.first_text_at), (2, Some(2_000)));
        assert_eq!(timing.lags_nanos, [1_000, 500]);
        assert!(timing.is_whole());
    }

    #[test]
    fn where_the_network_cuts_does_not_matter() {
        for cut in 0..=STREAM.len() {
            let mut timing = StreamTiming::of(ClientDialect::OpenaiChat);
            timing.push(&STREAM.as_bytes()[..cut], 2_000);
            timing.push(&STREAM.as_bytes()[cut..], 2_000);
            assert_eq!(timing.lags_nanos, [1_000, 500], "cut at {cut}");
            assert!(timing.is_whole(), "cut at {cut}");
        }
    }

    #[test]
    fn a_piece_counts_from_when_it_was_whole() {
        let (start, rest) = STREAM.split_at(STREAM.find("one").unwrap());
        let mut timing = StreamTiming::of(ClientDialect::OpenaiChat);
        timing.push(start.as_bytes(), 1_100);
        timing.push(rest.as_bytes(), 1_700);
        assert_eq!((timing.first_text_at, timing.lags_nanos), (Some(1_700), vec![700, 200]));
    }

    #[test]
    fn a_stream_without_its_end_or_with_an_error_is_not_whole() {
        let mut cut = StreamTiming::of(ClientDialect::OpenaiChat);
        cut.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", 1);
        assert!(!cut.is_whole());
        let mut failed = StreamTiming::of(ClientDialect::OpenaiChat);
        failed.push(b"data: {\"error\":{}}\n\ndata: [DONE]\n\n", 1);
        assert!(!failed.is_whole());
    }

    #[test]
    fn pieces_and_the_end_are_known_in_every_dialect() {
        let streams = [
            (
                ClientDialect::OpenaiResponses,
                "data: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n\
                 data: {\"type\":\"response.output_text.done\",\"text\":\"a\"}\n\n\
                 data: {\"type\":\"response.completed\",\"response\":{}}\n\n",
            ),
            (
                ClientDialect::AnthropicMessages,
                "data: {\"type\":\"content_block_start\",\"content_block\":{\"text\":\"\"}}\n\n\
                 data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}\n\n\
                 data: {\"type\":\"message_stop\"}\n\n",
            ),
            (
                ClientDialect::Gemini,
                "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\
                 \"finishReason\":\"STOP\"}]}\r\n\r\n",
            ),
        ];
        for (dialect, stream) in streams {
            let mut timing = StreamTiming::of(dialect);
            timing.push(stream.as_bytes(), 1);
            assert!(timing.pieces == 1 && timing.is_whole(), "{dialect}: {timing:?}");
            let mut failed = StreamTiming::of(dialect);
            failed.push(b"event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n", 1);
            assert!(!failed.is_whole(), "{dialect}");
        }
    }

    #[test]
    fn unstamped_pieces_count_without_a_delay() {
        let mut timing = StreamTiming::of(ClientDialect::OpenaiChat);
        timing.push(b"data: {\"choices\":[{\"delta\":{\"content\":\"The quick\"}}]}\n", 1);
        assert_eq!((timing.pieces, timing.lags_nanos.len()), (1, 0));
    }
}
