//! Amazon's event stream: <https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html>
//!
//! A frame has headers, a payload and two checksums. An event becomes the server-sent event of its
//! name; one of type `chunk` holds an event of another vendor in base64 and becomes that one; one of
//! type `PayloadPart` holds bytes of the stream of server-sent events that a container wrote. An
//! exception becomes an event `error` as Anthropic has it, which every reader of such a stream
//! knows.

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::{event_stream::Message, str_bytes::StrBytes};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{BufMut, Bytes, BytesMut};
use serde::Deserialize;
use serde_json::json;

use crate::wire::WireError;

/// The largest frame, in bytes.
const FRAME_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// The smallest one: two lengths, their checksum and the checksum of the frame.
const LEAST_FRAME_BYTES: usize = 16;

/// Holds the beginning of the frame that has not ended yet.
#[derive(Debug, Default)]
pub struct EventStream {
    frame: BytesMut,
    /// What is wrong behind the events that were told last.
    failure: Option<WireError>,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    bytes: &'a str,
}

#[derive(Deserialize)]
struct Typed {
    r#type: String,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(alias = "Message")]
    message: Option<String>,
}

impl EventStream {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Bytes, WireError> {
        self.unless_failed()?;
        self.frame.extend_from_slice(bytes);
        let mut events = BytesMut::new();
        loop {
            match self.take_frame(&mut events) {
                Ok(true) => {}
                Ok(false) => return Ok(events.freeze()),
                Err(failure) if events.is_empty() => return Err(failure),
                // What came before it is told first, as it would be in a chunk of its own.
                Err(failure) => {
                    self.failure = Some(failure);
                    return Ok(events.freeze());
                }
            }
        }
    }

    pub(super) fn finish(&mut self) -> Result<Bytes, WireError> {
        self.unless_failed()?;
        if self.frame.is_empty() {
            return Ok(Bytes::new());
        }
        Err(nonsense("the stream ended in the middle of a frame"))
    }

    fn unless_failed(&self) -> Result<(), WireError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Tells the next frame, if it is there.
    fn take_frame(&mut self, events: &mut BytesMut) -> Result<bool, WireError> {
        let Some(length) = self.length()?.filter(|length| *length <= self.frame.len()) else {
            return Ok(false);
        };
        let frame = self.frame.split_to(length).freeze();
        let message = read_message_from(frame)
            .map_err(|error| nonsense(format!("a frame is broken ({error})")))?;
        write_message(&message, events).map(|()| true)
    }

    /// How long the frame is; none before its first four bytes are there.
    fn length(&self) -> Result<Option<usize>, WireError> {
        let Some(length) = self.frame.first_chunk().copied().map(u32::from_be_bytes) else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if !(LEAST_FRAME_BYTES..=FRAME_LIMIT_BYTES).contains(&length) {
            return Err(nonsense(format!("a frame of {length} bytes")));
        }
        Ok(Some(length))
    }
}

fn write_message(message: &Message, events: &mut BytesMut) -> Result<(), WireError> {
    let header = |name: &str| {
        let header = message.headers().iter().find(|header| header.name().as_str() == name)?;
        header.value().as_string().ok().map(StrBytes::as_str)
    };
    match header(":message-type") {
        Some("event") => match header(":event-type") {
            Some("chunk") => write_chunk(message.payload(), events),
            Some("PayloadPart") => {
                events.put_slice(message.payload());
                Ok(())
            }
            Some(name) => {
                write_event(name, message.payload(), events);
                Ok(())
            }
            None => Err(nonsense("an event has no type")),
        },
        Some("exception") => {
            let told: Option<Exception> = serde_json::from_slice(message.payload()).ok();
            let words = told.and_then(|told| told.message);
            write_error(header(":exception-type"), words.as_deref(), events);
            Ok(())
        }
        Some("error") => {
            write_error(header(":error-code"), header(":error-message"), events);
            Ok(())
        }
        _ => Err(nonsense("a frame is neither an event nor an exception")),
    }
}

fn write_event(name: &str, data: &[u8], events: &mut BytesMut) {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    events.put_slice(b"event: ");
    events.extend(name.bytes().filter(is_plain));
    events.put_slice(b"\n");
    for line in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
        events.put_slice(b"data: ");
        events.put_slice(line);
        events.put_slice(b"\n");
    }
    events.put_slice(b"\n");
}

/// The event in a chunk is named by the type within it, as its vendor names it.
fn write_chunk(payload: &[u8], events: &mut BytesMut) -> Result<(), WireError> {
    let broken = || nonsense("a chunk holds no event");
    let Chunk { bytes } = serde_json::from_slice(payload).map_err(|_| broken())?;
    let event = STANDARD.decode(bytes).map_err(|_| broken())?;
    let Typed { r#type } = serde_json::from_slice(&event).map_err(|_| broken())?;
    write_event(&r#type, &event, events);
    Ok(())
}

fn write_error(exception: Option<&str>, words: Option<&str>, events: &mut BytesMut) {
    let message = words.or(exception).unwrap_or("the provider gave no reason");
    let error = json!({ "type": kind_of(exception.unwrap_or_default()), "message": message });
    let error = json!({ "type": "error", "error": error }).to_string();
    write_event("error", error.as_bytes(), events);
}

/// The exceptions of a stream, by the names that Anthropic has for the like.
fn kind_of(exception: &str) -> &'static str {
    match exception {
        "throttlingException" => "rate_limit_error",
        "validationException" => "invalid_request_error",
        "serviceUnavailableException" => "overloaded_error",
        "modelTimeoutException" => "timeout_error",
        _ => "api_error",
    }
}

fn nonsense(what: impl Into<String>) -> WireError {
    WireError::Nonsense(what.into())
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::write_message_to;
    use aws_smithy_types::event_stream::{Header, HeaderValue};
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn frame(headers: &[(&'static str, &str)], payload: &str) -> Vec<u8> {
        let mut message = Message::new(payload.as_bytes().to_vec());
        for (name, value) in headers {
            let value = HeaderValue::String((*value).to_owned().into());
            message = message.add_header(Header::new(*name, value));
        }
        let mut frame = Vec::new();
        write_message_to(&message, &mut frame).unwrap();
        frame
    }

    fn event(kind: &str, payload: &str) -> Vec<u8> {
        let headers = [
            (":event-type", kind),
            (":content-type", "application/json"),
            (":message-type", "event"),
        ];
        frame(&headers, payload)
    }

    fn exception(kind: &str, payload: &str) -> Vec<u8> {
        frame(&[(":exception-type", kind), (":message-type", "exception")], payload)
    }

    fn told(chunks: &[&[u8]]) -> Result<String, WireError> {
        let mut frames = EventStream::default();
        let mut events = Vec::new();
        for chunk in chunks {
            events.extend_from_slice(&frames.push(chunk)?);
        }
        events.extend_from_slice(&frames.finish()?);
        Ok(String::from_utf8(events).unwrap())
    }

    fn stream() -> Vec<u8> {
        [
            event("messageStart", r#"{"role":"assistant","p":"abc"}"#),
            event("contentBlockDelta", r#"{"contentBlockIndex":0,"delta":{"text":"é"}}"#),
            exception("throttlingException", r#"{"message":"Too many requests"}"#),
        ]
        .concat()
    }

    const EVENTS: &str = "event: messageStart\ndata: {\"role\":\"assistant\",\"p\":\"abc\"}\n\n\
        event: contentBlockDelta\ndata: {\"contentBlockIndex\":0,\"delta\":{\"text\":\"é\"}}\n\n\
        event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\
        \"message\":\"Too many requests\"}}\n\n";

    #[test]
    fn an_event_has_its_type_for_a_name_whatever_the_chunks() {
        let stream = stream();
        for size in 1..=stream.len() {
            let chunks: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(told(&chunks).unwrap(), EVENTS, "chunks of {size}");
        }
    }

    #[test]
    fn a_chunk_becomes_the_event_that_it_holds() {
        let inner = r#"{"type":"content_block_delta","index":0,"delta":{"text":"hi"}}"#;
        let chunk = format!(r#"{{"bytes":"{}","p":"abcd"}}"#, STANDARD.encode(inner));
        let told = told(&[&event("chunk", &chunk)]).unwrap();
        assert_eq!(told, format!("event: content_block_delta\ndata: {inner}\n\n"));
    }

    #[test]
    fn parts_of_a_container_s_stream_are_put_together() {
        let parts = ["data: {\"a\":", "1}\n\nda", "ta: [DONE]\n\n"];
        let frames = parts.map(|part| event("PayloadPart", part)).concat();
        for size in 1..=frames.len() {
            let chunks: Vec<&[u8]> = frames.chunks(size).collect();
            assert_eq!(told(&chunks).unwrap(), parts.concat(), "chunks of {size}");
        }
    }

    #[test]
    fn a_container_that_fails_in_its_stream_is_told_in_its_words() {
        let failure = r#"{"Message":"worker died","ErrorCode":"ModelInvocationTimeExceeded"}"#;
        let told = told(&[&exception("ModelStreamError", failure)]).unwrap();
        assert!(
            told.starts_with("event: error\ndata: {") && told.contains("worker died"),
            "{told}"
        );
    }

    #[rstest]
    #[case(exception("modelTimeoutException", "{}"), "timeout_error", "modelTimeoutException")]
    #[case(exception("modelStreamErrorException", r#"{"Message":"no"}"#), "api_error", "no")]
    #[case(
        exception("validationException", "<html>"),
        "invalid_request_error",
        "validationException"
    )]
    #[case(
        frame(&[(":message-type", "error"), (":error-code", "Oops"), (":error-message", "no\nway")], ""),
        "api_error",
        "no\\nway"
    )]
    #[case(frame(&[(":message-type", "error")], ""), "api_error", "the provider gave no reason")]
    fn a_failure_in_the_stream_is_an_event(
        #[case] frame: Vec<u8>,
        #[case] kind: &str,
        #[case] message: &str,
    ) {
        let expected = format!(
            "event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"{kind}\",\
             \"message\":\"{message}\"}}}}\n\n"
        );
        assert_eq!(told(&[&frame]).unwrap(), expected);
    }

    #[test]
    fn a_name_and_a_payload_cannot_break_out_of_their_event() {
        let told = told(&[&event("a\ndata: x", "{\n\"a\":\r\n1}")]).unwrap();
        assert_eq!(told, "event: adatax\ndata: {\ndata: \"a\":\ndata: \ndata: 1}\n\n");
    }

    #[rstest]
    #[case::flipped_bit({ let mut frame = stream(); frame[40] ^= 1; frame })]
    #[case::cut({ let mut frame = stream(); frame.pop(); frame })]
    #[case::html(b"<html><body>no</body></html>".to_vec())]
    #[case::too_short(vec![0, 0, 0, 15, 0, 0, 0, 0])]
    #[case::no_type(frame(&[(":message-type", "event")], "{}"))]
    #[case::no_message_type(frame(&[(":event-type", "chunk")], "{}"))]
    #[case::no_event_in_a_chunk(event("chunk", r#"{"bytes":"!"}"#))]
    #[case::no_typed_event_in_a_chunk(event("chunk", r#"{"bytes":"e30="}"#))]
    fn broken_frames_are_nonsense(#[case] frame: Vec<u8>) {
        assert!(matches!(told(&[&frame]), Err(WireError::Nonsense(_))));
    }

    #[test]
    fn what_came_before_a_broken_frame_is_told_whatever_the_chunks() {
        let mut broken = stream();
        *broken.last_mut().unwrap() ^= 1;
        let whole = EVENTS.split("event: error").next().unwrap();
        for size in [1, 7, broken.len()] {
            let mut frames = EventStream::default();
            let mut told = Vec::new();
            let failure = broken.chunks(size).try_for_each(|chunk| {
                told.extend_from_slice(&frames.push(chunk)?);
                Ok::<_, WireError>(())
            });
            assert!(failure.and_then(|()| frames.finish().map(drop)).is_err(), "chunks of {size}");
            assert_eq!(std::str::from_utf8(&told).unwrap(), whole, "chunks of {size}");
        }
    }

    #[test]
    fn an_empty_stream_is_no_event() {
        assert_eq!(told(&[]).unwrap(), "");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = told(&[&bytes]);
        }

        /// Frames whose checksums are right reach the code behind them.
        #[test]
        fn arbitrary_headers_and_payloads_never_panic(
            headers in prop::collection::vec(any::<u8>(), 0..80),
            payload in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
            let mut frame = length(LEAST_FRAME_BYTES + headers.len() + payload.len()).to_vec();
            frame.extend(length(headers.len()));
            frame.extend(crc32fast::hash(&frame).to_be_bytes());
            frame.extend(headers);
            frame.extend(payload);
            frame.extend(crc32fast::hash(&frame).to_be_bytes());
            let _ = told(&[&frame]);
        }

        #[test]
        fn one_changed_byte_is_noticed(at in 0..97_usize, change in 1..=255_u8) {
            let mut frame = event("contentBlockDelta", r#"{"delta":{"text":"hi"}}"#);
            let at = at % frame.len();
            frame[at] ^= change;
            prop_assert!(told(&[&frame]).is_err());
        }
    }
}
