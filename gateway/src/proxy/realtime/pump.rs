//! What goes on while a session lasts: each side's messages to the other, and what ends it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use shared::id::RequestId;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Mutex,
    time::{Instant, interval, sleep},
};
use tokio_tungstenite::tungstenite::Message;

use super::{
    admission::Caller,
    books::Books,
    ending::Ended,
    line::{Heard, Line},
    sessions::Running,
};
use crate::{
    call::Refusal,
    wire::{ErrorKind, error_event},
};

/// How often it is looked whether the caller is still known; a snapshot is as old as this again.
const LOOK: Duration = Duration::from_millis(250);
/// How long the words of a provider are waited for that takes none any more.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A session under way.
pub(super) struct Pump<C, P> {
    pub(super) request_id: RequestId,
    pub(super) caller: Caller,
    pub(super) books: Mutex<Books>,
    pub(super) client: Line<C>,
    pub(super) provider: Line<P>,
    pub(super) running: Running,
    pub(super) started: Instant,
    /// When something was said last, in milliseconds after the beginning.
    pub(super) said_at: AtomicU64,
    pub(super) events: AtomicU64,
}

impl<C, P> Pump<C, P>
where
    C: AsyncRead + AsyncWrite + Unpin,
    P: AsyncRead + AsyncWrite + Unpin,
{
    /// Goes on until something ends the session.
    pub(super) async fn run(&self) -> Ended {
        tokio::select! {
            ended = self.listen() => ended,
            ended = self.answer() => ended,
            ended = self.watch() => ended,
        }
    }

    /// From the client to the provider.
    async fn listen(&self) -> Ended {
        loop {
            let message = match self.client.hear().await {
                Heard::Message(message) => message,
                Heard::Closed(frame) => return Ended::ClientClosed(frame),
                Heard::TooLarge => {
                    return Ended::ClientTooLarge { limit_bytes: self.limit_bytes() };
                }
                Heard::Gone => return Ended::ClientGone,
            };
            self.something_was_said();
            if !self.caller.is_known() {
                return Ended::Revoked;
            }
            let message = match self.admit(message).await {
                Ok(Some(message)) => message,
                Ok(None) => continue,
                Err(ended) => return ended,
            };
            if self.provider.say(message).await.is_err() {
                // What it has said before it went is still to be passed on.
                sleep(LAST_WORDS).await;
                return Ended::ProviderBroke;
            }
        }
    }

    /// The message as it is sent on; none where the client was told why it is not.
    async fn admit(&self, message: Message) -> Result<Option<Message>, Ended> {
        let admitted = message.to_text().ok().map(|text| self.caller.admit(text));
        // Bytes that are no text are no event.
        let Some(admitted) = admitted else { return Ok(Some(message)) };
        match admitted {
            Ok(admitted) => {
                let mut books = self.books.lock().await;
                if let Err(refusal) = books.may_go_on(&admitted.event).await {
                    drop(books);
                    return self.withhold(&refusal, admitted.event.event_id.as_deref()).await;
                }
                let secured = books.client(&admitted.event).await;
                drop(books);
                secured.map_err(|refusal| {
                    Ended::Refused(Box::new(refusal), admitted.event.event_id)
                })?;
                Ok(Some(admitted.rewritten.map_or(message, Message::text)))
            }
            Err(refusal) => self.withhold(&refusal, None).await,
        }
    }

    /// Tells the client why its message is not sent on; the session goes on.
    async fn withhold(
        &self,
        refusal: &Refusal,
        blamed: Option<&str>,
    ) -> Result<Option<Message>, Ended> {
        let event = self.refusal_event(refusal, blamed);
        match self.client.say(Message::text(event)).await {
            Ok(()) => Ok(None),
            Err(_) => Err(Ended::ClientGone),
        }
    }

    /// From the provider to the client.
    async fn answer(&self) -> Ended {
        loop {
            let message = match self.provider.hear().await {
                Heard::Message(message) => message,
                Heard::Closed(frame) => return Ended::ProviderClosed(frame),
                Heard::TooLarge => {
                    return Ended::ProviderTooLarge { limit_bytes: self.limit_bytes() };
                }
                Heard::Gone => return Ended::ProviderBroke,
            };
            self.something_was_said();
            if let Ok(text) = message.to_text() {
                let secured = self.books.lock().await.provider(text).await;
                if let Err(refusal) = secured {
                    return Ended::Refused(Box::new(refusal), None);
                }
            }
            if self.client.say(message).await.is_err() {
                return Ended::ClientGone;
            }
        }
    }

    /// Until the caller is not known any more, the time is over or the gateway stops.
    async fn watch(&self) -> Ended {
        let limits = &self.running.limits;
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                () = self.running.stop.cancelled() => return Ended::Stopped,
                _ = look.tick() => {}
            }
            if !self.caller.is_known() {
                return Ended::Revoked;
            }
            let lasted = self.started.elapsed();
            if lasted >= Duration::from_secs(limits.session_seconds) {
                return Ended::LastedTooLong { seconds: limits.session_seconds };
            }
            let said_at = Duration::from_millis(self.said_at.load(Ordering::Relaxed));
            if lasted.saturating_sub(said_at) >= Duration::from_secs(limits.idle_seconds) {
                return Ended::Idle { seconds: limits.idle_seconds };
            }
        }
    }

    /// An error of this gateway's, as an event.
    pub(super) fn event(
        &self,
        kind: ErrorKind,
        code: &str,
        message: &str,
        param: Option<&str>,
        blamed: Option<&str>,
    ) -> String {
        let number = self.events.fetch_add(1, Ordering::Relaxed);
        let event_id = format!("event_{}_{number}", self.request_id);
        error_event(kind, code, message, param, &event_id, blamed)
    }

    fn refusal_event(&self, refusal: &Refusal, blamed: Option<&str>) -> String {
        let problem = refusal.problem(self.request_id);
        let (kind, code) = match refusal {
            Refusal::ModelForbidden { .. } => (ErrorKind::Permission, problem.code.as_str()),
            Refusal::RateLimited(_) => (ErrorKind::RateLimit, "rate_limit_exceeded"),
            _ => (ErrorKind::InvalidRequest, problem.code.as_str()),
        };
        let param = problem.pointer.as_deref();
        self.event(kind, code, &problem.detail, param, blamed)
    }

    fn limit_bytes(&self) -> usize {
        self.running.limits.message_limit_bytes
    }

    fn something_was_said(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.said_at.store(now, Ordering::Relaxed);
    }
}
