//! A run: one answer being written, and everything that its readers have to see.
//!
//! The run belongs to the server. A reader gets every event after the one it saw last, however
//! often it comes back, each exactly once and in order. Memory is bounded by the answer: a frozen
//! block is kept once, and a new tail replaces the former one.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{Stream, stream};
use shared::{
    id::{ConversationId, MessageId},
    view::chat::RunEvent,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// One answer being written.
pub(super) struct Run {
    pub(super) conversation_id: ConversationId,
    pub(super) message_id: MessageId,
    stop: CancellationToken,
    interrupt: CancellationToken,
    log: Mutex<Log>,
    last_sequence: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    /// The sequence number and HTML of each frozen block.
    blocks: Vec<(u64, String)>,
    tail: Option<(u64, String)>,
    end: Option<(u64, RunEvent)>,
    is_closed: bool,
    last_sequence: u64,
}

impl Run {
    pub(super) fn new(conversation_id: ConversationId, message_id: MessageId) -> Self {
        Self {
            conversation_id,
            message_id,
            stop: CancellationToken::new(),
            interrupt: CancellationToken::new(),
            log: Mutex::default(),
            last_sequence: watch::Sender::new(0),
        }
    }

    /// Asks the run to end, because the person wants it.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Asks the run to end, because the gateway does.
    pub(super) fn interrupt(&self) {
        self.interrupt.cancel();
    }

    /// Waits until somebody asks the run to end; gives whether that was the person.
    pub(super) async fn asked_to_end(&self) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => true,
            () = self.interrupt.cancelled() => false,
        }
    }

    /// Waits until the run is over.
    pub(super) async fn ended(&self) {
        let mut changes = self.last_sequence.subscribe();
        while !self.log().is_over() {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Adds blocks that will not change any more and the tail that now follows them.
    pub(super) fn advance(&self, blocks: Vec<String>, tail: String) {
        let mut log = self.log();
        for html in blocks {
            let sequence = log.next();
            log.blocks.push((sequence, html));
        }
        let sequence = log.next();
        log.tail = Some((sequence, tail));
        drop(log);
        self.last_sequence.send_replace(sequence);
    }

    /// Adds the last event.
    pub(super) fn end(&self, event: RunEvent) {
        let mut log = self.log();
        let sequence = log.next();
        log.end = Some((sequence, event));
        drop(log);
        self.last_sequence.send_replace(sequence);
    }

    /// Ends the run, with or without a last event.
    pub(super) fn close(&self) {
        self.log().is_closed = true;
        self.last_sequence.send_modify(|_| {});
    }

    /// Every event after number `after`, those to come included, up to the end of the run.
    pub(super) fn follow(
        self: Arc<Self>,
        after: Option<u64>,
    ) -> impl Stream<Item = (u64, RunEvent)> + Send + 'static {
        let follower = Follower {
            changes: self.last_sequence.subscribe(),
            seen: after.filter(|after| *after <= self.log().last_sequence).unwrap_or(0),
            waiting: VecDeque::new(),
            run: self,
        };
        stream::unfold(follower, |mut follower| async move {
            let event = follower.next().await?;
            Some((event, follower))
        })
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn next(&mut self) -> u64 {
        self.last_sequence += 1;
        self.last_sequence
    }

    const fn is_over(&self) -> bool {
        self.is_closed || self.end.is_some()
    }

    fn since(&self, seen: u64) -> VecDeque<(u64, RunEvent)> {
        let first = self.blocks.partition_point(|(sequence, _)| *sequence <= seen);
        let blocks =
            self.blocks.iter().zip(0_u32..).skip(first).map(|((sequence, html), index)| {
                (*sequence, RunEvent::Block { index, html: html.clone() })
            });
        let tail = self
            .tail
            .iter()
            .map(|(sequence, html)| (*sequence, RunEvent::Tail { html: html.clone() }));
        let end = self.end.iter().cloned();
        blocks.chain(tail).chain(end).filter(|(sequence, _)| *sequence > seen).collect()
    }
}

struct Follower {
    run: Arc<Run>,
    changes: watch::Receiver<u64>,
    seen: u64,
    waiting: VecDeque<(u64, RunEvent)>,
}

impl Follower {
    async fn next(&mut self) -> Option<(u64, RunEvent)> {
        while self.waiting.is_empty() {
            let is_over = self.look();
            if self.waiting.is_empty() {
                if is_over {
                    return None;
                }
                self.changes.changed().await.ok()?;
            }
        }
        let event = self.waiting.pop_front()?;
        self.seen = event.0;
        Some(event)
    }

    /// Takes what is there; gives whether nothing will follow.
    fn look(&mut self) -> bool {
        let log = self.run.log();
        self.waiting = log.since(self.seen);
        log.is_over()
    }
}

/// The runs of this process.
#[derive(Default)]
pub(super) struct Runs(Mutex<HashMap<MessageId, Arc<Run>>>);

impl Runs {
    pub(super) fn add(&self, run: Arc<Run>) {
        self.lock().insert(run.message_id, run);
    }

    pub(super) fn remove(&self, message_id: MessageId) {
        self.lock().remove(&message_id);
    }

    pub(super) fn find(&self, message_id: MessageId) -> Option<Arc<Run>> {
        self.lock().get(&message_id).cloned()
    }

    /// All runs.
    pub(super) fn all(&self) -> Vec<Arc<Run>> {
        self.lock().values().cloned().collect()
    }

    /// Asks every run of a conversation to end.
    pub(super) fn stop_all(&self, conversation_id: ConversationId) {
        for run in self.lock().values().filter(|run| run.conversation_id == conversation_id) {
            run.stop();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Arc<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
