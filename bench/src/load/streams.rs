//! Streamed calls: how soon the first text comes, how late each chunk, how many chunks at most.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    call::Call,
    connection::{CallError, Connection},
    tally::Tally,
};
use crate::monotonic;

/// One stream after the other for so long; what is timed is the first text of each.
pub(super) async fn first_text(
    call: &Call,
    connections: &mut [Connection],
    duration: Duration,
) -> Tally {
    let mut tally = Tally::default();
    let ends_at = Instant::now() + duration;
    let Some(connection) = connections.first_mut() else { return tally };
    while Instant::now() < ends_at {
        let started_at = monotonic::now_nanos();
        match connection.stream(call).await.map(|timing| timing.first_text_at) {
            Ok(Some(first_text_at)) => {
                tally.timed(Duration::from_nanos(first_text_at.saturating_sub(started_at)));
            }
            Ok(None) => tally.failed(&"a stream without text"),
            Err(error) => {
                tally.failed(&error);
                break;
            }
        }
    }
    tally
}

/// One paced stream on each connection, their starts spread over one gap between chunks; what is
/// timed is how long each chunk was under way.
pub(super) async fn paced(
    call: &Arc<Call>,
    connections: Vec<Connection>,
    gap: Duration,
) -> (Tally, Vec<Connection>) {
    let count = u32::try_from(connections.len()).unwrap_or(u32::MAX).max(1);
    let mut streams = JoinSet::new();
    for (place, mut connection) in (0..).zip(connections) {
        let call = Arc::clone(call);
        streams.spawn(async move {
            tokio::time::sleep(gap * place / count).await;
            let timing = connection.stream(&call).await?;
            let tally =
                Tally { units: timing.pieces, times_nanos: timing.lags_nanos, ..Tally::default() };
            Ok((tally, connection))
        });
    }
    gather(streams).await
}

/// Streams without pauses on every connection for so long; units are chunks, and what is timed is
/// each whole stream.
pub(super) async fn unpaced(
    call: &Arc<Call>,
    connections: Vec<Connection>,
    duration: Duration,
) -> (Tally, Vec<Connection>) {
    let ends_at = Instant::now() + duration;
    let mut streams = JoinSet::new();
    for mut connection in connections {
        let call = Arc::clone(call);
        streams.spawn(async move {
            let mut tally = Tally::default();
            while Instant::now() < ends_at {
                let started_at = Instant::now();
                let timing = connection.stream(&call).await?;
                tally.timed(started_at.elapsed());
                tally.units += timing.pieces.saturating_sub(1);
            }
            Ok((tally, connection))
        });
    }
    gather(streams).await
}

async fn gather(
    mut streams: JoinSet<Result<(Tally, Connection), CallError>>,
) -> (Tally, Vec<Connection>) {
    let mut total = Tally::default();
    let mut open = Vec::new();
    while let Some(stream) = streams.join_next().await {
        match stream {
            Ok(Ok((tally, connection))) => {
                total.add(tally);
                open.push(connection);
            }
            Ok(Err(error)) => total.failed(&error),
            Err(error) => total.failed(&error),
        }
    }
    (total, open)
}
