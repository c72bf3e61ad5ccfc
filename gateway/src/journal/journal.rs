//! The journal as its users see it.

use std::{
    fmt,
    fs::{DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    JournalError, JournalOptions, Position, Reader, Recovery, VerifyReport,
    disk::{Disk, SyncFile},
    lock::DirectoryLock,
    log::Log,
    record::frame,
    recovery::{Recovered, recover},
    segment::{SEGMENT_HEADER_BYTES, Segment, path, sync_directory},
    sync::{self, Syncing, UNAWAITED_PAUSE},
    verify::verify,
};

/// What part of the backlog's limit may be added to it by records that nothing depends on.
const RESERVE: u64 = 8;

/// An append-only log of opaque records in one directory; see the [module](super).
pub struct Journal {
    pub(super) shared: Arc<Shared>,
    options: JournalOptions,
    sync_thread: Option<JoinHandle<()>>,
    /// Held for as long as the journal is open.
    _lock: DirectoryLock,
}

/// What readers and the syncing thread use of a journal.
pub(super) struct Shared {
    log: Mutex<Log>,
    pub(super) disk: Arc<Disk>,
    pub(super) syncing: Syncing,
}

/// The journal at one moment, for metrics and the readiness check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalState {
    /// The end of the last record.
    pub appended: Position,
    /// Everything before this survives a power loss.
    pub durable: Position,
    /// Everything before this is in the database.
    pub applied: Position,
    /// Everything before this has been deleted.
    pub released: Position,
    /// Bytes of records that are appended and not applied.
    pub backlog_bytes: u64,
    /// How many of them there may be before new calls are refused.
    pub backlog_limit_bytes: u64,
    /// Segment files that are kept, the one being written included.
    pub segments: usize,
    /// The last refused append or failed sync since the journal was opened.
    pub last_error: Option<String>,
}

impl JournalState {
    /// Whether half of what may wait for the database does.
    #[must_use]
    pub fn is_half_full(&self) -> bool {
        self.backlog_bytes >= self.backlog_limit_bytes / 2
    }
}

impl Journal {
    /// Opens the journal in `directory`, which is made if need be, and repairs its tail.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has it open, [`JournalError::Version`] when
    /// a newer gateway wrote it, [`JournalError::Directory`] when the directory cannot be used.
    pub fn open(
        directory: &Path,
        options: JournalOptions,
    ) -> Result<(Arc<Self>, Recovery), JournalError> {
        Self::open_with(directory, options, Box::new(File::sync_data), UNAWAITED_PAUSE)
    }

    pub(super) fn open_with(
        directory: &Path,
        options: JournalOptions,
        sync_file: SyncFile,
        unawaited_pause: Duration,
    ) -> Result<(Arc<Self>, Recovery), JournalError> {
        let options = options.check()?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(JournalError::at("create", directory))?;
        let lock = DirectoryLock::exclusive(directory)?;
        let Recovered { recovery, extents, next_number } = recover(directory)?;
        let active = Segment::create(directory, next_number, options.segment_bytes)
            .map_err(JournalError::at("begin a segment in", directory))?;
        let disk = Arc::new(Disk::new(sync_file));
        let log = Log {
            directory: directory.to_owned(),
            options,
            disk: Arc::clone(&disk),
            extents,
            active,
            offset: SEGMENT_HEADER_BYTES,
            appended: recovery.last,
            applied: recovery.first,
            torn: false,
            refused: None,
            last_error: None,
        };
        let shared = Arc::new(Shared {
            log: Mutex::new(log),
            disk,
            syncing: Syncing::new(recovery.last, unawaited_pause),
        });
        let syncing = Arc::clone(&shared);
        let sync_thread = thread::Builder::new()
            .name("journal-sync".to_owned())
            .spawn(move || sync::run(&syncing))
            .map_err(JournalError::at("start the syncing thread for", directory))?;
        let journal = Self { shared, options, sync_thread: Some(sync_thread), _lock: lock };
        Ok((Arc::new(journal), recovery))
    }

    /// Writes a record after the last one, without waiting for the disk to confirm it: it
    /// survives the death of this process, and a power loss once [`durable`](Self::durable).
    /// Takes microseconds, so async tasks may call it; once per segment, when that is full, it
    /// takes as long as a sync and a new file.
    ///
    /// # Errors
    /// The record was not taken and nothing changed. [`JournalError::BacklogLimit`] and
    /// [`JournalError::Full`] pass; [`JournalError::Sync`] does not before a restart.
    pub fn append(&self, payload: &[u8]) -> Result<Position, JournalError> {
        self.write(payload, Some(0))
    }

    /// [`append`](Self::append) for a record that nothing depends on but that is worth keeping:
    /// the backlog may be an eighth over its limit, so that there is room to say what was refused.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_in_reserve(&self, payload: &[u8]) -> Result<Position, JournalError> {
        self.write(payload, Some(self.options.backlog_limit_bytes / RESERVE))
    }

    /// [`append`](Self::append) for a record that ends something which an earlier record began:
    /// refusing it would lose what has happened, so the backlog limit does not apply.
    ///
    /// # Errors
    /// As [`append`](Self::append), without [`JournalError::BacklogLimit`].
    pub fn append_beyond_limit(&self, payload: &[u8]) -> Result<Position, JournalError> {
        self.write(payload, None)
    }

    /// Takes a record unless the backlog is over its limit and so many bytes `beyond`.
    fn write(&self, payload: &[u8], beyond: Option<u64>) -> Result<Position, JournalError> {
        if payload.is_empty() {
            return Err(JournalError::Empty);
        }
        let limit_bytes = self.options.max_record_bytes;
        let length = match u32::try_from(payload.len()) {
            Ok(length) if length <= limit_bytes => length,
            _ => return Err(JournalError::TooLarge { bytes: payload.len(), limit_bytes }),
        };
        let record = frame(payload, length);
        let position = {
            let mut log = self.shared.log();
            if let Some(beyond) = beyond {
                log.check_backlog(record.len() as u64, beyond)?;
            }
            log.append(&record)?
        };
        self.shared.syncing.appended();
        Ok(position)
    }

    /// Waits until everything before `position` survives a power loss.
    ///
    /// # Errors
    /// [`JournalError::Sync`] when the disk failed to confirm it, [`JournalError::Ahead`] when
    /// `position` is not one that was appended.
    pub async fn durable(&self, position: Position) -> Result<(), JournalError> {
        if self.shared.syncing.durable() < position {
            let appended = self.appended();
            if position > appended {
                return Err(JournalError::Ahead { position, end: appended });
            }
        }
        self.shared.syncing.wait(position, &self.shared.disk).await
    }

    /// Whether a new call's record would be taken now; tries the disk if it refused the last one.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn check(&self) -> Result<(), JournalError> {
        self.shared.disk.check()?;
        let mut log = self.shared.log();
        log.check_disk()?;
        log.check_backlog(1, 0)
    }

    /// The end of the last record.
    #[must_use]
    pub fn appended(&self) -> Position {
        self.shared.log().appended
    }

    /// Reads the records after `from`: [`Position::START`], or the position of a record that was
    /// read, also in an earlier run.
    #[must_use]
    pub fn reader(&self, from: Position) -> Reader {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// Says that everything before `position` is in the database, so that it no longer counts
    /// as backlog.
    ///
    /// # Errors
    /// [`JournalError::Ahead`] when nothing was written there yet.
    pub fn applied(&self, position: Position) -> Result<(), JournalError> {
        let mut log = self.shared.log();
        log.check_not_ahead(position)?;
        log.applied = log.applied.max(position);
        Ok(())
    }

    /// Deletes the segments that lie entirely before `before`, which counts as
    /// [`applied`](Self::applied). The segment that `before` is in stays, so a watermark is
    /// always found again.
    ///
    /// # Errors
    /// [`JournalError::Ahead`], or [`JournalError::Directory`] when a file cannot be deleted; the
    /// older ones are gone then, and the next call tries again.
    pub fn release(&self, before: Position) -> Result<(), JournalError> {
        self.applied(before)?;
        let (directory, numbers) = {
            let log = self.shared.log();
            (log.directory.clone(), log.extents.before(before))
        };
        for number in &numbers {
            let path = path(&directory, *number);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(JournalError::at("delete", &path)(error));
                }
                _ => self.shared.log().extents.forget(*number),
            }
        }
        if numbers.is_empty() {
            return Ok(());
        }
        sync_directory(&directory).map_err(JournalError::at("sync", &directory))
    }

    /// The journal at this moment.
    #[must_use]
    pub fn state(&self) -> JournalState {
        let durable = self.shared.syncing.durable();
        let sync_error = self.shared.disk.check().err().map(|error| error.to_string());
        let log = self.shared.log();
        JournalState {
            appended: log.appended,
            durable,
            applied: log.applied,
            released: log.first(),
            backlog_bytes: log.backlog_bytes(),
            backlog_limit_bytes: self.options.backlog_limit_bytes,
            segments: log.extents.count() + 1,
            last_error: sync_error.or_else(|| log.last_error.clone()),
        }
    }

    /// Reads every record of a journal that no process has open, and changes nothing.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when a gateway runs on it, or what kept it from being read.
    /// Damage is not an error but part of the report.
    pub fn verify(directory: &Path) -> Result<VerifyReport, JournalError> {
        verify(directory, &mut |_, _| {})
    }

    /// [`verify`](Self::verify), which shows each whole record, oldest first, and where it ends.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn inspect(
        directory: &Path,
        mut show: impl FnMut(Position, &[u8]),
    ) -> Result<VerifyReport, JournalError> {
        verify(directory, &mut show)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Journal").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Drop for Journal {
    /// Syncs what is left and ends the thread.
    fn drop(&mut self) {
        self.shared.syncing.close();
        if let Some(thread) = self.sync_thread.take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file to sync, and what is durable once that is done.
    pub(super) fn to_sync(&self) -> (Arc<File>, Position) {
        let log = self.log();
        (Arc::clone(&log.active.file), log.appended)
    }
}
