//! An answer that is no text of a model: passed on as it comes, billed at its end.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use http::HeaderValue;
use shared::{
    ProblemCode,
    receipt::{Outcome, TokenCounts},
};
use tokio::time::timeout;

use super::{
    super::{
        account::{Account, End, Usage, Used},
        estimate::Said,
    },
    BrokenOff,
};
use crate::{kernel::config, providers::Failure, wire::UsageReport};

/// As much of a text as is counted word by word; what is beyond counts by the byte.
const KEPT_BYTES: usize = 64 * 1024;

type Upstream = BoxStream<'static, Result<Bytes, Failure>>;

/// One such answer; dropped before its end, it settles what was asked for.
pub(super) struct Media {
    account: Account,
    idle_timeout: Duration,
    upstream: Option<Upstream>,
    pending: Option<Bytes>,
    /// None where the answer is no text.
    text: Option<Text>,
}

/// The text that has passed.
#[derive(Default)]
struct Text {
    beginning: Vec<u8>,
    rest_bytes: u64,
}

impl Media {
    pub(super) fn new(
        account: Account,
        content_type: &HeaderValue,
        settings: &config::Proxy,
    ) -> Self {
        let idle_timeout = Duration::from_millis(settings.idle_timeout_ms);
        let text = content_type.as_bytes().starts_with(b"text/").then(Text::default);
        Self { account, idle_timeout, upstream: None, pending: None, text }
    }

    /// The client's bytes.
    pub(super) fn run(
        mut self,
        first: Bytes,
        rest: Upstream,
    ) -> BoxStream<'static, Result<Bytes, BrokenOff>> {
        self.pending = Some(first);
        self.upstream = Some(rest);
        stream::unfold(Box::new(self), |mut media| async move {
            let bytes = media.next().await?;
            Some((bytes, media))
        })
        .boxed()
    }

    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        if let Some(first) = self.pending.take() {
            self.pass(&first);
            return Some(Ok(first));
        }
        let upstream = self.upstream.as_mut()?;
        match timeout(self.idle_timeout, upstream.next()).await {
            Ok(Some(Ok(bytes))) => {
                self.pass(&bytes);
                Some(Ok(bytes))
            }
            Ok(None) => {
                self.finish(Outcome::Finished, None);
                None
            }
            Ok(Some(Err(_))) => {
                self.finish(Outcome::UpstreamFailed, Some(ProblemCode::UpstreamFailed));
                Some(Err(BrokenOff))
            }
            Err(_) => {
                self.finish(Outcome::UpstreamFailed, Some(ProblemCode::UpstreamTimeout));
                Some(Err(BrokenOff))
            }
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        if let Some(text) = &mut self.text {
            text.add(bytes);
        }
    }

    fn finish(&mut self, outcome: Outcome, problem: Option<ProblemCode>) {
        self.upstream = None;
        let usage = usage(self.account.beside(), self.text.take());
        self.account.close(End { outcome, status: 200, problem }, usage);
    }
}

impl Text {
    fn add(&mut self, bytes: &[u8]) {
        let kept = bytes.len().min(KEPT_BYTES.saturating_sub(self.beginning.len()));
        self.beginning.extend_from_slice(&bytes[..kept]);
        self.rest_bytes += (bytes.len() - kept) as u64;
    }

    fn said(self) -> Said {
        let beginning = String::from_utf8_lossy(&self.beginning).into_owned();
        Said::Stream { beginning, rest_bytes: self.rest_bytes, least_tokens: 0 }
    }
}

/// Characters are counted as the provider counts them; all else is an estimate.
fn usage(beside: Used, text: Option<Text>) -> Usage {
    let Used { tokens, units } = beside;
    if units.characters > 0 && tokens == TokenCounts::default() {
        let raw = format!("{{\"characters\":{}}}", units.characters);
        return Usage::Reported(UsageReport { tokens, units, raw, service_tier: None });
    }
    let said = text.unwrap_or_default().said();
    Usage::Unreported { prompt: None, said }
}

impl Drop for Media {
    fn drop(&mut self) {
        if self.upstream.is_some() {
            let outcome = self.account.outcome_if_dropped();
            self.finish(outcome, None);
        }
    }
}
