//! Durability: one thread that syncs what was appended, and those who wait for it.
//!
//! There is no timer between a waiter and the disk: while somebody waits, the next sync starts
//! when the last one has ended and covers everything appended meanwhile. What nobody waits for is
//! synced within [`UNAWAITED_PAUSE`], because a sync per call would cost more than the call.

use std::{
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{JournalError, Position, disk::Disk, journal::Shared};

/// Short enough that a power loss costs little, and long enough that syncing costs nothing.
pub(super) const UNAWAITED_PAUSE: Duration = Duration::from_millis(20);

/// How far syncing has come, and who wants it to go on.
pub(super) struct Syncing {
    progress: Mutex<Progress>,
    synced: Notify,
    /// Whether the thread sleeps until something is appended.
    idle: AtomicBool,
    closing: AtomicBool,
    /// The longest that appended bytes stay unsynced while nobody waits for them.
    pause: Duration,
}

struct Progress {
    durable: Position,
    /// The furthest position that somebody waits for.
    wanted: Position,
    thread: Option<Thread>,
}

impl Syncing {
    pub(super) fn new(durable: Position, pause: Duration) -> Self {
        let progress = Progress { durable, wanted: durable, thread: None };
        Self {
            progress: Mutex::new(progress),
            synced: Notify::new(),
            idle: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            pause,
        }
    }

    pub(super) fn durable(&self) -> Position {
        self.progress().durable
    }

    /// Says that something was appended; cheap unless the thread sleeps.
    pub(super) fn appended(&self) {
        if self.idle.load(Ordering::Acquire) && self.idle.swap(false, Ordering::AcqRel) {
            self.wake();
        }
    }

    /// Waits until a sync that covers `position`, which is appended, has ended.
    pub(super) async fn wait(&self, position: Position, disk: &Disk) -> Result<(), JournalError> {
        let mut synced = pin!(self.synced.notified());
        loop {
            synced.as_mut().enable();
            if self.ask(position, disk)? {
                return Ok(());
            }
            synced.as_mut().await;
            synced.set(self.synced.notified());
        }
    }

    /// Whether `position` is durable; if it is not, makes the thread sync.
    fn ask(&self, position: Position, disk: &Disk) -> Result<bool, JournalError> {
        let mut progress = self.progress();
        if progress.durable >= position {
            return Ok(true);
        }
        disk.check()?;
        if progress.wanted < position {
            progress.wanted = position;
            drop(progress);
            self.wake();
        }
        Ok(false)
    }

    /// Makes the thread sync what is left and end.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(thread) = &self.progress().thread {
            thread.unpark();
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_awaited(&self) -> bool {
        let progress = self.progress();
        progress.wanted > progress.durable || self.closing.load(Ordering::Acquire)
    }

    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.idle.load(Ordering::Acquire)
    }

    fn advance(&self, durable: Position) {
        let mut progress = self.progress();
        progress.durable = progress.durable.max(durable);
    }
}

/// What the thread does until the journal is closed or a sync fails.
pub(super) fn run(shared: &Shared) {
    let syncing = &shared.syncing;
    syncing.progress().thread = Some(thread::current());
    let mut last_sync: Option<Instant> = None;
    loop {
        let (file, target) = shared.to_sync();
        if target <= syncing.durable() {
            if syncing.closing.load(Ordering::Acquire) {
                return;
            }
            syncing.idle.store(true, Ordering::Release);
            if shared.to_sync().1 <= target {
                thread::park();
            }
            syncing.idle.store(false, Ordering::Release);
            // The first record after a quiet time has no sync at its heels either.
            last_sync = Some(Instant::now());
            continue;
        }
        let pause = last_sync.and_then(|at| syncing.pause.checked_sub(at.elapsed()));
        if let Some(pause) = pause
            && !pause.is_zero()
            && !syncing.is_awaited()
        {
            thread::park_timeout(pause);
            continue;
        }
        let outcome = shared.disk.sync(&file);
        last_sync = Some(Instant::now());
        if outcome.is_ok() {
            syncing.advance(target);
        }
        syncing.synced.notify_waiters();
        if outcome.is_err() {
            return;
        }
    }
}
