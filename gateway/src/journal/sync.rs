//! Group sync: one thread, no timer.

use std::{
    fs::File,
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

use tokio::sync::watch;

use super::Position;

/// What the syncing thread is to do next.
#[derive(Default)]
struct Wanted {
    target: Option<(Position, Arc<File>)>,
    is_stopping: bool,
}

/// Asks for syncs and tells how far they are.
pub(super) struct Syncer {
    shared: Arc<(Mutex<Wanted>, Condvar)>,
    durable: watch::Receiver<Result<Position, io::ErrorKind>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Syncer {
    pub(super) fn start(from: Position) -> io::Result<Self> {
        let shared = Arc::new((Mutex::new(Wanted::default()), Condvar::new()));
        let (sender, durable) = watch::channel(Ok(from));
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("journal-sync".to_owned())
            .spawn(move || run(&theirs, &sender))?;
        Ok(Self { shared, durable, thread: Some(thread) })
    }

    /// Everything up to `position`, which lies in `file`, is to reach the disk.
    pub(super) fn request(&self, position: Position, file: &Arc<File>) {
        let (wanted, bell) = &*self.shared;
        let mut wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = wanted.target.is_none();
        wanted.target = Some((position, Arc::clone(file)));
        drop(wanted);
        if is_first {
            bell.notify_one();
        }
    }

    pub(super) fn durable(&self) -> watch::Receiver<Result<Position, io::ErrorKind>> {
        self.durable.clone()
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        let (wanted, bell) = &*self.shared;
        wanted.lock().unwrap_or_else(PoisonError::into_inner).is_stopping = true;
        bell.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic in the thread has been reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

fn run(
    (wanted, bell): &(Mutex<Wanted>, Condvar),
    durable: &watch::Sender<Result<Position, io::ErrorKind>>,
) {
    loop {
        let mut next = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        while next.target.is_none() && !next.is_stopping {
            next = bell.wait(next).unwrap_or_else(PoisonError::into_inner);
        }
        let Some((position, file)) = next.target.take() else { return };
        drop(next);
        let result = file.sync_data().map(|()| position).map_err(|error| error.kind());
        let _ = durable.send_replace(result);
    }
}
