//! The disk's word that bytes are kept.

use std::{
    fs::File,
    io,
    sync::{Mutex, OnceLock, PoisonError},
};

use super::JournalError;

/// Makes the written bytes of a file survive a power loss.
pub(super) type SyncFile = Box<dyn Fn(&File) -> io::Result<()> + Send + Sync>;

/// Syncs files, one at a time, until one sync fails.
///
/// After that nothing is believed any more: the system may have dropped the bytes that it could
/// not write, and would report success for them the next time.
pub(super) struct Disk {
    /// A parameter so that tests decide when a sync ends, and how.
    sync_file: SyncFile,
    /// Held during a sync, so that none begins before the failure of the last one is known.
    turn: Mutex<()>,
    failure: OnceLock<String>,
}

impl Disk {
    pub(super) fn new(sync_file: SyncFile) -> Self {
        Self { sync_file, turn: Mutex::new(()), failure: OnceLock::new() }
    }

    /// Returns once everything written to `file` so far is kept.
    pub(super) fn sync(&self, file: &File) -> Result<(), JournalError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.check()?;
        match (self.sync_file)(file) {
            Ok(()) => Ok(()),
            Err(error) => Err(failed(self.failure.get_or_init(|| error.to_string()))),
        }
    }

    /// Fails if a sync has failed. Waits for nothing.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        self.failure.get().map_or(Ok(()), |reason| Err(failed(reason)))
    }
}

fn failed(reason: &str) -> JournalError {
    JournalError::Sync { reason: reason.to_owned() }
}
