//! The one writer: reads the journal, writes the database, never loses its place.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use shared::id::{NodeId, RequestId};
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use crate::{
    call::Record,
    journal::{self, Journal, JournalError, Position, Reader},
    storage::{
        Database, StorageError,
        tables::watermarks::{self, Watermark},
    },
};

/// How many records one transaction takes at most.
const BATCH_RECORDS: usize = 500;
/// How much of the journal one transaction takes at most, in bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How long to wait before the database is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// A short pause lets a batch grow under load, so that the database is asked less often.
const GATHER: Duration = Duration::from_millis(5);

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

    /// Applies whatever is appended until told to stop, and then what is left.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.journal.wait_past(self.reader.position()) => {}
                () = stop.cancelled() => break,
            }
            if !stop.is_cancelled() {
                tokio::time::sleep(GATHER).await;
            }
            self.apply_all(&stop).await;
        }
        self.apply_all(&stop).await;
    }

    async fn apply_all(&mut self, stop: &CancellationToken) {
        loop {
            match self.apply_some().await {
                Ok(0) => return,
                Ok(_) => {}
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

    /// Applies the next batch; gives how many records it had.
    ///
    /// # Errors
    /// [`ApplyError`]; then nothing of the batch is applied and the place is kept.
    pub async fn apply_some(&mut self) -> Result<usize, ApplyError> {
        let from = self.reader.position();
        let records =
            tokio::task::block_in_place(|| self.reader.next_batch(BATCH_RECORDS, BATCH_BYTES))?;
        let Some(last) = records.last() else { return Ok(0) };
        let (count, end) = (records.len(), last.position);
        if let Err(error) = self.apply(records, end).await {
            self.reader = self.journal.reader(from);
            return Err(error.into());
        }
        self.journal.applied(end)?;
        self.release(end)?;
        Ok(count)
    }

    async fn apply(
        &mut self,
        records: Vec<journal::Record>,
        end: Position,
    ) -> Result<(), StorageError> {
        let mut batch = Batch::default();
        for written in records {
            match record(&written)? {
                Record::Intent(intent) => {
                    self.open.insert(intent.worst_case.request_id, written.position.segment);
                }
                Record::Finish(finish) => {
                    self.open.remove(&finish.request_id);
                    batch.add(self.node, *finish)?;
                }
            }
        }
        let mut tx = self.database.begin().await?;
        batch.write(&mut tx).await?;
        watermarks::set(&mut tx, self.node.uuid(), watermark(end)).await?;
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

pub(super) fn record(written: &journal::Record) -> Result<Record, StorageError> {
    serde_json::from_slice(&written.payload)
        .map_err(|_| StorageError::Corrupt { column: "journal record" })
}

fn watermark(position: Position) -> Watermark {
    let (segment, end_offset) = position.columns();
    Watermark { segment, end_offset }
}
