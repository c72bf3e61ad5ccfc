//! The task that writes one answer, from the call to the stored message.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture};
use shared::{id::MessageId, receipt::Receipt, view::chat::MessageStatus};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    CUT_OFF, Inner,
    delta::{DeltaReader, Piece},
    pipeline::{Answering, Asking},
    row,
    run::Run,
};
use crate::{
    audit,
    markdown::StreamRenderer,
    storage::{
        StorageError,
        tables::{
            conversations as conversations_table,
            messages::{self as messages_table, MessageRow, Settlement},
        },
    },
};

/// How often readers are shown what is new.
const FLUSH_PERIOD: Duration = Duration::from_millis(50);
/// Up to this much text in the tail the period holds; a larger tail is shown less often, so that
/// a long block costs neither the server nor the reader more per second.
const TAIL_PER_PERIOD_BYTES: usize = 8 * 1024;
const LONGEST_FLUSH_PERIOD: Duration = Duration::from_millis(500);
/// How much of an answer a crash may cost.
const KEEP_PERIOD: Duration = Duration::from_secs(1);
const LONGEST_ANSWER_BYTES: usize = 2 * 1024 * 1024;
const SETTLE_PAUSE: Duration = Duration::from_secs(1);

const BROKE_OFF: &str = "The answer broke off before its end. What had come is kept; ask again \
                         for a whole one.";
const TOO_LONG: &str = "The answer grew beyond 2 MiB and was ended. What had come is kept.";
const DEFECT: &str = "A defect of the gateway ended this answer. What had come until its last \
                      second is kept; the log has the details.";

/// How an answer ended.
struct Ended {
    status: MessageStatus,
    problem: Option<String>,
    receipt: Option<Receipt>,
}

impl Ended {
    fn because(status: MessageStatus, problem: Option<String>) -> Self {
        Self { status, problem, receipt: None }
    }

    fn failed(problem: impl Into<String>) -> Self {
        Self::because(MessageStatus::Failed, Some(problem.into()))
    }

    fn asked(by_person: bool) -> Self {
        if by_person { Self::because(MessageStatus::Stopped, None) } else { Self::failed(CUT_OFF) }
    }
}

/// Writes the answer, stores it and tells the readers. Whatever happens on the way, the message
/// does not stay unfinished.
pub(super) async fn generate(inner: Arc<Inner>, run: Arc<Run>, answer: MessageRow, asking: Asking) {
    let message_id = run.message_id;
    let mut generation = Generation {
        renderer: StreamRenderer::new(),
        text: String::new(),
        shown_bytes: 0,
        kept_bytes: 0,
        flush_at: Instant::now(),
        keep_at: Instant::now(),
        inner: Arc::clone(&inner),
        run: Arc::clone(&run),
        answer,
    };
    let ended = AssertUnwindSafe(generation.write(asking)).catch_unwind().await;
    let ended = ended.unwrap_or_else(|_| Ended::failed(DEFECT));
    if AssertUnwindSafe(generation.settle(ended)).catch_unwind().await.is_err() {
        inner.abandon(message_id).await;
    }
    inner.runs.remove(message_id);
    run.close();
}

impl Inner {
    /// What is left to do for an answer whose own end fails: nobody shall wait for it.
    async fn abandon(&self, message_id: MessageId) {
        tracing::error!(%message_id, "a defect kept an answer from being stored");
        let failed = row::of_status(MessageStatus::Failed);
        let abandon = async {
            let mut tx = self.database.begin().await?;
            messages_table::abandon(&mut tx, Some(message_id.uuid()), failed, DEFECT).await?;
            tx.commit().await
        };
        if let Err(error) = abandon.await {
            drop(audit::internal(error));
        }
    }
}

struct Generation {
    inner: Arc<Inner>,
    run: Arc<Run>,
    answer: MessageRow,
    renderer: StreamRenderer,
    text: String,
    /// How much of `text` the readers have been shown.
    shown_bytes: usize,
    /// How much of `text` is stored.
    kept_bytes: usize,
    flush_at: Instant,
    keep_at: Instant,
}

impl Generation {
    async fn write(&mut self, asking: Asking) -> Ended {
        let run = Arc::clone(&self.run);
        let ended = tokio::select! {
            biased;
            by_person = run.asked_to_end() => Ended::asked(by_person),
            answered = asking.answer => match answered {
                Ok(answering) => return self.read(answering).await,
                Err(problem) => Ended::failed(problem.detail),
            },
        };
        Ended { receipt: asking.receipt_without_answer.await, ..ended }
    }

    async fn read(&mut self, answering: Answering) -> Ended {
        let Answering { mut body, receipt } = answering;
        let run = Arc::clone(&self.run);
        let mut reader = DeltaReader::new();
        let mut is_whole = false;
        let mut keeping: Option<BoxFuture<'static, Result<usize, StorageError>>> = None;
        let ended = loop {
            tokio::select! {
                biased;
                by_person = run.asked_to_end() => break Ended::asked(by_person),
                kept = poll(&mut keeping), if keeping.is_some() => {
                    keeping = None;
                    self.kept(kept);
                }
                () = sleep_until(self.flush_at), if self.shown_bytes < self.text.len() => {
                    self.flush();
                }
                () = sleep_until(self.keep_at), if keeping.is_none() && self.kept_bytes < self.text.len() => {
                    keeping = Some(self.keep());
                }
                bytes = body.next() => {
                    let is_last = bytes.is_none();
                    let pieces = match bytes {
                        Some(bytes) => reader.push(&bytes),
                        None => reader.finish(),
                    };
                    if let Some(ended) = self.take(&pieces, &mut is_whole) {
                        break ended;
                    }
                    if is_last && is_whole {
                        break Ended::because(MessageStatus::Complete, None);
                    }
                    if is_last {
                        break Ended::failed(BROKE_OFF);
                    }
                }
            }
        };
        // Dropped first, so that the call is cancelled where it has not ended by itself.
        drop(body);
        if self.shown_bytes < self.text.len() {
            self.flush();
        }
        if let Some(keeping) = keeping {
            // Finished first, so that it cannot overtake what is stored in the end.
            let kept = keeping.await;
            self.kept(kept);
        }
        Ended { receipt: receipt.await, ..ended }
    }

    fn take(&mut self, pieces: &[Piece], is_whole: &mut bool) -> Option<Ended> {
        for piece in pieces {
            match piece {
                Piece::Text(text) if self.text.len() + text.len() > LONGEST_ANSWER_BYTES => {
                    return Some(Ended::failed(TOO_LONG));
                }
                Piece::Text(text) => self.text.push_str(text),
                Piece::Finished => *is_whole = true,
                Piece::Failed(problem) => return Some(Ended::failed(problem)),
            }
        }
        None
    }

    /// Shows the readers what is new.
    fn flush(&mut self) {
        let blocks = self.renderer.push(self.text.get(self.shown_bytes..).unwrap_or_default());
        self.shown_bytes = self.text.len();
        self.run.advance(blocks, self.renderer.tail());
        self.flush_at = Instant::now() + flush_period(self.renderer.tail_bytes());
    }

    /// Stores what has come so far.
    fn keep(&self) -> BoxFuture<'static, Result<usize, StorageError>> {
        let inner = Arc::clone(&self.inner);
        let id = self.answer.id;
        let text = self.text.clone();
        async move {
            let mut tx = inner.database.begin().await?;
            messages_table::keep(&mut tx, id, &text).await?;
            tx.commit().await?;
            Ok(text.len())
        }
        .boxed()
    }

    fn kept(&mut self, result: Result<usize, StorageError>) {
        self.keep_at = Instant::now() + KEEP_PERIOD;
        match result {
            Ok(bytes) => self.kept_bytes = bytes,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    message_id = %self.run.message_id,
                    "what has come of an answer could not be stored yet"
                );
            }
        }
    }

    /// Stores the answer, tries again for as long as it takes, and tells the readers.
    async fn settle(&mut self, ended: Ended) {
        if let Some(receipt) = ended.receipt {
            self.inner.receipts.remember(receipt);
        }
        self.answer.text = std::mem::take(&mut self.text);
        row::of_status(ended.status).clone_into(&mut self.answer.status);
        self.answer.problem = ended.problem;
        while let Err(error) = self.store().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                message_id = %self.run.message_id,
                "an answer could not be stored yet"
            );
            sleep(SETTLE_PAUSE).await;
        }
        match self.inner.end_of(self.answer.clone()).await {
            Ok(event) => self.run.end(event),
            // The readers come back and read the end from the database.
            Err(error) => drop(audit::internal(error)),
        }
    }

    async fn store(&self) -> Result<(), StorageError> {
        let settlement = Settlement {
            status: &self.answer.status,
            text: &self.answer.text,
            problem: self.answer.problem.as_deref(),
        };
        let now = self.inner.clock.now().micros();
        let mut tx = self.inner.database.begin().await?;
        conversations_table::touch(&mut tx, self.answer.conversation_id, now).await?;
        messages_table::settle(&mut tx, self.answer.id, &settlement).await?;
        tx.commit().await
    }
}

/// The result of the future that is there; the caller has checked that one is.
async fn poll<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

fn flush_period(tail_bytes: usize) -> Duration {
    let periods = u32::try_from(tail_bytes / TAIL_PER_PERIOD_BYTES).unwrap_or(u32::MAX);
    FLUSH_PERIOD.saturating_mul(periods.max(1)).min(LONGEST_FLUSH_PERIOD)
}
