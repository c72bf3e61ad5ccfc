//! Files and batches that callers keep at providers: whose they are, and what batches cost.
//!
//! What is promised:
//!
//! - A file or a batch is its owner's. For everybody else it does not exist, and lists show nobody
//!   else's.
//! - Requests of a batch ask only a model that their caller may use, and are checked line by line
//!   before a provider has them.
//! - A batch is one call: it is screened, paid for with the most that its requests can cost, and
//!   recorded like any other before the provider is asked. What it has cost is booked once, when it
//!   has ended, whoever learns of it: the caller, or the watch that asks for it every few minutes.
//!   A crash in between neither loses nor doubles a bill.
//! - Results are handed out when the bill is right, not before.
//!
//! Answers of providers pass as they come. A provider that is asked here about something that its
//! caller keeps there is asked by an errand, which costs nothing.

mod begin;
mod bill;
mod check;
mod keep;
mod list;
mod refusal;
mod settle;
#[cfg(test)]
mod tests;
mod upload;
mod watch;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Mutex as AsyncMutex;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::list::{Listing, results_url};
pub use crate::providers::Contents;
use crate::{
    finance::Corrections,
    kernel::{Clock, Ids, config},
    proxy::Proxy,
    storage::Database,
};

/// What is kept at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, as OpenAI has it.
    File,
    /// A batch, as OpenAI has it.
    Batch,
    /// A message batch, as Anthropic has it.
    MessageBatch,
}

impl Kind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Batch => "batch",
            Self::MessageBatch => "message_batch",
        }
    }
}

/// The files and batches of everybody; cheap to clone.
#[derive(Clone)]
pub struct Batches(Arc<Inner>);

struct Inner {
    database: Database,
    proxy: Arc<Proxy>,
    corrections: Corrections,
    clock: Clock,
    ids: Ids,
    tasks: TaskTracker,
    /// Where files go that are for no batch, where that is said.
    files_provider: Option<String>,
    /// The longest line of a file of requests, in bytes.
    line_limit_bytes: usize,
    watch_period: Duration,
    /// Whose bill is being put right here, so that its results are read once.
    turns: Mutex<HashMap<Uuid, Arc<AsyncMutex<()>>>>,
}

impl Batches {
    /// Files and batches told of in `database` and asked for through `proxy`; `tasks` holds what is
    /// being begun, so that a shutdown can wait for it.
    #[must_use]
    pub fn new(
        database: Database,
        proxy: Arc<Proxy>,
        corrections: Corrections,
        tasks: TaskTracker,
        config: &config::Config,
    ) -> Self {
        Self(Arc::new(Inner {
            database,
            clock: proxy.clock.clone(),
            ids: proxy.ids.clone(),
            proxy,
            corrections,
            tasks,
            files_provider: config.files.provider.clone(),
            line_limit_bytes: config.server.body_limit_bytes,
            watch_period: Duration::from_secs(config.batches.watch_seconds),
            turns: Mutex::default(),
        }))
    }
}
