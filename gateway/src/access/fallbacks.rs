//! Which models may answer in place of the one that is asked for.

use std::sync::Arc;

use super::Access;
use crate::{
    call::{Call, Surface},
    catalog::Model,
    identity::Principal,
    wire::RelayedApi,
};

impl Access {
    /// The fallbacks of a model that the caller may use and that have a price wherever they are
    /// served. Sessions and batches have none: they are of one model from beginning to end.
    pub(super) fn fallbacks_of(
        &self,
        principal: &Principal,
        model: &Model,
        call: &Call,
    ) -> Vec<Arc<Model>> {
        let is_of_one_model =
            call.batch.is_some() || call.surface == Surface::Relayed(RelayedApi::Realtime);
        let is_priced = |model: &Model| {
            model.deployments.iter().all(|it| it.price_at(call.received_at).is_some())
        };
        // What nothing is set aside for cannot be extended to what costs something.
        if model.fallbacks.is_empty() || is_of_one_model || !is_priced(model) {
            return Vec::new();
        }
        let allowed =
            model.fallbacks.iter().filter_map(|name| self.model_for(principal, name).ok());
        allowed.filter(|fallback| is_priced(fallback)).collect()
    }
}
