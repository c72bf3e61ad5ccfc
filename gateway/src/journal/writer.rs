//! Opening the log and appending to it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

use super::{
    JournalError, Position, Reader,
    record::{self, Decoded, HEADER_BYTES, LARGEST_RECORD_BYTES},
    segment,
    sync::Syncer,
};

/// Bounds of the log.
#[derive(Debug, Clone, Copy)]
pub struct JournalOptions {
    /// A segment that is longer is closed and the next begun.
    pub segment_bytes: u64,
    /// How much may wait to be applied before appends are refused.
    pub backlog_limit_bytes: u64,
}

/// What was found when the log was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// The oldest record begins here.
    pub first: Position,
    /// The newest record ends here.
    pub last: Position,
    /// Bytes at the end that were no whole record; moved aside.
    pub damaged_bytes: u64,
}

/// How the log is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalState {
    /// Where the next record goes.
    pub appended: Position,
    /// Bytes that wait to be applied.
    pub backlog_bytes: u64,
    /// How many may.
    pub backlog_limit_bytes: u64,
}

/// The log.
pub struct Journal {
    directory: PathBuf,
    options: JournalOptions,
    tail: Mutex<Tail>,
    syncer: Syncer,
    appended: Arc<Notify>,
    /// Bytes ever appended and ever applied since the log was opened; their difference waits.
    appended_bytes: AtomicU64,
    applied_bytes: AtomicU64,
    _lock: File,
}

struct Tail {
    position: Position,
    file: Arc<File>,
    buffer: Vec<u8>,
}

impl Journal {
    /// Opens the log in `directory`, making both where they do not exist, and recovers its end.
    ///
    /// # Errors
    /// [`JournalError::InUse`] where another process has it, [`JournalError::Open`] where the
    /// directory cannot be used, [`JournalError::Damaged`] where a record before the last segment
    /// cannot be read.
    pub fn open(
        directory: &Path,
        options: JournalOptions,
    ) -> Result<(Arc<Self>, Recovery), JournalError> {
        let wrap = |source| JournalError::Open { directory: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(wrap)?;
        let lock = File::create(directory.join("lock")).map_err(wrap)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => JournalError::InUse(directory.to_owned()),
            fs::TryLockError::Error(source) => wrap(source),
        })?;
        let segments = segment::list(directory).map_err(wrap)?;
        let first = Position { segment: segments.first().copied().unwrap_or(1), offset: 0 };
        let last_segment = segments.last().copied().unwrap_or(1);
        let (length, damaged_bytes) = recover(directory, last_segment).map_err(wrap)?;
        let file = open_segment(directory, last_segment).map_err(wrap)?;
        let position = Position { segment: last_segment, offset: length };
        let journal = Self {
            directory: directory.to_owned(),
            options,
            tail: Mutex::new(Tail { position, file: Arc::new(file), buffer: Vec::new() }),
            syncer: Syncer::start(position).map_err(wrap)?,
            appended: Arc::new(Notify::new()),
            appended_bytes: AtomicU64::new(0),
            applied_bytes: AtomicU64::new(0),
            _lock: lock,
        };
        Ok((Arc::new(journal), Recovery { first, last: position, damaged_bytes }))
    }

    /// Appends a record with one `write(2)`; gives where it ends. Safe against the death of the
    /// process when this returns, and against the death of the machine a moment later.
    ///
    /// # Errors
    /// [`JournalError::Backlog`] where too much waits, [`JournalError::Write`] where the disk
    /// refuses; then nothing of the record is in the log.
    pub fn append(&self, payload: &[u8]) -> Result<Position, JournalError> {
        if payload.is_empty() || payload.len() > LARGEST_RECORD_BYTES {
            return Err(JournalError::TooLarge(payload.len()));
        }
        let state = self.backlog_bytes();
        if state > self.options.backlog_limit_bytes {
            return Err(JournalError::Backlog {
                backlog_bytes: state,
                limit_bytes: self.options.backlog_limit_bytes,
            });
        }
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.position.offset >= self.options.segment_bytes {
            self.rotate(&mut tail).map_err(JournalError::Write)?;
        }
        let Tail { position, file, buffer } = &mut *tail;
        buffer.clear();
        record::encode(payload, buffer);
        if let Err(error) = (&**file).write_all(buffer) {
            // What was written of it would be read as damage; the log ends where it ended.
            let _ = file.set_len(position.offset);
            return Err(JournalError::Write(error));
        }
        position.offset += buffer.len() as u64;
        let (end, written) = (*position, buffer.len() as u64);
        self.syncer.request(end, file);
        drop(tail);
        self.appended_bytes.fetch_add(written, Ordering::Release);
        self.appended.notify_waiters();
        Ok(end)
    }

    /// Waits until everything up to `position` is on the disk.
    ///
    /// # Errors
    /// [`JournalError::Write`] where the disk refuses to sync.
    pub async fn durable(&self, position: Position) -> Result<(), JournalError> {
        let mut durable = self.syncer.durable();
        let reached = durable
            .wait_for(|state| state.as_ref().map_or(true, |durable| *durable >= position))
            .await
            .map_err(|_| JournalError::Write(io::ErrorKind::BrokenPipe.into()))?;
        (*reached).map(drop).map_err(|kind| JournalError::Write(kind.into()))
    }

    /// Where the next record goes.
    #[must_use]
    pub fn position(&self) -> Position {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner).position
    }

    /// Waits until something lies behind `position`.
    pub async fn wait_past(&self, position: Position) {
        loop {
            let appended = self.appended.notified();
            tokio::pin!(appended);
            appended.as_mut().enable();
            if self.position() > position {
                return;
            }
            appended.await;
        }
    }

    /// Reads from `position` on.
    #[must_use]
    pub fn reader(self: &Arc<Self>, position: Position) -> Reader {
        Reader::new(self.directory.clone(), position)
    }

    /// Counts what has been applied, so that the backlog shrinks.
    pub fn applied(&self, bytes: u64) {
        self.applied_bytes.fetch_add(bytes, Ordering::Release);
    }

    /// Deletes the segments that lie wholly before `position`.
    ///
    /// # Errors
    /// [`JournalError::Write`] where the disk refuses.
    pub fn release(&self, position: Position) -> Result<(), JournalError> {
        for number in segment::list(&self.directory).map_err(JournalError::Read)? {
            if number < position.segment {
                fs::remove_file(segment::path(&self.directory, number))
                    .map_err(JournalError::Write)?;
            }
        }
        Ok(())
    }

    /// How the log is doing.
    #[must_use]
    pub fn state(&self) -> JournalState {
        JournalState {
            appended: self.position(),
            backlog_bytes: self.backlog_bytes(),
            backlog_limit_bytes: self.options.backlog_limit_bytes,
        }
    }

    fn backlog_bytes(&self) -> u64 {
        let applied = self.applied_bytes.load(Ordering::Acquire);
        self.appended_bytes.load(Ordering::Acquire).saturating_sub(applied)
    }

    fn rotate(&self, tail: &mut Tail) -> io::Result<()> {
        tail.file.sync_data()?;
        let number = tail.position.segment + 1;
        tail.file = Arc::new(open_segment(&self.directory, number)?);
        tail.position = Position { segment: number, offset: 0 };
        File::open(&self.directory)?.sync_all()
    }
}

fn open_segment(directory: &Path, number: u64) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(segment::path(directory, number))
}

/// Finds the end of the last whole record; moves what follows aside.
fn recover(directory: &Path, number: u64) -> io::Result<(u64, u64)> {
    let path = segment::path(directory, number);
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(mut file) => file.read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((0, 0)),
        Err(error) => return Err(error),
    };
    let mut end = 0;
    while let Decoded::Whole(length) = record::decode(&bytes[end..]) {
        end += HEADER_BYTES + length;
    }
    let damaged = &bytes[end..];
    if !damaged.is_empty() {
        fs::write(path.with_extension(format!("{end}.damaged")), damaged)?;
        OpenOptions::new().write(true).open(&path)?.set_len(end as u64)?;
    }
    Ok((end as u64, damaged.len() as u64))
}
