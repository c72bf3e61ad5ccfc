//! Where a call goes, and in what order: by priority.

use std::sync::Arc;

use crate::{
    budgets::{Funded, Reservation},
    call::Call,
    catalog::{Deployment, Model, Serving},
    identity::Principal,
    wire::RequestFacts,
};

/// Plans routes.
#[derive(Debug, Default)]
pub struct Routing;

/// A funded call with the backends to try, in order. Provider credentials open only against this.
pub struct Routed {
    funded: Funded,
    model: Arc<Model>,
}

impl Routed {
    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        self.funded.call()
    }

    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        self.funded.principal()
    }

    /// What the body asks for.
    #[must_use]
    pub fn facts(&self) -> &RequestFacts {
        self.funded.facts()
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The longest answer that the reservation covers, in tokens.
    #[must_use]
    pub fn output_limit(&self) -> i64 {
        self.funded.output_limit()
    }

    /// The backends, in the order in which they are to be tried; never empty.
    #[must_use]
    pub fn candidates(&self) -> &[Deployment] {
        &self.model.deployments
    }

    /// The same, each to be held for as long as it serves the call.
    pub fn servings(&self) -> impl Iterator<Item = Serving> + use<> {
        let (model, arrived_at) = (Arc::clone(&self.model), self.call().received_at);
        (0..model.deployments.len())
            .filter_map(move |place| Serving::new(&model, place, arrived_at))
    }

    /// Whether that is shorter than what was asked for.
    #[must_use]
    pub fn is_shortened(&self) -> bool {
        self.funded.is_shortened()
    }

    /// What a budget has to say.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.funded.warning()
    }

    /// What is set aside for the call; settled by whoever sees it end.
    #[must_use]
    pub fn into_reservation(self) -> Reservation {
        self.funded.into_reservation()
    }

    /// What is set aside for the call.
    #[must_use]
    pub fn reservation(&self) -> &Reservation {
        self.funded.reservation()
    }
}

impl Routing {
    /// The stage: the model's backends in the order of the configuration.
    #[must_use]
    pub fn plan(&self, funded: Funded) -> Routed {
        let model = Arc::clone(funded.model());
        Routed { funded, model }
    }
}
