//! The one writer: reads the journal, writes the database, never loses its place.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use shared::id::{NodeId, RequestId};
use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use crate::{
    call::{CallId, Recorded},
    journal::{self, Journal, JournalError, Position, Reader},
    storage::{
        Database, StorageError,
        tables::watermarks::{self, Watermark},
    },
};

/// How many records one transaction takes at most.
pub(super) const BATCH_RECORDS: usize = 1_000;
/// How much of the journal one transaction takes at most, in bytes.
pub(super) const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How long to wait before the database is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// After a quiet time the answer that has just ended goes out first.
const AFTER_AN_END: Duration = Duration::from_millis(5);
/// A transaction costs as much as the calls of many milliseconds, so under load there are few.
const BETWEEN_BATCHES: Duration = Duration::from_millis(100);

/// Why a batch could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Applies the journal of one node.
pub struct LedgerWriter {
    database: Database,
    journal: Arc<Journal>,
    node: NodeId,
    reader: Reader,
    /// Calls whose end is not known yet, and in which segment their intent is; it stays.
    open: BTreeMap<RequestId, u64>,
    last_segment: u64,
}

impl LedgerWriter {
    pub(super) fn new(
        database: Database,
        journal: Arc<Journal>,
        node: NodeId,
        from: Position,
    ) -> Self {
        let reader = journal.reader(from);
        Self { database, journal, node, reader, open: BTreeMap::new(), last_segment: from.segment }
    }

    /// Applies the records of ended calls until told to stop, and then what is left.
    ///
    /// Reading and decoding block, so this wants a thread of its own.
    pub async fn run(mut self, ended: Arc<Notify>, stop: CancellationToken) {
        let mut turns = tokio::time::interval(BETWEEN_BATCHES);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(next_turn(&ended, &mut turns)).await.is_some() {
            self.apply_all(&stop).await;
        }
        self.apply_all(&stop).await;
    }

    async fn apply_all(&mut self, stop: &CancellationToken) {
        loop {
            match self.apply_some().await {
                Ok(false) => return,
                Ok(true) => {}
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "records wait in the journal until the database takes them"
                    );
                    if stop.is_cancelled() {
                        return;
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }

    /// Applies the next batch; gives whether there was one.
    ///
    /// # Errors
    /// [`ApplyError`]; a batch that could not be read or written is the next one again.
    pub(super) async fn apply_some(&mut self) -> Result<bool, ApplyError> {
        let from = self.reader.position();
        let written = match self.read() {
            Ok(None) => return Ok(false),
            // Calls under way are nothing for the database yet.
            Ok(Some(batch)) if batch.is_empty() => return Ok(true),
            Ok(Some(batch)) => self.write(batch).await.map_err(ApplyError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            self.reader = self.journal.reader(from);
            return Err(error);
        }
        let end = self.reader.position();
        self.journal.applied(end)?;
        self.release(end)?;
        Ok(true)
    }

    /// Reads the next records; none if all have been read. Takes as long as the disk does.
    fn read(&mut self) -> Result<Option<Batch>, ApplyError> {
        let records = self.reader.next_batch(BATCH_RECORDS, BATCH_BYTES)?;
        let mut batch = Batch::default();
        for written in &records {
            match record::<CallId, Box<RawValue>>(written)? {
                Recorded::Intent { so_far, .. } => {
                    self.open.insert(so_far.request_id, written.position.segment);
                }
                Recorded::Finish(finish) => {
                    self.open.remove(&finish.request_id);
                    batch.add(self.node, *finish);
                }
            }
        }
        Ok((!records.is_empty()).then_some(batch))
    }

    /// Writes a batch with the place up to which it goes.
    async fn write(&self, batch: Batch) -> Result<(), StorageError> {
        let mut tx = self.database.begin().await?;
        batch.write(&mut tx).await?;
        let mark = watermark(self.reader.position());
        watermarks::set(&mut tx, self.node.uuid(), mark).await?;
        tx.commit().await
    }

    /// Lets go of segments of which everything is applied and every call has ended.
    fn release(&mut self, end: Position) -> Result<(), JournalError> {
        let oldest = self.open.values().copied().min().unwrap_or(end.segment).min(end.segment);
        if oldest > self.last_segment {
            self.journal.release(Position { segment: oldest, offset: 0 })?;
            self.last_segment = oldest;
        }
        Ok(())
    }
}

/// Waits until a call has ended and the last transaction is long enough ago.
async fn next_turn(ended: &Notify, turns: &mut Interval) {
    ended.notified().await;
    tokio::time::sleep(AFTER_AN_END).await;
    turns.tick().await;
}

/// What a record says.
pub(super) fn record<I: DeserializeOwned, V: DeserializeOwned>(
    written: &journal::Record,
) -> Result<Recorded<I, V>, StorageError> {
    serde_json::from_slice(&written.payload)
        .map_err(|_| StorageError::Corrupt { column: "journal record" })
}

fn watermark(position: Position) -> Watermark {
    let (segment, end_offset) = position.columns();
    Watermark { segment, end_offset }
}
