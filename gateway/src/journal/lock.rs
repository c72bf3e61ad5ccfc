//! One process per journal.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{JournalError, segment::OWNER_ONLY};

const NAME: &str = "lock";

/// A locked directory. The lock of a killed process is gone with it.
pub(super) struct DirectoryLock(File);

impl DirectoryLock {
    /// Locks the directory for the one process that writes.
    pub(super) fn exclusive(directory: &Path) -> Result<Self, JournalError> {
        let path = directory.join(NAME);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(&path)
            .map_err(JournalError::at("create", &path))?;
        held(directory, file.try_lock())?;
        Ok(Self(file))
    }

    /// Makes sure that nobody writes while the directory is read; `None` when nobody ever did.
    pub(super) fn shared(directory: &Path) -> Result<Option<Self>, JournalError> {
        let path = directory.join(NAME);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::at("open", &path)(error)),
        };
        held(directory, file.try_lock_shared())?;
        Ok(Some(Self(file)))
    }
}

impl Drop for DirectoryLock {
    /// Closing the file would not do: a child process that is just being started holds it too.
    fn drop(&mut self) {
        drop(self.0.unlock());
    }
}

fn held(directory: &Path, outcome: Result<(), TryLockError>) -> Result<(), JournalError> {
    outcome.map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Locked { directory: directory.to_owned() },
        TryLockError::Error(source) => JournalError::at("lock", directory)(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_given_up_although_a_child_process_still_has_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let lock = DirectoryLock::exclusive(directory.path()).unwrap();
        let inherited = lock.0.try_clone().unwrap();
        assert!(DirectoryLock::exclusive(directory.path()).is_err());
        drop(lock);
        assert!(DirectoryLock::exclusive(directory.path()).is_ok());
        drop(inherited);
    }
}
