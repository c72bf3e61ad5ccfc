//! Amazon's event stream, written by Amazon's own codec.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};

/// Events of these types with these payloads.
pub(crate) fn of(events: &[(String, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, payload) in events {
        let headers = [(":event-type", kind.as_str()), (":message-type", "event")];
        let message = headers.iter().fold(
            Message::new(payload.as_bytes().to_vec()),
            |message, (name, value)| {
                let value = HeaderValue::String((*value).to_owned().into());
                message.add_header(Header::new(*name, value))
            },
        );
        write_message_to(&message, &mut bytes).unwrap();
    }
    bytes
}
