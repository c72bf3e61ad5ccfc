//! Sends a routed call: backends in order, until one has answered with its first byte.

use std::{borrow::Cow, collections::HashMap, fmt::Write, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::HeaderValue;
use shared::receipt::{Stage, VerdictKind};

use super::{
    Failure, Handle, ProviderError,
    attempt::{self, OutboundBody},
    handle::Asked,
};
use crate::{
    call::{Refusal, Trail},
    kernel::{
        Clock,
        config::{Config, UsageShape},
    },
    limits::{Allowance, Limits},
    routing::Routed,
    wire::{self, Dialect, UsageReport, WireError},
};

/// Every configured provider.
pub struct Providers {
    pub(super) handles: HashMap<String, Arc<Handle>>,
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
    /// In which dialect it answers.
    pub dialect: Dialect,
    /// How its usage object differs from that of the dialect's own vendor.
    pub usage_shape: UsageShape,
    /// Fields of the request that asked for something and were not sent to it.
    pub dropped_fields: Vec<Cow<'static, str>>,
    /// Its answer.
    pub body: UpstreamBody,
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
        let handles = config
            .providers
            .iter()
            .map(|(name, provider)| {
                let handle = Handle::new(name, provider, &config.proxy, clock)?;
                Ok((name.clone(), Arc::new(handle)))
            })
            .collect::<Result<_, ProviderError>>()?;
        let first_byte_timeout = Duration::from_millis(config.proxy.first_byte_timeout_ms);
        Ok(Self { handles, first_byte_timeout, limits })
    }

    /// The stage: writes the intent to the journal, then asks one backend after the other.
    ///
    /// # Errors
    /// [`Refusal::RecordsUnavailable`] where the intent cannot be kept (no provider is asked);
    /// [`Refusal::Wire`] where the provider's dialect cannot express the request; else what the
    /// last backend failed with.
    pub async fn send(&self, mut routed: Routed, trail: &mut Trail) -> Result<Answered, Refusal> {
        let mut tried = String::new();
        let mut is_intended = false;
        let mut last = Refusal::UpstreamFailed("no backend is configured".to_owned());
        for deployment in routed.candidates() {
            let Some(handle) = self.handles.get(&deployment.provider) else { continue };
            let inbound = routed.call().surface.dialect();
            let Some(dialect) =
                handle.dialect_for(inbound, &deployment.upstream_model, deployment.api)
            else {
                last = no_such_endpoint(&routed.model().name);
                continue;
            };
            let request = match attempt::body_for(&routed, handle, deployment, dialect) {
                Ok(request) => match handle.hosting(dialect) {
                    Some(hosting) => hosting.fit(request, &routed.call().vendor_headers),
                    None => request,
                },
                Err(refusal) => {
                    last = refusal;
                    continue;
                }
            };
            let place = match self.place_at(handle, &routed, &mut tried).await {
                Ok(place) => place,
                Err(refusal) => {
                    last = refusal;
                    continue;
                }
            };
            trail.provider(&handle.name, &deployment.upstream_model);
            if !is_intended {
                intend(&routed, trail).await?;
                is_intended = true;
            }
            let timeout = self.first_byte_timeout;
            let OutboundBody { body, dropped_fields } = request;
            let asked = Asked {
                dialect,
                model: &deployment.upstream_model,
                is_streaming: routed.facts().is_streaming,
            };
            match attempt::ask(&routed, handle, &asked, body, timeout).await {
                Ok(body) => {
                    let mut summary =
                        format!("{tried}{} as {}", handle.name, deployment.upstream_model);
                    if !dropped_fields.is_empty() {
                        let _ = write!(summary, " without {}", dropped_fields.join(", "));
                    }
                    let is_plain = tried.is_empty() && dropped_fields.is_empty();
                    trail.note(Stage::Route, kind(is_plain), summary);
                    let usage_shape = handle.usage_shape();
                    routed.allowance_mut().join(place);
                    let reached = Reached { dialect, usage_shape, dropped_fields, body };
                    return Ok(Answered { routed, reached });
                }
                Err(failure) => {
                    tracing::warn!(
                        provider = handle.name,
                        reason = failure.summary(),
                        "a backend failed"
                    );
                    let _ = write!(tried, "{} {}; then ", handle.name, failure.summary());
                    last = failure.refusal(&handle.name);
                    if !failure.may_fail_over() {
                        break;
                    }
                }
            }
        }
        let summary = format!("{tried}no further backend").trim_start_matches("; ").to_owned();
        trail.note(Stage::Route, VerdictKind::Refused, summary);
        Err(last)
    }

    /// The call's place at a provider, by its rate limits; one that is at its limit is passed over.
    pub(super) async fn place_at(
        &self,
        handle: &Handle,
        routed: &Routed,
        tried: &mut String,
    ) -> Result<Allowance, Refusal> {
        let place = self.limits.for_provider(&handle.name, routed.allowance()).await;
        place.map_err(|refusal| {
            let (limit, unit) = (refusal.limit, refusal.measure.unit());
            let _ = write!(tried, "{} is at its limit of {limit} {unit}; then ", handle.name);
            Refusal::RateLimited(refusal)
        })
    }
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

pub(super) async fn intend(routed: &Routed, trail: &mut Trail) -> Result<(), Refusal> {
    trail.intend(routed.reservation().amount()).await.map_err(|error| {
        tracing::error!(%error, "the journal takes no records");
        Refusal::RecordsUnavailable
    })
}
