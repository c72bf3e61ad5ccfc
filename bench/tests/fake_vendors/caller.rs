//! A client that sees every byte.

use std::time::Duration;

use bench::fake_provider::{BillLine, FakeProvider, Options, spawn_with};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);
pub(crate) const KEY: &str = "the-key";

pub(crate) struct Caller {
    pub(crate) provider: FakeProvider,
    client: Client<HttpConnector, Full<Bytes>>,
    authorization: Option<String>,
}

/// An answer that came whole, or as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// Whether the connection broke before the end.
    pub(crate) is_broken: bool,
}

impl Caller {
    /// With the only key that is valid.
    pub(crate) async fn new() -> Self {
        Self::with(Some(&format!("Bearer {KEY}"))).await
    }

    pub(crate) async fn with(authorization: Option<&str>) -> Self {
        let options = Options { key: Some(KEY.to_owned()), ..Options::default() };
        Self {
            provider: spawn_with(options).await.unwrap(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            authorization: authorization.map(str::to_owned),
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Response<Incoming>, Error> {
        let url = format!("{}{path}", self.provider.url());
        let mut request = Request::builder().method(method).uri(url);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let body = Full::new(Bytes::from(body.to_string()));
        self.client.request(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        read(self.send(Method::GET, path, &Value::Null).await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send(Method::POST, path, body).await.unwrap()).await
    }

    /// The bill's only line, once it has `output`: a broken connection is noticed a moment later.
    pub(crate) async fn billed(&self, output: u64) -> BillLine {
        timeout(SOON, async {
            loop {
                let bill = self.provider.calls().bill;
                if let Some(line) = bill.first().filter(|line| line.output == output) {
                    break line.clone();
                }
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the bill never came to that")
    }

    /// Asks a provider that hangs, and leaves.
    pub(crate) async fn give_up_on(&self, path: &str, body: &Value) {
        let sent = self.send(Method::POST, path, body);
        assert!(timeout(Duration::from_millis(50), sent).await.is_err(), "it must not answer");
        timeout(SOON, async {
            while self.provider.calls().cancelled == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("nobody noticed that the client has left");
        assert!(self.provider.calls().bill.is_empty());
    }
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The data of server-sent events.
    pub(crate) fn events(&self) -> Vec<Value> {
        let data = self.text().lines().filter_map(|line| line.strip_prefix("data: "));
        let data = data.filter(|data| *data != "[DONE]");
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

async fn read(response: Response<Incoming>) -> Answer {
    let (parts, mut body) = response.into_parts();
    let (mut bytes, mut is_broken) = (Vec::new(), false);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(frame.data_ref().unwrap()),
            Err(_) => is_broken = true,
        }
    }
    let bytes = Bytes::from(bytes);
    Answer { status: parts.status, headers: parts.headers, bytes, is_broken }
}
