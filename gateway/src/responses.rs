//! Answers of the Responses API that are kept: fetched again, gone on from, and written while
//! their caller is away.
//!
//! What is promised:
//!
//! - An answer is kept here and at no provider, so every model has it; and it is its owner's. For
//!   everybody else it does not exist.
//! - There is no second way to a model: whoever goes on from an answer makes a call with all that
//!   was said before, which is screened, paid for and recorded as a whole.
//! - Keeping delays no answer: it is written behind the last event, and found in memory until then.
//!   Where the database does not take it for some seconds, or has not taken many before it, it is
//!   given up, the log says so, and its id is unknown from then on. A call that wants nothing kept
//!   asks the database nothing.
//! - An answer in the background belongs to the server, and its call is recorded and billed like
//!   any other. Cancelling it ends the call at the provider. What a stop or a crash cuts off has
//!   failed with `server_error`.

mod background;
mod history;
mod keeping;
mod reading;
mod references;
mod refusal;
mod run;
mod serving;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use shared::{Problem, id::RequestId};
use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

pub use self::reading::ItemPage;
use self::run::Runs;
use crate::{
    kernel::{Clock, config},
    proxy::Proxy,
    storage::{
        Database, StorageError,
        tables::stored_responses::{self, StoredResponseRow},
    },
};

/// How much may wait for the database, in units of 1 KiB.
const ROOM_KIB: usize = 256 * 1024;
const DAY_MICROS: i64 = 24 * 3_600 * 1_000_000;
/// What stands before the id of a call in the id of its answer.
const PREFIX: &str = "resp_";

const CUT_OFF: &str = "The gateway stopped while this response was being written. Ask again.";

/// The kept answers of everybody; cheap to clone.
#[derive(Clone)]
pub struct Responses(Arc<Inner>);

struct Inner {
    database: Database,
    proxy: Arc<Proxy>,
    clock: Clock,
    tasks: TaskTracker,
    /// Where the database is asked: calls are served elsewhere.
    runtime: Handle,
    /// How long an answer is kept; none where none is.
    keep_micros: Option<i64>,
    /// The most that may have been said before, in bytes.
    history_limit_bytes: usize,
    /// Models that think without being asked to.
    reasoning_models: HashSet<String>,
    /// What the database has not taken yet.
    pending: Mutex<HashMap<Uuid, Arc<StoredResponseRow>>>,
    room: Arc<Semaphore>,
    runs: Runs,
    closing: CancellationToken,
}

impl Responses {
    /// Answers in `database`, asked for through `proxy`; `tasks` holds all that is being written,
    /// so that a shutdown can wait for it.
    #[must_use]
    pub fn new(
        database: Database,
        proxy: Arc<Proxy>,
        clock: Clock,
        tasks: TaskTracker,
        config: &config::Config,
    ) -> Self {
        let days = i64::from(config.responses.keep_days);
        Self(Arc::new(Inner {
            database,
            proxy,
            clock,
            tasks,
            runtime: Handle::current(),
            keep_micros: (days > 0).then(|| days.saturating_mul(DAY_MICROS)),
            history_limit_bytes: config.server.body_limit_bytes,
            reasoning_models: reasoning_models(config),
            pending: Mutex::default(),
            room: Arc::new(Semaphore::new(ROOM_KIB)),
            runs: Runs::default(),
            closing: CancellationToken::new(),
        }))
    }

    /// Ends, at boot, the answers that a former process left unfinished; gives how many. One that
    /// another replica is writing is marked too, until that replica stores it whole.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn recover(&self) -> Result<u64, StorageError> {
        let mut tx = self.0.database.begin().await?;
        let count = stored_responses::abandon(&mut tx, CUT_OFF).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Ends every answer in the background because the gateway stops; comes back when all are
    /// stored.
    pub async fn interrupt(&self) {
        self.0.closing.cancel();
        let runs = self.0.runs.all();
        for run in &runs {
            run.interrupt();
        }
        for run in runs {
            run.ended().await;
        }
    }
}

fn reasoning_models(config: &config::Config) -> HashSet<String> {
    let reasons =
        |model: &&config::Model| model.backends.iter().any(|backend| backend.reasoning.is_some());
    config.models.iter().filter(reasons).map(|model| model.name.clone()).collect()
}

/// The id of the answer to a call.
fn text_of(id: Uuid) -> String {
    format!("{PREFIX}{}", RequestId::from_uuid(id))
}

/// The call whose answer has this id.
fn id_of(text: &str) -> Result<Uuid, Problem> {
    let call = text.strip_prefix(PREFIX).and_then(|call| call.parse::<RequestId>().ok());
    call.map(RequestId::uuid).ok_or_else(|| refusal::not_found(text))
}
