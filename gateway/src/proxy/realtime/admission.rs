//! Which of a client's events are sent on, and as what.

use std::sync::Arc;

use super::super::Proxy;
use crate::{
    call::{Credential, Refusal},
    identity::Principal,
    wire::{ClientEvent, ClientEventKind, SessionWishes, WireError},
};

/// Whose session it is, and of which model.
pub(super) struct Caller {
    pub(super) proxy: Arc<Proxy>,
    pub(super) credential: Credential,
    pub(super) principal: Principal,
    /// The name that the caller has asked by.
    pub(super) asked_model: String,
    /// The model by its own name.
    pub(super) model: String,
    /// What the provider calls it.
    pub(super) upstream_model: String,
}

/// An event that may be sent on.
pub(super) struct Admitted {
    pub(super) event: ClientEvent,
    /// The event with another name for the model; none where it goes as it came.
    pub(super) rewritten: Option<String>,
}

impl Caller {
    /// Whether the caller's credential still opens the gateway.
    pub(super) fn is_known(&self) -> bool {
        let caller = self.proxy.identity.caller(&self.credential);
        caller.is_ok_and(|principal| principal.user_id() == self.principal.user_id())
    }

    /// Reads an event and decides whether it is sent on.
    ///
    /// # Errors
    /// What the client is told by an event; the session goes on.
    pub(super) fn admit(&self, text: &str) -> Result<Admitted, Refusal> {
        let event = ClientEvent::read(text)?;
        let ClientEventKind::Configures(wishes) = &event.kind else {
            return Ok(Admitted { event, rewritten: None });
        };
        if let Some(model) = &wishes.transcription_model {
            self.proxy.access.allow_beside(&self.principal, model)?;
        }
        let rewritten = self.renamed(text, wishes)?;
        Ok(Admitted { event, rewritten })
    }

    fn renamed(&self, text: &str, wishes: &SessionWishes) -> Result<Option<String>, Refusal> {
        let Some((named, written)) = &wishes.model else { return Ok(None) };
        if *named == self.upstream_model {
            return Ok(None);
        }
        if *named != self.asked_model && *named != self.model {
            let detail = format!(
                "This session is of the model `{}`, and cannot change to `{named}`; open another \
                 one for it.",
                self.asked_model
            );
            return Err(WireError::invalid("session.model", detail).into());
        }
        Ok(Some(SessionWishes::renamed(text, written, &self.upstream_model)))
    }
}
