//! What is booked about calls after their end: prices that are put right, refunds, and what a
//! batch has cost.
//!
//! Nothing that was recorded is edited. A correction adds lines: what was too much is taken back at
//! the price at which it was booked, what was too little is added. They count when the call did, or
//! from the first open moment on where its month is closed. Roll-ups and the budgets' open windows
//! move in the same transaction, and the audit trail says by how much.

mod booking;
mod difference;
mod refund;
mod rerate;
mod settle;

use std::sync::Arc;

use shared::{Money, Timestamp};

pub use self::{
    rerate::{PriceChange, Rerated},
    settle::Settled,
};
use crate::{
    audit::Audit,
    catalog::LiveCatalog,
    kernel::{Clock, Ids, config},
    storage::Database,
};

/// Which calls are to be rated again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerateFilter {
    /// Calls that arrived at this instant or later.
    pub from: Timestamp,
    /// And before this one.
    pub until: Timestamp,
    /// Only of this model, as callers named it.
    pub model: Option<String>,
    /// Only of this provider.
    pub provider: Option<String>,
}

/// What was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunded {
    /// How much.
    pub amount: Money,
    /// What the call still costs.
    pub remains: Money,
}

/// The service behind `helixgateway rerate` and `helixgateway calls refund`.
pub struct Corrections {
    catalog: Arc<LiveCatalog>,
    budgets: Vec<config::Budget>,
    database: Database,
    audit: Audit,
    clock: Clock,
    ids: Ids,
}

impl Corrections {
    /// The service, with the prices of this catalogue.
    #[must_use]
    pub fn new(
        config: &config::Config,
        catalog: Arc<LiveCatalog>,
        database: Database,
        audit: Audit,
        clock: Clock,
        ids: Ids,
    ) -> Self {
        let budgets = config.budgets.clone();
        Self { catalog, budgets, database, audit, clock, ids }
    }
}
