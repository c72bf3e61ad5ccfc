//! A JSON document a line: <https://github.com/ndjson/ndjson-spec>

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memchr;

use crate::wire::WireError;

/// The longest line, in bytes.
const LINE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Holds the beginning of the line that has not ended yet.
#[derive(Debug, Default)]
pub struct JsonLines {
    line: BytesMut,
}

impl JsonLines {
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<Bytes, WireError> {
        let mut events = BytesMut::new();
        while let Some(end) = memchr(b'\n', bytes) {
            if self.line.is_empty() {
                write_event(&bytes[..end], &mut events);
            } else {
                self.line.extend_from_slice(&bytes[..end]);
                write_event(&self.line.split(), &mut events);
            }
            bytes = &bytes[end + 1..];
        }
        self.line.extend_from_slice(bytes);
        if self.line.len() > LINE_LIMIT_BYTES {
            let what = format!("a line is longer than {LINE_LIMIT_BYTES} bytes");
            return Err(WireError::Nonsense(what));
        }
        Ok(events.freeze())
    }

    pub(super) fn finish(&mut self) -> Bytes {
        let mut events = BytesMut::new();
        write_event(&self.line.split(), &mut events);
        events.freeze()
    }
}

fn write_event(line: &[u8], events: &mut BytesMut) {
    let line = line.trim_ascii();
    if line.is_empty() {
        return;
    }
    // Within a document a carriage return is white space; within an event it ends a line.
    for part in line.split(|byte| *byte == b'\r') {
        events.put_slice(b"data: ");
        events.put_slice(part);
        events.put_slice(b"\n");
    }
    events.put_slice(b"\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "{\"a\":1}\r\n\n {\"b\":\"é\"}\n{\"c\":3}";
    const EVENTS: &str = "data: {\"a\":1}\n\ndata: {\"b\":\"é\"}\n\ndata: {\"c\":3}\n\n";

    #[test]
    fn a_line_is_an_event_whatever_the_chunks() {
        for size in 1..=LINES.len() {
            let mut lines = JsonLines::default();
            let mut events = Vec::new();
            for chunk in LINES.as_bytes().chunks(size) {
                events.extend_from_slice(&lines.push(chunk).unwrap());
            }
            events.extend_from_slice(&lines.finish());
            assert_eq!(String::from_utf8(events).unwrap(), EVENTS, "chunks of {size}");
        }
    }

    #[test]
    fn a_line_cannot_break_out_of_its_event() {
        let mut lines = JsonLines::default();
        let events = lines.push(b"{\"a\":\r1}\n\r{}\rdata: x\r\rdata: y\n").unwrap();
        let expected = "data: {\"a\":\ndata: 1}\n\n\
            data: {}\ndata: data: x\ndata: \ndata: data: y\n\n";
        assert_eq!(events, expected);
    }

    #[test]
    fn a_line_without_an_end_is_given_up() {
        let mut lines = JsonLines::default();
        let half = vec![b' '; LINE_LIMIT_BYTES / 2 + 1];
        assert_eq!(lines.push(&half), Ok(Bytes::new()));
        assert!(matches!(lines.push(&half), Err(WireError::Nonsense(_))));
    }
}
