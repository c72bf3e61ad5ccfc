//! A run: one answer being written in the background, and every event of it so far.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many answers are written in the background at once.
const MOST_RUNS: usize = 1_000;

/// One answer being written.
pub(super) struct Run {
    pub(super) id: Uuid,
    cancel: CancellationToken,
    interrupt: CancellationToken,
    log: Mutex<Log>,
    changes: watch::Sender<()>,
    /// Given to the next run when this one is over.
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

#[derive(Default)]
struct Log {
    events: Vec<Bytes>,
    is_over: bool,
}

impl Run {
    pub(super) fn new(id: Uuid, place: OwnedSemaphorePermit) -> Self {
        Self {
            id,
            cancel: CancellationToken::new(),
            interrupt: CancellationToken::new(),
            log: Mutex::default(),
            changes: watch::Sender::new(()),
            place: Mutex::new(Some(place)),
        }
    }

    /// Asks the run to end, because its caller wants it.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Asks the run to end, because the gateway does.
    pub(super) fn interrupt(&self) {
        self.interrupt.cancel();
    }

    /// Waits until somebody asks the run to end; gives whether that was its caller.
    pub(super) async fn asked_to_end(&self) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => true,
            () = self.interrupt.cancelled() => false,
        }
    }

    /// Adds events.
    pub(super) fn add(&self, events: Vec<Bytes>) {
        self.log().events.extend(events);
        self.changes.send_replace(());
    }

    /// Ends the run: how the answer ended is stored.
    pub(super) fn close(&self) {
        self.log().is_over = true;
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.changes.send_replace(());
    }

    /// Waits until the run is over.
    pub(super) async fn ended(&self) {
        let mut changes = self.changes.subscribe();
        while !self.log().is_over {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Every event from this number on, those to come included, up to the end of the run.
    pub(super) fn follow(self: Arc<Self>, from: usize) -> BoxStream<'static, Bytes> {
        let changes = self.changes.subscribe();
        stream::unfold((self, changes, from), |(run, mut changes, next)| async move {
            loop {
                {
                    let log = run.log();
                    if let Some(event) = log.events.get(next).cloned() {
                        drop(log);
                        return Some((event, (run, changes, next + 1)));
                    }
                    if log.is_over {
                        return None;
                    }
                }
                changes.changed().await.ok()?;
            }
        })
        .boxed()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs of this process.
pub(super) struct Runs {
    all: Mutex<HashMap<Uuid, Arc<Run>>>,
    places: Arc<Semaphore>,
}

impl Default for Runs {
    fn default() -> Self {
        Self { all: Mutex::default(), places: Arc::new(Semaphore::new(MOST_RUNS)) }
    }
}

impl Runs {
    /// A place for one more run; none where there are too many.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    pub(super) fn add(&self, run: Arc<Run>) {
        self.lock().insert(run.id, run);
    }

    pub(super) fn remove(&self, id: Uuid) {
        self.lock().remove(&id);
    }

    pub(super) fn find(&self, id: Uuid) -> Option<Arc<Run>> {
        self.lock().get(&id).cloned()
    }

    /// All runs.
    pub(super) fn all(&self) -> Vec<Arc<Run>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Run>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
