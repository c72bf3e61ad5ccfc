//! Keeps the intents of calls in the database, for nodes whose disk may be gone with the process.
//!
//! Whoever has an intent to keep waits for the transaction that has it. There is one at a time, and
//! the next one takes all that has come meanwhile, so that a thousand calls a second cost the
//! database a few dozen transactions.

use std::time::Duration;

use shared::id::{NodeId, RequestId};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    call::{IntentKeeper, Keeping, NotKept},
    storage::{
        Database, StorageError,
        tables::{
            nodes,
            open_calls::{self, OpenCallRow},
        },
    },
};

/// How many calls wait at most; more wait for these.
const QUEUE: usize = 1_024;
/// How many one transaction takes at most.
const GROUP: usize = 256;
/// A call that has not been kept by then is refused: whoever waits longer has gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// The queue to the one who keeps intents.
pub struct OpenCalls {
    queue: mpsc::Sender<Waiting>,
}

/// An intent that somebody waits for.
struct Waiting {
    call: OpenCallRow,
    /// Whether another record of the call is kept already.
    is_known: bool,
    kept: oneshot::Sender<Result<(), KeepError>>,
}

/// Why intents are not kept.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum KeepError {
    /// Another node has taken over what this one had under way.
    #[error(
        "this node was not heard of for so long that another one has taken over its calls; \
         restart it"
    )]
    Adopted,
    /// The database does not take them.
    #[error("{0}")]
    Storage(String),
    /// It takes too long.
    #[error("the database has not answered within {PATIENCE:?}")]
    Late,
    /// The gateway stops.
    #[error("the gateway stops")]
    Stopping,
}

impl From<StorageError> for KeepError {
    fn from(error: StorageError) -> Self {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        Self::Storage(source.map_or_else(|| error.to_string(), |why| format!("{error}: {why}")))
    }
}

impl OpenCalls {
    /// Starts the one who keeps intents, until told to stop.
    #[must_use]
    pub fn start(
        database: Database,
        node: NodeId,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (queue, mut waiting) = mpsc::channel(QUEUE);
        tasks.spawn(async move {
            let mut group = Vec::with_capacity(GROUP);
            while stop.run_until_cancelled(waiting.recv_many(&mut group, GROUP)).await.is_some() {
                keep(&database, node, &mut group).await;
            }
        });
        Self { queue }
    }

    fn wait(&self, call: RequestId, record: Vec<u8>, is_known: bool) -> Keeping<'_> {
        let call = OpenCallRow { call_id: call.uuid(), record };
        Box::pin(async move {
            let (kept, answer) = oneshot::channel();
            let asked = async {
                let waiting = Waiting { call, is_known, kept };
                self.queue.send(waiting).await.map_err(|_| KeepError::Stopping)?;
                answer.await.unwrap_or(Err(KeepError::Stopping))
            };
            let outcome = timeout(PATIENCE, asked).await.unwrap_or(Err(KeepError::Late));
            outcome.map_err(|error| NotKept(Box::new(error)))
        })
    }
}

impl IntentKeeper for OpenCalls {
    fn keep(&self, call: RequestId, record: Vec<u8>) -> Keeping<'_> {
        self.wait(call, record, false)
    }

    fn keep_instead(&self, call: RequestId, record: Vec<u8>) -> Keeping<'_> {
        self.wait(call, record, true)
    }
}

/// Keeps a group and tells everybody who waits.
async fn keep(database: &Database, node: NodeId, group: &mut Vec<Waiting>) {
    // Nobody waits any more for a call whose client has gone, and no provider will be asked for it.
    group.retain(|waiting| !waiting.kept.is_closed());
    // A connection on which no answer comes is given up, and the next group takes another one.
    let outcome = timeout(PATIENCE, write(database, node, group)).await;
    let outcome = outcome.unwrap_or(Err(KeepError::Late));
    for waiting in group.drain(..) {
        // Whoever has gone in the meantime needs no answer.
        let _told = waiting.kept.send(outcome.clone());
    }
}

async fn write(database: &Database, node: NodeId, group: &[Waiting]) -> Result<(), KeepError> {
    if group.is_empty() {
        return Ok(());
    }
    let mut tx = database.begin().await?;
    if !nodes::is_its_own(&mut tx, node.uuid()).await? {
        return Err(KeepError::Adopted);
    }
    let (known, new): (Vec<_>, Vec<_>) = group.iter().partition(|waiting| waiting.is_known);
    let new = new.into_iter().map(|waiting| waiting.call.clone());
    open_calls::add_all(&mut tx, node.uuid(), new).await?;
    for waiting in known {
        open_calls::replace(&mut tx, waiting.call.clone()).await?;
    }
    Ok(tx.commit().await?)
}
