//! Server-sent events, decoded incrementally.
//!
//! Source: WHATWG HTML, "Interpreting an event stream": lines end with LF, CR or CRLF; a leading
//! byte order mark is skipped; data lines of one event are joined by LF; bytes that are not UTF-8
//! become replacement characters. One departure: a last event without its blank line is
//! delivered, because some providers leave it out.

use std::borrow::Cow;

use memchr::memchr2;

use super::WireError;

/// The largest event, in bytes.
const EVENT_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// Its type; empty if it has none.
    pub event: &'a str,
    /// Its data.
    pub data: &'a str,
}

/// Decodes a stream whatever its chunks.
#[derive(Debug, Default)]
pub struct SseDecoder {
    line: Vec<u8>,
    event: String,
    data: String,
    has_data: bool,
    after_carriage_return: bool,
    past_first_line: bool,
}

impl SseDecoder {
    /// A decoder at the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and tells every event that they complete.
    ///
    /// # Errors
    /// [`WireError::Nonsense`] for an event that is larger than 16 MiB.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        tell: &mut dyn FnMut(SseEvent<'_>),
    ) -> Result<(), WireError> {
        if self.after_carriage_return && !bytes.is_empty() {
            self.after_carriage_return = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let mut next = end + 1;
            if bytes[end] == b'\r' {
                match bytes.get(next) {
                    Some(b'\n') => next += 1,
                    Some(_) => {}
                    None => self.after_carriage_return = true,
                }
            }
            if self.line.is_empty() {
                self.take_line(&bytes[..end], tell)?;
            } else {
                self.line.extend_from_slice(&bytes[..end]);
                // Taken for as long as it is read; its room is for the next one.
                let mut line = std::mem::take(&mut self.line);
                self.take_line(&line, tell)?;
                line.clear();
                self.line = line;
            }
            bytes = &bytes[next..];
        }
        self.line.extend_from_slice(bytes);
        check_size(self.line.len())
    }

    /// Ends the stream; tells a last event that has no blank line behind it.
    ///
    /// # Errors
    /// As [`SseDecoder::push`].
    pub fn finish(&mut self, tell: &mut dyn FnMut(SseEvent<'_>)) -> Result<(), WireError> {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, tell)?;
        }
        self.take_line(b"", tell)
    }

    fn take_line(
        &mut self,
        line: &[u8],
        tell: &mut dyn FnMut(SseEvent<'_>),
    ) -> Result<(), WireError> {
        let line = if self.past_first_line {
            line
        } else {
            self.past_first_line = true;
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        };
        if line.is_empty() {
            if self.has_data {
                tell(SseEvent { event: &self.event, data: &self.data });
            }
            self.event.clear();
            self.data.clear();
            self.has_data = false;
            return Ok(());
        }
        check_size(line.len())?;
        let line: Cow<'_, str> = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                check_size(self.data.len() + value.len())?;
                self.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.event),
            // Comments, ids and retry times are of no use here; unknown fields are to be skipped.
            _ => {}
        }
        Ok(())
    }
}

/// Checked per line and per event, never per chunk: a limit must not depend on how the network
/// cuts the stream.
fn check_size(bytes: usize) -> Result<(), WireError> {
    if bytes > EVENT_LIMIT_BYTES {
        return Err(WireError::Nonsense("an event of more than 16 MiB".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str = "\u{feff}event: a\r\ndata: 1\r\n\r\n: comment\n\ndata:x\rdata: y\r\r\
                          event: ping\n\ndata: {\"ü\":1}\nid: 7\n\ndata: last";

    fn decode(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut events = Vec::new();
        let mut decoder = SseDecoder::new();
        let mut tell = |event: SseEvent<'_>| {
            events.push((event.event.to_owned(), event.data.to_owned()));
        };
        for chunk in chunks {
            decoder.push(chunk, &mut tell).unwrap();
        }
        decoder.finish(&mut tell).unwrap();
        events
    }

    fn expected() -> Vec<(String, String)> {
        [("a", "1"), ("", "x\ny"), ("", "{\"ü\":1}"), ("", "last")]
            .map(|(event, data)| (event.to_owned(), data.to_owned()))
            .to_vec()
    }

    #[test]
    fn a_stream_is_decoded_as_the_standard_says() {
        assert_eq!(decode(&[STREAM.as_bytes()]), expected());
    }

    #[test]
    fn a_stream_split_at_every_byte_gives_the_same_events() {
        let bytes: Vec<&[u8]> = STREAM.as_bytes().chunks(1).collect();
        assert_eq!(decode(&bytes), expected());
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        let events = decode(&[b": \xff\n\ndata: a\xffb\n\n".as_slice()]);
        assert_eq!(events, [(String::new(), "a\u{fffd}b".to_owned())]);
    }

    #[test]
    fn empty_data_is_an_event_and_no_data_is_none() {
        let events = decode(&[b"data\n\ndata:\ndata:\n\nevent: x\n\n".as_slice()]);
        assert_eq!(events, [(String::new(), String::new()), (String::new(), "\n".to_owned())]);
    }

    #[test]
    fn an_event_beyond_the_limit_is_refused_whatever_the_chunks_and_lines() {
        let half = vec![b'x'; EVENT_LIMIT_BYTES / 2 + 1];
        let lines = [b"data: ".as_slice(), &half, b"\ndata: ", &half, b"\n\n"].concat();
        let line = [b"data: ".as_slice(), &half, &half, b"\n\n"].concat();
        for stream in [lines, line] {
            for chunk in [stream.len(), 65_536] {
                let mut decoder = SseDecoder::new();
                let mut tell = |_: SseEvent<'_>| panic!("told of an event that is too large");
                let refused =
                    stream.chunks(chunk).find_map(|part| decoder.push(part, &mut tell).err());
                assert!(refused.is_some());
            }
        }
    }

    proptest! {
        #[test]
        fn a_stream_split_anywhere_gives_the_same_events(
            cuts in proptest::collection::vec(0..STREAM.len(), 0..8),
        ) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts {
                chunks.push(&STREAM.as_bytes()[from..cut]);
                from = cut;
            }
            chunks.push(&STREAM.as_bytes()[from..]);
            prop_assert_eq!(decode(&chunks), expected());
        }

        #[test]
        fn any_stream_split_anywhere_gives_the_same_events(
            stream in "(data|event|id|: x|é|\\x{feff}|[:a \\n\\r]){0,40}", chunk in 1..9_usize,
        ) {
            let chunks: Vec<&[u8]> = stream.as_bytes().chunks(chunk).collect();
            prop_assert_eq!(decode(&chunks), decode(&[stream.as_bytes()]));
        }
    }
}
