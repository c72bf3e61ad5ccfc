//! An answer that is no text of a model: passed on as it comes, billed at its end.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
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

type Upstream = BoxStream<'static, Result<Bytes, Failure>>;

/// One such answer; dropped before its end, it settles what was asked for.
pub(super) struct Media {
    account: Account,
    idle_timeout: Duration,
    upstream: Option<Upstream>,
    pending: Option<Bytes>,
}

impl Media {
    pub(super) fn new(account: Account, settings: &config::Proxy) -> Self {
        let idle_timeout = Duration::from_millis(settings.idle_timeout_ms);
        Self { account, idle_timeout, upstream: None, pending: None }
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
            return Some(Ok(first));
        }
        let upstream = self.upstream.as_mut()?;
        match timeout(self.idle_timeout, upstream.next()).await {
            Ok(Some(Ok(bytes))) => Some(Ok(bytes)),
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

    fn finish(&mut self, outcome: Outcome, problem: Option<ProblemCode>) {
        self.upstream = None;
        self.account.close(End { outcome, status: 200, problem }, usage(self.account.beside()));
    }
}

/// Characters are counted as the provider counts them; all else is an estimate.
fn usage(beside: Used) -> Usage {
    let Used { tokens, units } = beside;
    if units.characters > 0 && tokens == TokenCounts::default() {
        let raw = format!("{{\"characters\":{}}}", units.characters);
        return Usage::Reported(UsageReport { tokens, units, raw, service_tier: None });
    }
    let said = Said::Whole(Bytes::new());
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
