//! One kept-alive connection of the load generator.

use std::{io, net::SocketAddr};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinHandle};

use super::{call::Call, stream_timing::StreamTiming};
use crate::monotonic;

/// Why a call did not come through.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("cannot connect: {0}")]
    Connect(#[from] io::Error),
    #[error("the connection failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("status {status}: {body}")]
    Status { status: StatusCode, body: String },
    #[error("the answer was not whole")]
    Incomplete,
}

/// A connection to a target.
#[derive(Debug)]
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, CallError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // What goes wrong on the connection is told to whoever waits for an answer.
        let driver = tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { sender, driver })
    }

    pub(super) async fn open_many(
        address: SocketAddr,
        count: usize,
    ) -> Result<Vec<Self>, CallError> {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(Self::open(address).await?);
        }
        Ok(connections)
    }

    /// Whether the other side still keeps the connection; servers close those that idle.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Closes it, as a server would that no longer waits.
    #[cfg(test)]
    pub(super) fn close(&self) {
        self.driver.abort();
    }

    /// Makes a call and reads its answer to the end; the answer has to be whole.
    pub(super) async fn complete(&mut self, call: &Call) -> Result<(), CallError> {
        if call.is_streaming {
            return self.stream(call).await.map(drop);
        }
        let body = self.answer(call).await?.collect().await?.to_bytes();
        if body.trim_ascii_end().ends_with(b"}") { Ok(()) } else { Err(CallError::Incomplete) }
    }

    /// Makes a streamed call and times its pieces; the stream has to come to its proper end.
    pub(super) async fn stream(&mut self, call: &Call) -> Result<StreamTiming, CallError> {
        let mut body = self.answer(call).await?;
        let mut timing = StreamTiming::of(call.dialect);
        while let Some(frame) = body.frame().await {
            if let Some(bytes) = frame?.data_ref() {
                timing.push(bytes, monotonic::now_nanos());
            }
        }
        if timing.is_whole() { Ok(timing) } else { Err(CallError::Incomplete) }
    }

    async fn answer(&mut self, call: &Call) -> Result<Incoming, CallError> {
        self.sender.ready().await?;
        let response = self.sender.send_request(call.request()).await?;
        if response.status() == StatusCode::OK {
            return Ok(response.into_body());
        }
        Err(refusal(response).await)
    }
}

async fn refusal(response: Response<Incoming>) -> CallError {
    let status = response.status();
    match response.into_body().collect().await {
        Ok(body) => {
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            CallError::Status { status, body }
        }
        Err(error) => error.into(),
    }
}
