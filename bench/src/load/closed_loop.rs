//! A closed loop: each connection makes its next call when the last one has been answered.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    call::{Call, Target},
    connection::{CallError, Connection},
    tally::Tally,
};

/// How long a caller whose connection failed waits before it opens another.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(10);

/// Calls from every connection for so long; hands the connections back.
pub(super) async fn run(
    target: &Target,
    call: &Arc<Call>,
    connections: Vec<Connection>,
    duration: Duration,
) -> (Tally, Vec<Connection>) {
    let ends_at = Instant::now() + duration;
    let mut callers = JoinSet::new();
    for connection in connections {
        callers.spawn(keep_calling(target.clone(), Arc::clone(call), connection, ends_at));
    }
    let mut total = Tally::default();
    let mut open = Vec::new();
    while let Some(caller) = callers.join_next().await {
        match caller {
            Ok((tally, connection)) => {
                total.add(tally);
                open.extend(connection);
            }
            Err(error) => total.failed(&error),
        }
    }
    (total, open)
}

async fn keep_calling(
    target: Target,
    call: Arc<Call>,
    connection: Connection,
    ends_at: Instant,
) -> (Tally, Option<Connection>) {
    let mut tally = Tally::default();
    let mut connection = Some(connection);
    loop {
        let started_at = Instant::now();
        if started_at >= ends_at {
            return (tally, connection);
        }
        let outcome = match connection.take() {
            Some(open) => complete(open, &call).await,
            None => match Connection::open(target.address).await {
                Ok(open) => complete(open, &call).await,
                Err(error) => Err(error),
            },
        };
        match outcome {
            Ok(open) => {
                tally.timed(started_at.elapsed());
                connection = Some(open);
            }
            Err(error) => {
                tally.failed(&error);
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

/// Makes one call; a connection that failed is not handed back.
async fn complete(mut connection: Connection, call: &Call) -> Result<Connection, CallError> {
    connection.complete(call).await.map(|()| connection)
}
