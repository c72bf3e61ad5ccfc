//! One lane: a thread that serves its connections from the first byte to the last.
//!
//! A call that stays on one thread wakes no other one: its client's connection, its provider's
//! connection and the pipeline between them take turns without a lock or a system call.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use gateway::kernel::lane;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::surfaces::Front;

/// A client that does not finish its headers in this time is let go.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);
/// Above what the surfaces accept, so that they can refuse in the client's own dialect.
const HEADER_BUFFER_BYTES: usize = 512 * 1024;
const HEADER_COUNT: usize = 512;

/// A connection as it was accepted: not yet any thread's.
type Accepted = (std::net::TcpStream, SocketAddr);

/// The lane as the one sees it who accepts connections.
pub(super) struct Lane {
    connections: mpsc::UnboundedSender<Accepted>,
    open: Arc<AtomicUsize>,
    /// Resolves when no request is under way any more, after there are no further connections.
    drained: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Lane {
    /// Starts the thread. It lives until `end`, also after its last connection, because answers
    /// that nobody waits for any more are still read to their end on it.
    pub(super) fn start(
        number: usize,
        front: Arc<Front>,
        end: CancellationToken,
    ) -> io::Result<Self> {
        let (connections, arriving) = mpsc::unbounded_channel();
        let (is_drained, drained) = oneshot::channel();
        let open = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serving = serve(front, arriving, Arc::clone(&open), is_drained);
        let thread = thread::Builder::new().name(format!("lane-{number}")).spawn(move || {
            lane::enter(number);
            runtime.block_on(async {
                // A request that does not end must not keep the lane beyond the deadline.
                end.run_until_cancelled(serving).await;
                end.cancelled().await;
            });
        })?;
        Ok(Self { connections, open, drained, thread })
    }

    /// How many connections it has.
    pub(super) fn open_connections(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Gives it a connection.
    pub(super) fn take(&self, connection: Accepted) {
        self.open.fetch_add(1, Ordering::Relaxed);
        // The lane takes connections for as long as this half of it exists.
        let _ = self.connections.send(connection);
    }

    /// Lets requests under way end and closes idle connections; gives what resolves when there are
    /// none any more, and the thread.
    pub(super) fn close(self) -> (oneshot::Receiver<()>, JoinHandle<()>) {
        (self.drained, self.thread)
    }
}

async fn serve(
    front: Arc<Front>,
    mut arriving: mpsc::UnboundedReceiver<Accepted>,
    open: Arc<AtomicUsize>,
    is_drained: oneshot::Sender<()>,
) {
    // A connection that is upgraded is the other protocol's from then on, and not waited for here.
    let (connections, closing) = (TaskTracker::new(), CancellationToken::new());
    while let Some((stream, peer)) = arriving.recv().await {
        let open = Open(Arc::clone(&open));
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken over");
                continue;
            }
        };
        let front = Arc::clone(&front);
        let service = service_fn(move |request| {
            let front = Arc::clone(&front);
            async move { front.answer(request, peer).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_READ_TIMEOUT)
            .max_buf_size(HEADER_BUFFER_BYTES)
            .max_headers(HEADER_COUNT)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let closing = closing.clone();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                biased;
                ended = connection.as_mut() => ended,
                () = closing.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(open);
        });
    }
    closing.cancel();
    connections.close();
    connections.wait().await;
    let _ = is_drained.send(());
}

/// Counts a connection for as long as it is open.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
