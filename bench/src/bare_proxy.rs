//! The yardstick: a proxy that only passes on, or does the least that an AI gateway must.
//!
//! `bare` is hyper's server and hyper-util's pooled client back to back. `bare-work` also hashes
//! the key and looks it up, reads model and stream from the request and usage from the answer,
//! and keeps nothing. What a gateway costs beyond these is its own doing.

mod metered;
mod work;

use std::{io, net::SocketAddr, sync::Arc};

use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{CONNECTION, HOST, TRANSFER_ENCODING},
    uri::{Authority, PathAndQuery, Scheme, Uri},
};
use http_body_util::{BodyExt, Either, Empty, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use self::work::Work;
use crate::serve::accept_all;

type Upward = Either<Incoming, Full<bytes::Bytes>>;
type Downward = Either<Incoming, UnsyncBoxBody<bytes::Bytes, hyper::Error>>;

/// How a bare proxy is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where requests are passed on to: host and port.
    pub upstream: Authority,
    /// The key that is known, where the proxy is to do an AI gateway's least work.
    pub work_key: Option<String>,
}

/// A bare proxy at work; it ends when this is dropped.
#[derive(Debug)]
pub struct BareProxy {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl BareProxy {
    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the task ends, which it does not by itself.
    ///
    /// # Errors
    /// The task's panic, as an I/O error.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)
    }
}

impl Drop for BareProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a bare proxy at `address`.
///
/// # Errors
/// When the address cannot be had.
pub async fn listen(address: SocketAddr, options: Options) -> io::Result<BareProxy> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let proxy = Arc::new(Proxy::new(options));
    let task = tokio::spawn(async move {
        accept_all(listener, move |stream| serve(stream, Arc::clone(&proxy))).await;
    });
    Ok(BareProxy { address, task })
}

async fn serve(stream: TcpStream, proxy: Arc<Proxy>) {
    let service = service_fn(|request| proxy.pass_on(request));
    // A client that leaves ends its connection badly; there is nobody to tell.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

#[derive(Debug)]
struct Proxy {
    client: Client<HttpConnector, Upward>,
    upstream: Authority,
    work: Option<Work>,
}

impl Proxy {
    fn new(options: Options) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client =
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        let work = options.work_key.as_deref().map(Work::new);
        Self { client, upstream: options.upstream, work }
    }

    async fn pass_on(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Downward>, hyper_util::client::legacy::Error> {
        let (mut parts, body) = request.into_parts();
        parts.uri = self.upstream_uri(&parts.uri);
        strip_hop_by_hop(&mut parts.headers);
        parts.headers.remove(HOST);
        let Some(work) = &self.work else {
            let answer =
                self.client.request(Request::from_parts(parts, Either::Left(body))).await?;
            return Ok(relayed(answer));
        };
        if !work.knows(&parts.headers) {
            return Ok(refused(StatusCode::UNAUTHORIZED));
        }
        let Ok(body) = body.collect().await else {
            return Ok(refused(StatusCode::BAD_REQUEST));
        };
        let body = body.to_bytes();
        let Some(facts) = Work::facts(&body) else {
            return Ok(refused(StatusCode::BAD_REQUEST));
        };
        let request = Request::from_parts(parts, Either::Right(Full::new(body)));
        let answer = self.client.request(request).await?;
        Ok(work.meter(answer, facts).await)
    }

    fn upstream_uri(&self, uri: &Uri) -> Uri {
        let mut parts = uri.clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.upstream.clone());
        parts.path_and_query.get_or_insert_with(|| PathAndQuery::from_static("/"));
        // Scheme, authority and path are all there, which is what a URI needs.
        Uri::from_parts(parts).unwrap_or_default()
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    headers.remove(CONNECTION);
    headers.remove(TRANSFER_ENCODING);
}

fn relayed(answer: Response<Incoming>) -> Response<Downward> {
    let (mut parts, body) = answer.into_parts();
    strip_hop_by_hop(&mut parts.headers);
    Response::from_parts(parts, Either::Left(body))
}

fn refused(status: StatusCode) -> Response<Downward> {
    let empty = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(Either::Right(empty));
    *response.status_mut() = status;
    response
}
