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
const KEY: &str = "the-key";

pub(crate) struct Caller {
    pub(crate) provider: FakeProvider,
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// An answer that came whole, or as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The bytes, where they are text.
    pub(crate) text: String,
    /// The text, where it is one JSON document.
    pub(crate) json: Value,
    /// Whether the connection broke before the end.
    pub(crate) is_broken: bool,
}

impl Caller {
    pub(crate) async fn new(options: Options, headers: &[(&'static str, &str)]) -> Self {
        let provider = spawn_with(options).await.unwrap();
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { provider, client: Client::builder(TokioExecutor::new()).build_http(), headers }
    }

    /// With the only key that is valid.
    pub(crate) async fn with_key() -> Self {
        Self::with(&format!("Bearer {KEY}")).await
    }

    /// With nothing, where one key is valid.
    pub(crate) async fn without_key() -> Self {
        Self::new(only_one_key(), &[]).await
    }

    pub(crate) async fn with(authorization: &str) -> Self {
        Self::new(only_one_key(), &[("authorization", authorization)]).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<Response<Incoming>, Error> {
        let url = format!("{}{path}", self.provider.url());
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::from(body));
        self.client.request(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        read(self.send(Method::GET, path, String::new()).await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send(Method::POST, path, body.to_string()).await.unwrap()).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: &str) -> Answer {
        read(self.send(Method::POST, path, form.to_owned()).await.unwrap()).await
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
        let sent = self.send(Method::POST, path, body.to_string());
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

fn only_one_key() -> Options {
    Options { key: Some(KEY.to_owned()), ..Options::default() }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The data of server-sent events.
    pub(crate) fn events(&self) -> Vec<Value> {
        let data = self.text.lines().filter_map(|line| line.strip_prefix("data: "));
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
    let text = String::from_utf8(bytes.clone()).unwrap_or_default();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    let bytes = Bytes::from(bytes);
    Answer { status: parts.status, headers: parts.headers, bytes, text, json, is_broken }
}
