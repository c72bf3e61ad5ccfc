//! The pipeline: read this file first.
//!
//! Every surface builds a [`Call`] and enters [`Proxy::serve`]. Each stage returns its own type,
//! which only that stage can make and which consumes the one before, so that a call cannot skip,
//! repeat or reorder a stage: such a program does not compile.

mod account;
mod batch;
mod estimate;
pub mod ledger;
mod realtime;
mod relay;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderMap;
use shared::{Problem, id::RequestId};

use self::account::Unabandoned;
pub(crate) use self::estimate::Estimates;
pub use self::{
    batch::BegunBatch,
    realtime::{Session, Sessions},
    relay::{Answer, AnswerBody},
};
use crate::{
    access::{Access, Files},
    budgets::Budgets,
    call::{Call, Credential, Recorder, Refusal, Surface, Trail},
    identity::{Identity, Principal, Via},
    kernel::{Clock, Ids, Secret, config},
    limits::Limits,
    policy::Policy,
    providers::{Answered, Providers},
    routing::Routing,
};

/// The stages, and what they share.
pub struct Proxy {
    pub(crate) identity: Arc<Identity>,
    pub(crate) access: Arc<Access>,
    pub(crate) files: Files,
    pub(crate) policy: Policy,
    pub(crate) limits: Arc<Limits>,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) routing: Routing,
    pub(crate) providers: Providers,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) estimates: Arc<Estimates>,
    pub(crate) settings: config::Proxy,
    /// The realtime API's that are under way.
    pub sessions: Sessions,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
}

/// A call that is allowed and paid for, and that no provider was asked for yet. Dropped, it is
/// recorded as interrupted.
pub struct Admitted {
    funded: crate::budgets::Funded,
    trail: Trail,
}

impl Proxy {
    /// Serves one AI request.
    ///
    /// # Errors
    /// The [`Problem`] that the client is told, with the request's id; it is recorded already.
    pub async fn serve(self: &Arc<Self>, call: Call) -> Result<Answer, Problem> {
        let trail = self.open_trail(&call);
        self.serve_on(call, trail).await
    }

    /// The same on a trail that the edge has opened before it read the body.
    ///
    /// # Errors
    /// As [`Proxy::serve`].
    pub async fn serve_on(self: &Arc<Self>, call: Call, trail: Trail) -> Result<Answer, Problem> {
        let admitted = self.admit_on(call, trail).await?;
        self.answer(admitted).await
    }

    /// The first half of [`Proxy::serve_on`]: all that can be refused before a provider is asked.
    ///
    /// # Errors
    /// As [`Proxy::serve`].
    pub async fn admit_on(&self, call: Call, mut trail: Trail) -> Result<Admitted, Problem> {
        match self.admit(call, &mut trail).await {
            Ok(funded) => Ok(Admitted { funded, trail }),
            Err(refusal) => Err(trail.refuse(&refusal)),
        }
    }

    /// The second half.
    ///
    /// # Errors
    /// As [`Proxy::serve`].
    pub async fn answer(self: &Arc<Self>, admitted: Admitted) -> Result<Answer, Problem> {
        let Admitted { funded, trail } = admitted;
        let is_streaming = funded.facts().is_streaming;
        let proxy = Arc::clone(self);
        let rest = async move { proxy.ask(funded, trail).await }.boxed();
        if is_streaming {
            rest.await
        } else {
            // A provider bills a whole answer whether or not the client waits for it; so it is
            // read to its end, and the bill is exact.
            Unabandoned::new(rest).await
        }
    }

    /// The stages that need no provider.
    async fn admit(
        &self,
        call: Call,
        trail: &mut Trail,
    ) -> Result<crate::budgets::Funded, Refusal> {
        let known = self.identity.authenticate(call, trail)?; // who
        let allowed = self.access.authorize(known, trail)?; // may they, this model
        let allowed = self.files.check(allowed, trail).await?; // and these files
        let clean = self.policy.screen(allowed, trail); // may this content leave
        let paced = self.limits.admit(clean, trail).await?; // is it slow enough
        self.budgets.reserve(paced, trail).await // is there money
    }

    /// The stages that call a provider and bring its answer back.
    async fn ask(
        self: Arc<Self>,
        funded: crate::budgets::Funded,
        mut trail: Trail,
    ) -> Result<Answer, Problem> {
        let answered = match self.send(funded, &mut trail).await {
            Ok(answered) => answered, // the first byte is here; failover lies behind
            Err(refusal) => return Err(trail.refuse(&refusal)),
        };
        let estimates = Arc::clone(&self.estimates);
        relay::relay(answered, trail, &self.settings, estimates, self.clock.now()) // meter, settle, record
    }

    async fn send(
        &self,
        funded: crate::budgets::Funded,
        trail: &mut Trail,
    ) -> Result<Answered, Refusal> {
        let routed = self.routing.plan(funded, trail)?; // where, in what order
        self.providers.send(routed, trail).await
    }

    /// Whether this key is known, so that the body of a stranger need not be kept.
    #[must_use]
    pub fn knows(&self, key: &Secret) -> bool {
        self.identity.find(key.expose()).is_some()
    }

    /// Who is calling, for a request that asks no model anything.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`].
    pub fn caller(&self, credential: &Credential) -> Result<Principal, Refusal> {
        self.identity.caller(credential)
    }

    /// How many input tokens the request of a body would have, as they are estimated where no
    /// provider tells. Nothing leaves the gateway for it.
    pub async fn count_tokens(&self, body: Bytes) -> i64 {
        self.estimates.count(body).await
    }

    /// A new request id, for a request that brings none.
    #[must_use]
    pub fn next_request_id(&self) -> RequestId {
        self.ids.next(self.clock.now())
    }

    /// Opens the trail of a request, before anything is known of it.
    #[must_use]
    pub fn trail(&self, request_id: RequestId, surface: Surface) -> Trail {
        Trail::open(Arc::clone(&self.recorder), request_id, surface, self.clock.now())
    }

    fn open_trail(&self, call: &Call) -> Trail {
        Trail::open(Arc::clone(&self.recorder), call.request_id, call.surface, call.received_at)
    }

    /// The call behind a chat message: OpenAI's dialect, on the session of the one who sent it.
    #[must_use]
    pub fn chat_call(&self, principal: &Principal, body: Bytes) -> Call {
        let credential = match principal.via() {
            Via::Session { id, .. } => Credential::Session(*id),
            Via::Key { .. } => Credential::None,
        };
        Call {
            request_id: self.next_request_id(),
            surface: Surface::Chat,
            credential,
            vendor_headers: HeaderMap::new(),
            path: None,
            body,
            upload: None,
            batch: None,
            received_at: self.clock.now(),
        }
    }
}
