//! The frames in which Bedrock streams, written by Amazon's own codec.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::json;

/// What Bedrock fills its events up with, so that their lengths say less of what is in them.
pub(super) const PADDING: &str = "abcdefghijklmnopqrstuvwxyz";

/// An event of this type.
pub(in crate::fake_provider) fn event(kind: &str, payload: &str) -> Bytes {
    let headers =
        [(":event-type", kind), (":content-type", "application/json"), (":message-type", "event")];
    frame(headers, payload)
}

/// An exception of this type, which ends the stream.
pub(in crate::fake_provider) fn exception(kind: &str, payload: &str) -> Bytes {
    let headers = [
        (":exception-type", kind),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ];
    frame(headers, payload)
}

/// The event of a line: its type, a space and its payload.
pub(super) fn event_of_line(line: &[u8]) -> Bytes {
    let line = String::from_utf8_lossy(line);
    let (kind, payload) = line.split_once(' ').unwrap_or((&line, "{}"));
    event(kind, payload)
}

/// The chunk that carries a server-sent event's data.
pub(super) fn chunk_of_event(event_text: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(event_text);
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default();
    event("chunk", &json!({ "bytes": STANDARD.encode(data), "p": PADDING }).to_string())
}

fn frame(headers: [(&str, &str); 3], payload: &str) -> Bytes {
    let mut message = Message::new(Bytes::copy_from_slice(payload.as_bytes()));
    for (name, value) in headers {
        let value = HeaderValue::String(value.to_owned().into());
        message = message.add_header(Header::new(name.to_owned(), value));
    }
    let mut bytes = Vec::with_capacity(payload.len() + 128);
    // Only headers and payloads beyond the format's limits cannot be written; these are short.
    let _ = write_message_to(&message, &mut bytes);
    Bytes::from(bytes)
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::read_message_from;

    use super::*;

    fn parts(bytes: Bytes) -> (Vec<(String, String)>, String) {
        let message = read_message_from(bytes).unwrap();
        let text = |header: &Header| {
            let value = header.value().as_string().unwrap().as_str().to_owned();
            (header.name().as_str().to_owned(), value)
        };
        let headers = message.headers().iter().map(text).collect();
        (headers, String::from_utf8(message.payload().to_vec()).unwrap())
    }

    #[test]
    fn a_line_becomes_the_event_that_it_names() {
        let (headers, payload) = parts(event_of_line(b"messageStop {\"stopReason\":\"end_turn\"}"));
        assert!(headers.contains(&(":event-type".to_owned(), "messageStop".to_owned())));
        assert!(headers.contains(&(":message-type".to_owned(), "event".to_owned())));
        assert_eq!(payload, "{\"stopReason\":\"end_turn\"}");
    }

    #[test]
    fn a_chunk_carries_the_data_of_an_event() {
        let (_, payload) = parts(chunk_of_event(b"event: ping\ndata: {\"type\":\"ping\"}\n\n"));
        let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
        let data = STANDARD.decode(payload["bytes"].as_str().unwrap()).unwrap();
        assert_eq!(data, b"{\"type\":\"ping\"}");
    }

    #[test]
    fn an_exception_says_that_it_is_one() {
        let (headers, _) = parts(exception("throttlingException", "{}"));
        assert!(
            headers.contains(&(":exception-type".to_owned(), "throttlingException".to_owned()))
        );
        assert!(headers.contains(&(":message-type".to_owned(), "exception".to_owned())));
    }
}
