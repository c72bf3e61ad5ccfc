//! The service behind `helixgateway periods`.

use shared::{Money, Timestamp};

use super::{ClosingError, Manifest, reference::kept};
use crate::{
    audit::Audit,
    finance::Period,
    kernel::{Clock, config::Organization},
    storage::{
        Database, StorageError,
        tables::billing_periods::{self, BillingPeriodRow},
    },
};

/// A month whose books are closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingPeriod {
    /// Such as `2026-10`.
    pub month: String,
    /// When the books were closed.
    pub closed_at: Timestamp,
    /// By whom.
    pub closed_by: String,
    /// What it came to; none where the closing was cut off and has to go on.
    pub sealed: Option<SealedTotals>,
}

/// What a closed month came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTotals {
    /// Calls whose usage counts in it.
    pub calls: u64,
    /// Billing lines, corrections included.
    pub lines: u64,
    /// What they add up to.
    pub cost: Money,
    /// The hash of its manifest, in hexadecimal.
    pub manifest_sha256: String,
}

/// What a closing has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// What was written.
    pub manifest: Manifest,
    /// Whether it went on with a closing that was cut off.
    pub was_cut_off: bool,
}

/// Closes months and verifies what was written of them.
pub struct BillingPeriods {
    pub(super) database: Database,
    pub(super) audit: Audit,
    pub(super) organization: Organization,
    pub(super) clock: Clock,
}

impl BillingPeriods {
    /// The service.
    #[must_use]
    pub fn new(database: Database, audit: Audit, organization: Organization, clock: Clock) -> Self {
        Self { database, audit, organization, clock }
    }

    /// Every closed month, the oldest first.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn list(&self) -> Result<Vec<BillingPeriod>, ClosingError> {
        let rows = billing_periods::list(&self.database).await?;
        Ok(rows.iter().map(billing_period).collect::<Result<_, _>>()?)
    }
}

fn billing_period(row: &BillingPeriodRow) -> Result<BillingPeriod, StorageError> {
    let month = Period::utc_month_of(row.month_start_at).and_then(|month| month.utc_month());
    let sealed = kept(row)?.map(|(manifest_sha256, manifest)| SealedTotals {
        calls: manifest.calls,
        lines: manifest.lines,
        cost: manifest.cost,
        manifest_sha256,
    });
    Ok(BillingPeriod {
        month: month.unwrap_or_default(),
        closed_at: Timestamp::from_micros(row.closed_at),
        closed_by: row.closed_by.clone(),
        sealed,
    })
}
