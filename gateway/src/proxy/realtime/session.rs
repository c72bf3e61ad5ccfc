//! One session, from the answered upgrade to its record.

use std::{collections::HashSet, sync::atomic::AtomicU64, time::Duration};

use serde_json::json;
use shared::id::RequestId;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, Role, frame::coding::CloseCode},
};

use super::{
    admission::Caller,
    books::Books,
    ending::Farewell,
    line::{Heard, Line},
    pump::Pump,
    sessions::Running,
};
use crate::providers::ProviderSocket;

/// How long a provider may take to tell what it has used of answers that are cancelled.
const SETTLING: Duration = Duration::from_secs(2);
/// The name of the event that cancels an answer, so that an error about it is known.
const CANCEL_EVENT: &str = "helix_cancel";

/// A session that every stage has let through and a provider has opened. Dropped, it is settled by
/// what was observed, and recorded.
pub struct Session {
    pub(super) request_id: RequestId,
    pub(super) caller: Caller,
    pub(super) socket: ProviderSocket,
    pub(super) books: Books,
    pub(super) running: Running,
}

impl Session {
    /// The call's id.
    #[must_use]
    pub const fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// Relays between the provider and the client's connection, in which frames are next, until
    /// one side or a policy ends the session; settles and records it.
    pub async fn run<C: AsyncRead + AsyncWrite + Unpin>(self, client: C) {
        let Self { request_id, caller, socket, books, running } = self;
        let limit_bytes = running.limits.message_limit_bytes;
        let pump = Pump {
            request_id,
            caller,
            books: Mutex::new(books),
            client: Line::over(client, Role::Server, limit_bytes).await,
            provider: Line::over(socket, Role::Client, limit_bytes).await,
            running,
            started: Instant::now(),
            said_at: AtomicU64::new(0),
            events: AtomicU64::new(0),
        };
        let ended = pump.run().await;
        let is_settled = pump.books.lock().await.is_settled();
        let leaves_provider = ended.leaves_provider();
        let Farewell { event, blamed, close, end } = ended.farewell(is_settled);
        let last_words = event
            .map(|(kind, code, message)| pump.event(kind, code, &message, None, blamed.as_deref()));
        let provider = async {
            if leaves_provider {
                pump.leave_provider().await;
            }
        };
        tokio::join!(pump.client.end(last_words, close), provider);
        pump.books.lock().await.close(end);
    }
}

impl<C, P> Pump<C, P>
where
    C: AsyncRead + AsyncWrite + Unpin,
    P: AsyncRead + AsyncWrite + Unpin,
{
    /// Cancels what is under way, reads what it has come to, and ends the provider's line.
    async fn leave_provider(&self) {
        // What is not told in time is estimated.
        let _ = timeout(SETTLING, self.settle()).await;
        let close = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.provider.end(None, close).await;
    }

    async fn settle(&self) {
        let mut cancelled = HashSet::new();
        loop {
            let (is_settled, answers) = {
                let books = self.books.lock().await;
                (books.is_settled(), books.answers_under_way())
            };
            if is_settled {
                return;
            }
            for answer in answers {
                let cancel = json!({
                    "type": "response.cancel",
                    "event_id": CANCEL_EVENT,
                    "response_id": answer,
                });
                if cancelled.insert(answer)
                    && self.provider.say(Message::text(cancel.to_string())).await.is_err()
                {
                    return;
                }
            }
            let Heard::Message(message) = self.provider.hear().await else { return };
            if let Ok(text) = message.to_text() {
                self.books.lock().await.last_words(text);
            }
        }
    }
}
