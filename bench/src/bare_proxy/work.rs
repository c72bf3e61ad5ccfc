//! The least that an AI gateway must do: know the key, read the request, read the usage.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::{HeaderMap, Response, header::AUTHORIZATION};
use http_body_util::{BodyExt, Collected, Either, Full};
use hyper::body::Incoming;
use serde::Deserialize;

use super::{Downward, metered::Metered, strip_hop_by_hop};

/// How many keys there are beside the known one, so that looking one up is no single comparison.
const OTHER_KEYS: usize = 1_000;

/// Keys by their hash, and tokens counted.
#[derive(Debug)]
pub(super) struct Work {
    owners: HashMap<Vec<u8>, usize>,
    tokens: Arc<AtomicU64>,
}

/// What has to be known of a request.
#[derive(Debug, Deserialize)]
pub(super) struct Facts {
    #[serde(rename = "model")]
    _model: String,
    #[serde(default)]
    stream: bool,
}

/// What has to be known of an answer.
#[derive(Debug, Deserialize)]
struct Answer {
    usage: Usage,
}

#[derive(Debug, Deserialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

impl Usage {
    pub(super) fn total(&self) -> u64 {
        self.prompt_tokens + self.completion_tokens
    }
}

fn hash(key: &str) -> Vec<u8> {
    digest(&SHA256, key.as_bytes()).as_ref().to_vec()
}

impl Work {
    pub(super) fn new(key: &str) -> Self {
        let others = (0..OTHER_KEYS).map(|owner| (hash(&format!("other-{owner}")), owner));
        let owners = others.chain([(hash(key), OTHER_KEYS)]).collect();
        Self { owners, tokens: Arc::default() }
    }

    /// Whether the request bears a known key.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        let credential = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = credential.and_then(|credential| credential.strip_prefix("Bearer "));
        key.is_some_and(|key| {
            let digest = digest(&SHA256, key.as_bytes());
            self.owners.contains_key(digest.as_ref())
        })
    }

    /// Model and stream, if the body says them.
    pub(super) fn facts(body: &[u8]) -> Option<Facts> {
        serde_json::from_slice(body).ok()
    }

    /// Passes the answer on and reads its usage.
    pub(super) async fn meter(
        &self,
        answer: Response<Incoming>,
        facts: Facts,
    ) -> Response<Downward> {
        let (mut parts, body) = answer.into_parts();
        strip_hop_by_hop(&mut parts.headers);
        if facts.stream {
            let metered = Metered::new(body, Arc::clone(&self.tokens));
            return Response::from_parts(parts, Either::Right(metered.boxed_unsync()));
        }
        // An answer that breaks off is passed on empty; the length in its head then tells.
        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        if let Ok(answer) = serde_json::from_slice::<Answer>(&body) {
            self.tokens.fetch_add(answer.usage.total(), Ordering::Relaxed);
        }
        Response::from_parts(parts, Either::Right(whole(body)))
    }
}

fn whole(body: Bytes) -> http_body_util::combinators::UnsyncBoxBody<Bytes, hyper::Error> {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearing(key: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {key}").parse().unwrap())])
    }

    #[test]
    fn only_the_known_key_is_known() {
        let work = Work::new("sk-bench");
        assert!(work.knows(&bearing("sk-bench")));
        assert!(!work.knows(&bearing("sk-wrong")));
        assert!(!work.knows(&HeaderMap::new()));
    }

    #[test]
    fn a_body_without_a_model_has_no_facts() {
        assert!(Work::facts(br#"{"model":"fake","stream":true,"messages":[]}"#).unwrap().stream);
        assert!(Work::facts(br#"{"messages":[]}"#).is_none());
        assert!(Work::facts(b"{").is_none());
    }
}
