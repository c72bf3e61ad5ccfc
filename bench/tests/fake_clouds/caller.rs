//! A client that sees every byte.

use std::time::Duration;

use bench::fake_provider::{FakeProvider, Options, spawn_with};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);

pub(crate) struct Caller {
    pub(crate) provider: FakeProvider,
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// An answer that came whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Caller {
    pub(crate) async fn new(options: Options, headers: &[(&'static str, &str)]) -> Self {
        let provider = spawn_with(options).await.unwrap();
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { provider, client: Client::builder(TokioExecutor::new()).build_http(), headers }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &str) -> Response<Incoming> {
        let url = format!("{}{path}", self.provider.url());
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes()));
        self.client.request(request.body(body).unwrap()).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        read(self.send(Method::GET, path, "").await).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send(Method::POST, path, &body.to_string()).await).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: &str) -> Answer {
        read(self.send(Method::POST, path, form).await).await
    }

    /// What came before the connection broke.
    pub(crate) async fn broken(&self, path: &str, body: &Value) -> String {
        let mut body = self.send(Method::POST, path, &body.to_string()).await.into_body();
        let mut text = String::new();
        while let Some(Ok(frame)) = body.frame().await {
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
        text
    }

    /// The bill's only line, once it has `output`; a broken connection is noticed a moment later.
    pub(crate) async fn wait_for_output(&self, output: u64) {
        timeout(SOON, async {
            while self.provider.calls().bill.first().is_none_or(|line| line.output != output) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the bill never came to that");
    }
}

async fn read(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let text = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status: parts.status, headers: parts.headers, text, json }
}
