//! The accept loop that the fake provider and the bare proxy share.

use std::{convert::Infallible, future::Future, io, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// How long to wait when the system refuses to accept, as when descriptors run out.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(10);

/// Runs `connection` for everything that connects, until it is dropped; then all connections end.
pub(crate) async fn accept_all<F>(
    listener: TcpListener,
    connection: impl Fn(TcpStream) -> F,
) -> Infallible
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match accept(&listener).await {
            Ok(stream) => {
                connections.spawn(connection(stream));
            }
            Err(_) => tokio::time::sleep(PAUSE_AFTER_REFUSAL).await,
        }
    }
}

/// The next connection, with Nagle's algorithm off: it would hold small chunks back by 40 ms.
async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
