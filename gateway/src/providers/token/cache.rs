//! Keeps a token for all calls and replaces it in time.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderValue;
use shared::Timestamp;
use url::Url;

use super::TokenFailure;
use crate::kernel::{Clock, Secret};

/// How long before its end a token is replaced; one with a short life at the middle of it.
const EARLY_SECONDS: i64 = 300;
/// A token that ends this soon is not shown any more: the call has to arrive with it.
const LAST_SECONDS: i64 = 10;
/// How long nothing is asked after an attempt that brought nothing better, while the token that
/// there is will do. Metadata servers hand out the same token until shortly before its end.
const REST_SECONDS: i64 = 30;

/// Somebody who hands out tokens.
pub(in super::super) trait HandsOut: Send + Sync + 'static {
    fn ask(&self, now: Timestamp) -> impl Future<Output = Result<Granted, TokenFailure>> + Send;
}

/// A token as it was handed out.
#[derive(Debug, Clone)]
pub(in super::super) struct Granted {
    pub(super) token: Secret,
    pub(super) expires_at: Timestamp,
    /// Where it is good, if whoever hands it out says so.
    pub(super) good_at: Option<Url>,
}

/// The one token of a provider.
pub(in super::super) struct TokenCache<H> {
    hands_out: H,
    clock: Clock,
    kept: Mutex<Kept>,
    /// Held by whoever asks, so that nobody else does meanwhile.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Kept {
    token: Option<Arc<Standing>>,
    /// The one before, which calls under way may have been sent with.
    before: Option<Secret>,
    /// How often was asked, and what came of the last time if it failed.
    attempts: u64,
    failure: Option<TokenFailure>,
    /// Nothing is asked before this instant for a token that will do.
    rests_until: Option<Timestamp>,
}

/// What there is at an instant.
struct Look {
    /// The token, if it will do.
    good: Option<Arc<Standing>>,
    attempts: u64,
    failure: Option<TokenFailure>,
}

/// A token that is shown.
pub(in super::super) struct Standing {
    pub(in super::super) header: HeaderValue,
    /// Where it is good, if not everywhere.
    pub(in super::super) good_at: Option<Url>,
    secret: Secret,
    replaced_at: Timestamp,
    expires_at: Timestamp,
}

impl<H: HandsOut> TokenCache<H> {
    pub(super) fn new(hands_out: H, clock: Clock) -> Arc<Self> {
        Arc::new(Self { hands_out, clock, kept: Mutex::default(), turn: Arc::default() })
    }

    /// A good token.
    ///
    /// # Errors
    /// Where there is none and asking for one has failed.
    pub(in super::super) async fn shown(self: &Arc<Self>) -> Result<Arc<Standing>, TokenFailure> {
        let before = self.look();
        if let Some(token) = before.good {
            if token.replaced_at <= self.clock.now() {
                self.replace_behind_the_call();
            }
            return Ok(token);
        }
        let _turn = self.turn.lock().await;
        // Whoever had the turn before may have asked for everyone.
        let Look { good, attempts, failure } = self.look();
        match (good, failure) {
            (Some(token), _) => Ok(token),
            (None, Some(failure)) if attempts > before.attempts => Err(failure),
            (None, _) => self.ask().await,
        }
    }

    /// Does not show this token again, unless another one is shown already.
    pub(in super::super) fn forget(&self, header: &HeaderValue) {
        let mut kept = self.kept();
        if kept.token.as_ref().is_some_and(|token| token.header == header) {
            kept.before = kept.token.take().map(|token| token.secret.clone());
        }
    }

    /// What no text may show.
    pub(in super::super) fn secrets(&self) -> Vec<Secret> {
        let kept = self.kept();
        let current = kept.token.as_ref().map(|token| token.secret.clone());
        current.into_iter().chain(kept.before.clone()).collect()
    }

    fn look(&self) -> Look {
        let kept = self.kept();
        let now = self.clock.now();
        let is_good = |token: &&Arc<Standing>| token.expires_at > now.plus_seconds(LAST_SECONDS);
        Look {
            good: kept.token.as_ref().filter(is_good).cloned(),
            attempts: kept.attempts,
            failure: kept.failure.clone(),
        }
    }

    /// Asks for the next token while calls go on with this one, unless somebody does already.
    fn replace_behind_the_call(self: &Arc<Self>) {
        let now = self.clock.now();
        if self.kept().rests_until.is_some_and(|until| now < until) {
            return;
        }
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else { return };
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(failure) = this.ask().await {
                tracing::warn!(%failure, "an access token could not be replaced; the old one is used on");
            }
            drop(turn);
        });
    }

    async fn ask(&self) -> Result<Arc<Standing>, TokenFailure> {
        let now = self.clock.now();
        let granted = self.hands_out.ask(now).await.and_then(|granted| standing(granted, now));
        let mut kept = self.kept();
        kept.attempts += 1;
        kept.rests_until = Some(now.plus_seconds(REST_SECONDS));
        match granted {
            Ok(token) => {
                let token = Arc::new(token);
                kept.failure = None;
                if let Some(before) = kept.token.replace(Arc::clone(&token)) {
                    kept.before = Some(before.secret.clone());
                }
                Ok(token)
            }
            Err(failure) => {
                kept.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn standing(granted: Granted, now: Timestamp) -> Result<Standing, TokenFailure> {
    let Granted { token, expires_at, good_at } = granted;
    let header = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut header = header.map_err(|_| {
        TokenFailure("the token has characters that an HTTP header cannot carry".to_owned())
    })?;
    header.set_sensitive(true);
    let lifetime_seconds = expires_at.micros_since(now).max(0) / 1_000_000;
    let replaced_at = expires_at.plus_seconds(-EARLY_SECONDS.min(lifetime_seconds / 2));
    Ok(Standing { header, good_at, secret: token, replaced_at, expires_at })
}

#[cfg(test)]
mod tests;
