//! How the events of a stream are told apart on the connection.
//!
//! Whatever reads a stream reads server-sent events; what a provider frames in another way is
//! framed anew as it arrives, and chunk boundaries change nothing.

mod event_stream;
mod json_lines;

use bytes::Bytes;

use self::{event_stream::EventStream, json_lines::JsonLines};
use super::WireError;

/// The framing of a provider's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    ServerSentEvents,
    /// A JSON document a line.
    JsonLines,
    /// Amazon's event stream. The type of an event is its name, and another vendor's events are
    /// in its chunks.
    EventStream,
}

impl Framing {
    /// The media type by which a provider announces it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::ServerSentEvents => "text/event-stream",
            Self::JsonLines => "application/x-ndjson",
            Self::EventStream => "application/vnd.amazon.eventstream",
        }
    }

    /// What frames such a stream anew; none where there is nothing to do.
    #[must_use]
    pub fn reframer(self) -> Option<Reframer> {
        match self {
            Self::ServerSentEvents => None,
            Self::JsonLines => Some(Reframer::JsonLines(JsonLines::default())),
            Self::EventStream => Some(Reframer::EventStream(EventStream::default())),
        }
    }
}

/// Frames a stream as server-sent events.
#[derive(Debug)]
pub enum Reframer {
    /// From a JSON document a line.
    JsonLines(JsonLines),
    /// From Amazon's event stream.
    EventStream(EventStream),
}

impl Reframer {
    /// Takes the next bytes; gives the events that they complete.
    ///
    /// # Errors
    /// [`WireError::Nonsense`] where the framing is broken, or a frame is larger than 16 MiB.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Bytes, WireError> {
        match self {
            Self::JsonLines(lines) => lines.push(bytes),
            Self::EventStream(frames) => frames.push(bytes),
        }
    }

    /// The stream is over; gives a last event that nothing has ended.
    ///
    /// # Errors
    /// [`WireError::Nonsense`] where it ends in the middle of a frame.
    pub fn finish(&mut self) -> Result<Bytes, WireError> {
        match self {
            Self::JsonLines(lines) => Ok(lines.finish()),
            Self::EventStream(frames) => frames.finish(),
        }
    }
}
