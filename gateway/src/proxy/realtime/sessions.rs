//! All sessions under way, and their orderly end.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::kernel::config::Realtime;

/// How long sessions that are told to end may take to be settled.
const SETTLING: Duration = Duration::from_secs(5);

/// The sessions of this node.
pub struct Sessions {
    pub(super) limits: Realtime,
    running: TaskTracker,
    stop: CancellationToken,
}

/// One of them, for as long as it is kept.
pub(super) struct Running {
    pub(super) limits: Realtime,
    pub(super) stop: CancellationToken,
    _token: TaskTrackerToken,
}

impl Sessions {
    pub(crate) fn new(limits: Realtime) -> Self {
        Self { limits, running: TaskTracker::new(), stop: CancellationToken::new() }
    }

    pub(super) fn begin(&self) -> Running {
        Running {
            limits: self.limits.clone(),
            stop: self.stop.clone(),
            _token: self.running.token(),
        }
    }

    /// Lets sessions end by themselves for so long, and then tells those that are left to end.
    pub async fn end(&self, grace: Duration) {
        self.running.close();
        if timeout(grace, self.running.wait()).await.is_ok() {
            return;
        }
        self.stop.cancel();
        if timeout(SETTLING, self.running.wait()).await.is_err() {
            tracing::warn!("sessions that could not be settled in time are settled by estimate");
        }
    }
}
