//! One side of a session: messages in both directions, one at a time, bounded in size.

use std::time::Duration;

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Mutex,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

/// Events are small, and there are many connections.
const BUFFER_BYTES: usize = 16 * 1024;
/// How long a side may take to be told, and to confirm, that the session ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// What has come over a line.
#[derive(Debug)]
pub(super) enum Heard {
    Message(Message),
    Closed(Option<CloseFrame>),
    TooLarge,
    Gone,
}

/// One side. Pings are answered by themselves; each message is written before the next one is
/// taken, so that a slow side slows the other one.
pub(super) struct Line<S> {
    sink: Mutex<SplitSink<WebSocketStream<S>, Message>>,
    source: Mutex<SplitStream<WebSocketStream<S>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(super) async fn over(io: S, role: Role, limit_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(limit_bytes.saturating_add(BUFFER_BYTES).saturating_mul(2))
            .max_message_size(Some(limit_bytes))
            .max_frame_size(Some(limit_bytes));
        let (sink, source) = WebSocketStream::from_raw_socket(io, role, Some(config)).await.split();
        Self { sink: Mutex::new(sink), source: Mutex::new(source) }
    }

    /// The next message, or how the line ends.
    pub(super) async fn hear(&self) -> Heard {
        let mut source = self.source.lock().await;
        loop {
            match source.next().await {
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame),
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    return Heard::Message(message);
                }
                Some(Ok(_)) => {}
                Some(Err(Error::Capacity(_))) => return Heard::TooLarge,
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    /// Writes a message out.
    pub(super) async fn say(&self, message: Message) -> Result<(), Error> {
        self.sink.lock().await.send(message).await
    }

    /// Says the last words and ends the line; a side that does not listen is not waited for long.
    pub(super) async fn end(&self, last_words: Option<String>, frame: CloseFrame) {
        let closing = async {
            // Where the other side has closed or gone before, there is nobody to be told.
            if let Some(event) = last_words {
                let _ = self.say(Message::text(event)).await;
            }
            let _ = self.say(Message::Close(Some(frame))).await;
            let _ = self.sink.lock().await.close().await;
            // What is still unread when a connection ends would take the last words with it.
            while matches!(self.hear().await, Heard::Message(_)) {}
        };
        let _ = timeout(FAREWELL, closing).await;
    }
}
