//! Services that are made of several things.

use std::sync::Arc;

use shared::id::NodeId;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::OpenError;
use crate::{
    call::{EventSender, Recorder},
    catalog::Catalog,
    discovery::Discovery,
    events::CallLog,
    journal::Journal,
    kernel::{Clock, config::Config},
    limits::Limits,
    proxy::ledger::OpenCalls,
    storage::Database,
};

/// The rate limits, with how many nodes divide them.
pub(super) async fn open_limits(
    config: &Config,
    database: &Database,
    node: NodeId,
    clock: &Clock,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Arc<Limits>, OpenError> {
    let limits = Limits::open(config, database, node, clock.clone(), tasks, stop.clone()).await?;
    limits.refresh().await?;
    Ok(Arc::new(limits))
}

/// What writes the records of calls; `open_calls` keeps those under way where the disk does not
/// outlive the process.
pub(super) fn recorder_of(
    config: &Config,
    journal: &Arc<Journal>,
    sender: EventSender,
    open_calls: Option<OpenCalls>,
) -> Arc<Recorder> {
    let observer = Box::new(CallLog::start(sender));
    let recorder = Recorder::new(Arc::clone(journal), config.records.durability, observer);
    Arc::new(match open_calls {
        Some(open_calls) => recorder.with_keeper(Box::new(open_calls)),
        None => recorder,
    })
}

/// The models of a configuration, and those that providers are known to have.
pub(super) fn catalog_of(config: &Config, discovery: &Discovery) -> Catalog {
    Catalog::from_config(config).with_known(discovery.listed().into_iter().collect())
}
