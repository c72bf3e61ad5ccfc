//! The one writer: reads the journal, writes the database, never loses its place.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use shared::id::{NodeId, RequestId};
use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{batch::Batch, books::Books};
use crate::{
    call::{CallId, RecordError, Recorded},
    journal::{Journal, JournalError, Position, Reader},
    kernel::{Health, config::JournalPlace},
    storage::{
        Database, StorageError, Tx,
        tables::{
            nodes, open_calls,
            watermarks::{self, Watermark},
        },
    },
};

/// How many records one transaction takes at most.
const BATCH_RECORDS: usize = 4_000;
/// How many records are held in memory at most, a finish and an intent for each call.
pub(super) const PORTION_RECORDS: usize = 256;
/// How much of the journal is held in memory at most, in bytes.
pub(super) const PORTION_BYTES: usize = 1024 * 1024;
/// How long to wait before the database is tried again.
const RETRY: Duration = Duration::from_millis(500);
/// After a quiet time the answer that has just ended goes out first.
const AFTER_AN_END: Duration = Duration::from_millis(5);
/// A transaction costs as much as the calls of many milliseconds, so under load there are few.
const BETWEEN_BATCHES: Duration = Duration::from_millis(200);

/// Why a batch could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Another node writes the ends of this node's calls now.
    #[error(
        "this node was not heard of for so long that another one has taken over its calls; \
         restart it"
    )]
    Adopted,
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
    /// The books as the last transaction left them.
    books: Books,
    /// Where the calls under way are kept that this writes the ends of.
    place: JournalPlace,
}

impl LedgerWriter {
    pub(super) fn new(
        database: Database,
        journal: Arc<Journal>,
        node: NodeId,
        from: Position,
        books: Books,
        place: JournalPlace,
    ) -> Self {
        let reader = journal.reader(from);
        let (open, last_segment) = (BTreeMap::new(), from.segment);
        Self { database, journal, node, reader, open, last_segment, books, place }
    }

    /// Applies the records of ended calls until told to stop, and then what is left.
    ///
    /// Reading and decoding block, so this wants a thread of its own.
    pub async fn run(mut self, ended: Arc<Notify>, health: Arc<Health>, stop: CancellationToken) {
        let mut turns = tokio::time::interval(BETWEEN_BATCHES);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(next_turn(&ended, &mut turns)).await.is_some() {
            self.apply_all(&health, &stop).await;
        }
        self.apply_all(&health, &stop).await;
    }

    async fn apply_all(&mut self, health: &Health, stop: &CancellationToken) {
        loop {
            health.trying();
            match self.apply_some().await {
                Ok(false) => return health.succeeded(),
                Ok(true) => health.succeeded(),
                Err(error) => {
                    health.failed(&error);
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
        match self.apply_batch().await {
            Ok(Some(0)) => return Ok(false),
            Ok(Some(_)) => {}
            Ok(None) => self.go_to_the_watermark().await?,
            Err(error) => {
                self.reader = self.journal.reader(from);
                return Err(error);
            }
        }
        let end = self.reader.position();
        self.journal.applied(end)?;
        if let Err(error) = self.release(end) {
            // On a read-only disk, for one; the next batch tries again.
            tracing::warn!(%error, "parts of the journal that are not needed any more stay");
        }
        Ok(true)
    }

    /// Brings the next batch into the database, with the place up to which it goes; gives of how
    /// many records it is. Intents alone are nothing for the database yet. None where the books are
    /// not as they were left: then nothing is written.
    async fn apply_batch(&mut self) -> Result<Option<usize>, ApplyError> {
        let mut batch = Batch::after(self.books);
        let mut tx: Option<Tx> = None;
        let mut records = 0;
        while records < BATCH_RECORDS {
            let portion = match self.read_portion(&mut batch) {
                Ok(0) => break,
                Ok(portion) => portion,
                // It comes again once everything before the damage is in the database.
                Err(ApplyError::Journal(_)) if records > 0 => break,
                Err(error) => return Err(error),
            };
            records += portion;
            if batch.has_rows() {
                if tx.is_none() {
                    tx = self.begin().await?;
                }
                let Some(tx) = &mut tx else { return Ok(None) };
                if self.place == JournalPlace::Database {
                    open_calls::remove_all(tx, &batch.call_ids()).await?;
                }
                batch.write_rows(tx).await?;
            }
        }
        if let Some(mut tx) = tx {
            let place = batch.place();
            batch.write_sums(self.node, &mut tx).await?;
            let mark = watermark(self.reader.position());
            watermarks::set(&mut tx, self.node.uuid(), mark).await?;
            tx.commit().await?;
            self.books.place = place;
        }
        Ok(Some(records))
    }

    /// Begins a transaction, if the books are as the last one left them.
    async fn begin(&mut self) -> Result<Option<Tx>, ApplyError> {
        let mut tx = self.database.begin().await?;
        if self.place == JournalPlace::Database
            && !nodes::stays_its_own(&mut tx, self.node.uuid()).await?
        {
            return Err(ApplyError::Adopted);
        }
        let found = Books::hold(&mut tx, self.node).await?;
        let is_as_left = found == self.books;
        self.books = found;
        Ok(is_as_left.then_some(tx))
    }

    /// Goes on where the database is: a transaction may have been committed although its answer was
    /// lost, or a month may have been closed since the last one.
    async fn go_to_the_watermark(&mut self) -> Result<(), ApplyError> {
        let mark = watermarks::find(&self.database, self.node.uuid()).await?;
        let position = mark
            .map_or(Position::START, |mark| Position::from_columns(mark.segment, mark.end_offset));
        self.reader = self.journal.reader(position);
        Ok(())
    }

    /// Reads the next records into the batch; gives how many. Takes as long as the disk does.
    fn read_portion(&mut self, batch: &mut Batch) -> Result<usize, ApplyError> {
        let Self { reader, open, node, .. } = self;
        reader.read(PORTION_RECORDS, PORTION_BYTES, |end, payload| {
            // Of most intents nothing is read but whose they are.
            if let Some(CallId { request_id }) = CallId::of_intent(payload) {
                open.insert(request_id, end.segment);
                return Ok(());
            }
            match record::<CallId, String>(payload)? {
                Recorded::Intent { so_far, .. } => {
                    open.insert(so_far.request_id, end.segment);
                }
                Recorded::Finish(finish) => {
                    open.remove(&finish.request_id);
                    batch.add(*node, *finish);
                }
            }
            Ok(())
        })
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
    payload: &[u8],
) -> Result<Recorded<I, V>, ApplyError> {
    Ok(Recorded::from_bytes(payload)?)
}

fn watermark(position: Position) -> Watermark {
    let (segment, end_offset) = position.columns();
    Watermark { segment, end_offset }
}
