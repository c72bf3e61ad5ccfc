//! A stream as one JSON array: how Google streams to a client that has not asked for server-sent
//! events. Each event is an element, an error in the middle of an answer like any other.

use super::{SseDecoder, SseEvent, WireError};

/// Frames a stream of server-sent events anew, whatever its chunks.
#[derive(Debug, Default)]
pub struct JsonArray {
    decoder: SseDecoder,
    has_begun: bool,
}

impl JsonArray {
    /// Takes the next bytes; gives the elements that they complete.
    ///
    /// # Errors
    /// [`WireError::Nonsense`] for an event that is larger than 16 MiB.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, WireError> {
        let mut out = Vec::with_capacity(bytes.len());
        let Self { decoder, has_begun } = self;
        decoder.push(bytes, &mut |event| add(event, has_begun, &mut out))?;
        Ok(out)
    }

    /// The stream is over; gives what closes the array.
    ///
    /// # Errors
    /// As [`JsonArray::push`].
    pub fn finish(&mut self) -> Result<Vec<u8>, WireError> {
        let mut out = Vec::new();
        let Self { decoder, has_begun } = self;
        decoder.finish(&mut |event| add(event, has_begun, &mut out))?;
        out.extend_from_slice(if *has_begun { b"]" } else { b"[]" });
        Ok(out)
    }
}

fn add(event: SseEvent<'_>, has_begun: &mut bool, out: &mut Vec<u8>) {
    let before: &[u8] = if std::mem::replace(has_begun, true) { b",\n" } else { b"[" };
    out.extend_from_slice(before);
    out.extend_from_slice(event.data.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str = "data: {\"a\":1}\n\ndata: {\"b\":\"é\"}\n\ndata: {\"error\":{}}\n\n";

    #[test]
    fn every_event_is_an_element_however_the_stream_is_cut() {
        for chunk in 1..=EVENTS.len() {
            let mut array = JsonArray::default();
            let mut out = Vec::new();
            for bytes in EVENTS.as_bytes().chunks(chunk) {
                out.extend(array.push(bytes).unwrap());
            }
            out.extend(array.finish().unwrap());
            let told = String::from_utf8(out).unwrap();
            assert_eq!(told, "[{\"a\":1},\n{\"b\":\"é\"},\n{\"error\":{}}]", "chunks of {chunk}");
        }
    }

    #[test]
    fn a_stream_without_events_is_an_empty_array() {
        assert_eq!(JsonArray::default().finish().unwrap(), b"[]");
    }
}
