//! Sends a routed call: backends in order, until one has answered with its first byte.

use std::{borrow::Cow, collections::HashMap, fmt::Write, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::HeaderValue;
use shared::receipt::{Stage, VerdictKind};

use super::{
    Failure, Handle, ProviderError,
    attempt::{self, OutboundBody},
    handle::Asked,
    tried::Tried,
};
use crate::{
    call::{Refusal, Trail},
    catalog::Serving,
    kernel::{
        Clock,
        config::{self, Config, UsageShape},
    },
    limits::{Allowance, Limits},
    routing::{Attempt, Attempts, Exhausted, Outcome, Routed},
    wire::{self, Dialect, UsageReport, WireError},
};

/// Every configured provider.
pub struct Providers {
    /// Replaced as a whole where administrators change providers; a call keeps what it has.
    pub(super) handles: ArcSwap<HashMap<String, Arc<Handle>>>,
    pub(super) first_byte_timeout: Duration,
    pub(super) limits: Arc<Limits>,
}

/// What a provider answers with.
pub enum UpstreamBody {
    /// The whole answer.
    Whole {
        /// What it is: JSON.
        body: Bytes,
        /// What it tells of its usage.
        usage: Option<UsageReport>,
    },
    /// An answer of another kind, such as sound, its first bytes already here.
    Media {
        /// Of which kind.
        content_type: HeaderValue,
        /// The first bytes.
        first: Bytes,
        /// What follows.
        rest: BoxStream<'static, Result<Bytes, Failure>>,
    },
    /// A stream of server-sent events, its first bytes already here.
    Stream {
        /// The first bytes.
        first: Bytes,
        /// What follows.
        rest: BoxStream<'static, Result<Bytes, Failure>>,
    },
}

impl UpstreamBody {
    /// A whole answer, from which its usage is read.
    pub(super) fn whole(dialect: Dialect, shape: UsageShape, body: Bytes) -> Self {
        let usage = wire::usage_of_response(dialect, shape, &body);
        Self::Whole { body, usage }
    }
}

/// The backend that answered.
pub struct Reached {
    /// Which it is.
    pub serving: Serving,
    /// In which dialect it answers.
    pub dialect: Dialect,
    /// How its usage object differs from that of the dialect's own vendor.
    pub usage_shape: UsageShape,
    /// Fields of the request that asked for something and were not sent to it.
    pub dropped_fields: Vec<Cow<'static, str>>,
    /// Its answer.
    pub body: UpstreamBody,
    /// The attempt at it, which ends when the answer has.
    pub attempt: Attempt,
}

/// A call that a provider has begun to answer. There is no way to try another one from here.
pub struct Answered {
    routed: Routed,
    reached: Reached,
}

impl Answered {
    /// The call and the answer apart, for the relay.
    #[must_use]
    pub fn into_parts(self) -> (Routed, Reached) {
        (self.routed, self.reached)
    }
}

impl Providers {
    /// The providers of a configuration.
    ///
    /// # Errors
    /// [`ProviderError`], naming the key at fault.
    pub fn from_config(
        config: &Config,
        limits: Arc<Limits>,
        clock: &Clock,
    ) -> Result<Self, ProviderError> {
        let none = HashMap::new();
        let handles = ArcSwap::from_pointee(handles_of(config, &none, clock)?);
        let first_byte_timeout = Duration::from_millis(config.proxy.first_byte_timeout_ms);
        Ok(Self { handles, first_byte_timeout, limits })
    }

    /// Takes on the providers of a changed configuration. One that says the same as before keeps its
    /// connections and its tokens.
    ///
    /// # Errors
    /// [`ProviderError`]; then everything stays as it was.
    pub fn replace(&self, config: &Config, clock: &Clock) -> Result<(), ProviderError> {
        let handles = handles_of(config, &self.handles.load(), clock)?;
        self.handles.store(Arc::new(handles));
        Ok(())
    }

    pub(super) fn handle(&self, provider: &str) -> Option<Arc<Handle>> {
        self.handles.load().get(provider).cloned()
    }

    /// The stage: writes the intent to the journal, then asks one backend after the other.
    ///
    /// # Errors
    /// [`Refusal::RecordsUnavailable`] where the intent cannot be kept (no provider is asked);
    /// [`Refusal::Wire`] where the provider's dialect cannot express the request;
    /// [`Refusal::BackendsUnavailable`] where none may be asked at the moment; else what the last
    /// backend failed with.
    pub async fn send(&self, mut routed: Routed, trail: &mut Trail) -> Result<Answered, Refusal> {
        let mut tried = Tried::default();
        let Some(mut attempts) = routed.attempts() else { return Err(tried.nobody_left()) };
        loop {
            let (attempt, serving, handle) = match self.next(&mut attempts).await {
                Ok(next) => next,
                Err(exhausted) => {
                    return Err(tried.exhausted(&routed.model().name, exhausted, trail));
                }
            };
            let deployment = &*serving;
            let inbound = routed.call().surface.dialect();
            let Some(dialect) =
                handle.dialect_for(inbound, &deployment.upstream_model, deployment.api)
            else {
                tried.last = Some(no_such_endpoint(&routed.model().name));
                attempts.failed(attempt, Outcome::Neutral);
                continue;
            };
            let request = match attempt::body_for(&routed, &handle, deployment, dialect) {
                Ok(request) => match handle.hosting(dialect) {
                    Some(hosting) => hosting.fit(request, &routed.call().vendor_headers),
                    None => request,
                },
                Err(refusal) => {
                    tried.last = Some(refusal);
                    attempts.failed(attempt, Outcome::Neutral);
                    continue;
                }
            };
            let Some(place) = self.place_at(&handle, &routed, &mut tried).await else {
                attempts.failed(attempt, Outcome::Neutral);
                continue;
            };
            if let Err(refusal) = routed.move_to(&serving, trail).await {
                tried.last.get_or_insert(refusal);
                attempts.failed(attempt, Outcome::Neutral);
                continue;
            }
            trail.provider(&handle.name, &deployment.upstream_model);
            tried.intend(&routed, trail).await?;
            let timeout =
                attempts.time_left().unwrap_or(Duration::MAX).min(self.first_byte_timeout);
            let OutboundBody { body, dropped_fields } = request;
            let asked = Asked {
                dialect,
                model: &deployment.upstream_model,
                is_streaming: routed.facts().is_streaming,
            };
            match attempt::ask(&routed, &handle, &asked, &attempt, body, timeout).await {
                Ok(body) => {
                    attempt.answering();
                    let mut summary =
                        format!("{}{} as {}", tried.before, handle.name, deployment.upstream_model);
                    if !dropped_fields.is_empty() {
                        let _ = write!(summary, " without {}", dropped_fields.join(", "));
                    }
                    if let Some(why) = attempts.summary() {
                        let _ = write!(summary, " ({why})");
                    }
                    let is_plain = tried.before.is_empty() && dropped_fields.is_empty();
                    trail.note(Stage::Route, kind(is_plain), summary);
                    let usage_shape = handle.usage_shape();
                    routed.allowance_mut().join(place);
                    let body = body.within(attempts.time_left());
                    let reached =
                        Reached { serving, dialect, usage_shape, dropped_fields, body, attempt };
                    return Ok(Answered { routed, reached });
                }
                Err(failure) => {
                    tried.failed(&handle, &failure);
                    attempts.failed(attempt, failure.outcome());
                    if !failure.may_fail_over() {
                        return Err(tried.given_up(trail));
                    }
                }
            }
        }
    }

    /// The call's place at a provider, by its rate limits; one that is at its limit is passed over.
    pub(super) async fn place_at(
        &self,
        handle: &Handle,
        routed: &Routed,
        tried: &mut Tried,
    ) -> Option<Allowance> {
        let place = self.limits.for_provider(&handle.name, routed.allowance()).await;
        place.map_err(|refusal| tried.is_at_limit(handle, refusal)).ok()
    }

    /// The next attempt, what it asks, and of whom; one at a provider that is configured no more is
    /// passed over.
    ///
    /// # Errors
    /// [`Exhausted`], as of the attempts.
    pub(super) async fn next(
        &self,
        attempts: &mut Attempts,
    ) -> Result<(Attempt, Serving, Arc<Handle>), Exhausted> {
        loop {
            let attempt = attempts.next().await?;
            let serving = attempt.serving();
            let known = serving.and_then(|it| self.handle(&it.provider).map(|handle| (it, handle)));
            if let Some((serving, handle)) = known {
                return Ok((attempt, serving, handle));
            }
            attempts.failed(attempt, Outcome::Neutral);
        }
    }
}

fn handles_of(
    config: &Config,
    present: &HashMap<String, Arc<Handle>>,
    clock: &Clock,
) -> Result<HashMap<String, Arc<Handle>>, ProviderError> {
    let handle = |(name, provider): (&String, &config::Provider)| {
        let handle = match present.get(name).filter(|handle| handle.is_of(provider)) {
            Some(handle) => Arc::clone(handle),
            None => Arc::new(Handle::new(name, provider, &config.proxy, clock)?),
        };
        Ok((name.clone(), handle))
    };
    config.providers.iter().map(handle).collect()
}

pub(super) fn no_such_endpoint(model: &str) -> Refusal {
    let detail = format!(
        "the provider of `{model}` has no such endpoint; choose a model whose provider has it"
    );
    WireError::unsupported("model", detail).into()
}

pub(super) fn kind(is_plain: bool) -> VerdictKind {
    if is_plain { VerdictKind::Passed } else { VerdictKind::Warned }
}
