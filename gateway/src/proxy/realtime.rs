//! A session of the realtime API: many answers over one connection, one call in the books.
//!
//! It passes every stage before its upgrade is answered, so a refusal is an ordinary response. From
//! then on each event of the client's is read before it is sent on: an answer that no budget covers
//! is not asked for, and one that the provider begins by itself is cancelled.

mod admission;
mod books;
mod ending;
mod line;
mod pump;
mod session;
mod sessions;

use std::sync::Arc;

use shared::Problem;

use self::books::Books;
pub use self::{session::Session, sessions::Sessions};
use super::{
    Proxy,
    account::{Account, Used},
};
use crate::{
    budgets::Funded,
    call::{Call, Credential, Refusal, Trail},
};

impl Proxy {
    /// Opens a session on a trail that the edge has opened: all that can be refused by an ordinary
    /// response. Dropped before it runs, it is recorded as left by its client.
    ///
    /// # Errors
    /// As [`Proxy::serve`].
    pub async fn open_session(
        self: &Arc<Self>,
        call: Call,
        mut trail: Trail,
    ) -> Result<Session, Problem> {
        let credential = call.credential.clone();
        let funded = match self.admit(call, &mut trail).await {
            Ok(funded) => funded,
            Err(refusal) => return Err(trail.refuse(&refusal)),
        };
        match self.connect(funded, credential, &mut trail).await {
            Ok(connecting) => Ok(connecting.with(self, trail)),
            Err(refusal) => Err(trail.refuse(&refusal)),
        }
    }

    async fn connect(
        &self,
        funded: Funded,
        credential: Credential,
        trail: &mut Trail,
    ) -> Result<Connecting, Refusal> {
        let routed = self.routing.plan(funded, trail)?;
        let connected = self.providers.connect(routed, trail).await?;
        Ok(Connecting { connected, credential })
    }
}

/// A connection whose trail is still the pipeline's.
struct Connecting {
    connected: crate::providers::Connected,
    credential: Credential,
}

impl Connecting {
    fn with(self, proxy: &Arc<Proxy>, trail: Trail) -> Session {
        let (routed, serving, attempt, socket) = self.connected.into_parts();
        let request_id = routed.call().request_id;
        let principal = routed.principal().clone();
        let asked_model = routed.facts().model.clone();
        let body = routed.call().body.clone();
        let paid_tokens = routed.output_limit();
        let account = Account::new(
            trail,
            routed.into_reservation(),
            serving.clone(),
            &body,
            Used::default(),
            paid_tokens,
            Arc::clone(&proxy.estimates),
        )
        .at(attempt);
        let caller = admission::Caller {
            proxy: Arc::clone(proxy),
            credential: self.credential,
            principal,
            asked_model,
            model: serving.model().name.clone(),
            upstream_model: serving.upstream_model.clone(),
        };
        Session {
            request_id,
            caller,
            socket,
            books: Books::new(account, serving),
            running: proxy.sessions.begin(),
        }
    }
}
