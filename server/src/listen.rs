//! Takes connections and gives each to the lane with the fewest; an orderly end.
//!
//! There is a lane for each processor core. A connection stays on its lane.

mod lane;

use std::{io, sync::Arc, thread, time::Duration};

use futures_util::future::join_all;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use self::lane::Lane;
use crate::surfaces::Front;

/// After an accept that failed for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Lanes without connections; what still runs on them does so until they are ended.
pub(crate) struct Lanes {
    /// Whether every request had its whole answer in time.
    pub(crate) all_ended: bool,
    end: CancellationToken,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Lanes {
    /// Drops what still runs, and returns when nothing does.
    pub(crate) async fn end(self) {
        self.end.cancel();
        let joined = tokio::task::spawn_blocking(|| {
            for thread in self.threads {
                if thread.join().is_err() {
                    tracing::error!("a lane ended in a panic");
                }
            }
        });
        let _ = joined.await;
    }
}

/// Serves until `stop`, then lets requests under way end until `drain` has passed.
///
/// # Errors
/// Where a lane's thread or runtime cannot be made.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Front,
    stop: CancellationToken,
    drain: Duration,
) -> io::Result<Lanes> {
    let end = CancellationToken::new();
    let front = Arc::new(front);
    let lanes = (1..=gateway::kernel::lane::count())
        .map(|number| Lane::start(number, Arc::clone(&front), end.clone()))
        .collect::<io::Result<Vec<_>>>()?;
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        match detach(stream) {
            Ok(stream) => {
                if let Some(lane) = lanes.iter().min_by_key(|lane| lane.open_connections()) {
                    lane.take((stream, peer));
                }
            }
            Err(error) => tracing::debug!(%error, "a connection went away at once"),
        }
    }
    drop(listener);
    let (drained, threads): (Vec<_>, _) = lanes.into_iter().map(Lane::close).unzip();
    let all_ended = tokio::time::timeout(drain, join_all(drained)).await.is_ok();
    Ok(Lanes { all_ended, end, threads })
}

/// Lets go of a connection, so that another thread can take it; small writes leave at once.
fn detach(stream: TcpStream) -> io::Result<std::net::TcpStream> {
    stream.set_nodelay(true)?;
    stream.into_std()
}
