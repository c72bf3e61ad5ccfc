//! Where calls go and what they ask.

use std::{fmt, net::SocketAddr};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Uri,
    header::{CONTENT_TYPE, HOST, InvalidHeaderValue},
    uri::InvalidUri,
};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{client_dialect::ClientDialect, scenario::Workload};

/// What stands between the caller and the fake provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// Nothing.
    Direct,
    /// A proxy that only passes on.
    Bare,
    /// A proxy that does the least of an AI gateway's work.
    BareWork,
    /// The gateway, everything on.
    Gateway,
    /// The same with strict durability: an intent is on the disk before the provider is called.
    Strict,
    /// The same with its journal and database in memory, where nothing waits for a disk.
    InMemory,
}

impl Through {
    /// Whether this is a gateway, of whatever durability.
    pub(super) const fn is_gateway(self) -> bool {
        matches!(self, Self::Gateway | Self::Strict | Self::InMemory)
    }
}

impl fmt::Display for Through {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Direct => "direct",
            Self::Bare => "bare",
            Self::BareWork => "bare-work",
            Self::Gateway => "gateway",
            Self::Strict => "strict",
            Self::InMemory => "in memory",
        })
    }
}

/// One way to the fake provider.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) through: Through,
    pub(super) address: SocketAddr,
    pub(super) key: String,
    /// The process whose cost counts; none for the direct way.
    pub(super) pid: Option<u32>,
}

const BODY_BYTES: usize = 1_024;
const QUESTION: &str = "Please say again, in other words and at some length, what this is about. ";

/// A call cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum UnsendableCall {
    /// The key cannot stand in a header.
    #[error("the key is no header: {0}")]
    Key(#[from] InvalidHeaderValue),
    /// The model cannot stand in a path.
    #[error("the model is no part of an address: {0}")]
    Model(#[from] InvalidUri),
}

/// A request that is sent many times.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) dialect: ClientDialect,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    pub(super) is_streaming: bool,
}

impl Call {
    /// The request of a workload, with a body of about a kilobyte.
    pub(super) fn new(target: &Target, workload: &Workload) -> Result<Self, UnsendableCall> {
        let model = if target.through.is_gateway() {
            workload.gateway_model
        } else {
            &workload.upstream_model
        };
        let is_streaming = workload.is_streaming;
        let body = body(model, is_streaming);
        Self::in_dialect(ClientDialect::OpenaiChat, target, model, body, is_streaming)
    }

    /// A request of a client's dialect.
    pub(super) fn in_dialect(
        dialect: ClientDialect,
        target: &Target,
        model: &str,
        body: Bytes,
        is_streaming: bool,
    ) -> Result<Self, UnsendableCall> {
        let uri = Uri::try_from(dialect.path(model, is_streaming))?;
        let mut headers = dialect.credential(&target.key)?;
        headers.insert(HOST, HeaderValue::from_str(&target.address.to_string())?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Self { dialect, uri, headers, body, is_streaming })
    }

    /// The request, to be sent.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn body(model: &str, is_streaming: bool) -> Bytes {
    let with = |question: &str| {
        let mut body = json!({
            "model": model, "messages": [{ "role": "user", "content": question }],
        });
        if is_streaming {
            body["stream"] = json!(true);
            body["stream_options"] = json!({ "include_usage": true });
        }
        body.to_string()
    };
    let missing = BODY_BYTES.saturating_sub(with("").len());
    let mut question = QUESTION.repeat(missing.div_ceil(QUESTION.len()));
    question.truncate(missing);
    Bytes::from(with(&question))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_a_kilobyte_whatever_the_model_is_called() {
        for (model, is_streaming) in [("fake", false), ("fake@chunks=120,gap_ms=20,stamp", true)] {
            assert_eq!(body(model, is_streaming).len(), BODY_BYTES);
        }
    }
}
