//! May this content leave.
//!
//! No rule can be configured yet, and the stage says so: a call passes through it with an
//! explicit "not configured", so that its trail is complete and no later stage can be reached
//! around it.

use std::sync::Arc;

use shared::receipt::{Stage, VerdictKind};

use crate::{
    access::Allowed,
    call::{Call, Trail},
    catalog::{Deployment, Model},
    identity::Principal,
    wire::{RequestFacts, RequestNeeds},
};

/// Screens content.
#[derive(Debug, Default)]
pub struct Policy;

/// A call whose content may leave.
pub struct Clean(Allowed);

impl Clean {
    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        self.0.principal()
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.0.call()
    }

    /// What the body asks for.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        self.0.facts()
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        self.0.model()
    }

    /// The deployments that may serve the call, in the order of the configuration.
    pub fn candidates(&self) -> impl Iterator<Item = &Deployment> {
        self.0.candidates()
    }

    /// The models that may answer in its place, in order.
    #[must_use]
    pub fn fallbacks(&self) -> &[Arc<Model>] {
        self.0.fallbacks()
    }

    /// What the call needs of a model; none where nothing is known that could rule one out.
    #[must_use]
    pub fn needs(&self) -> Option<&RequestNeeds> {
        self.0.needs()
    }
}

impl Policy {
    /// The stage.
    #[must_use]
    pub fn screen(&self, allowed: Allowed, trail: &mut Trail) -> Clean {
        trail.note(Stage::Policy, VerdictKind::NotConfigured, "no content rules are configured");
        Clean(allowed)
    }
}
