//! Asks for batches whose callers do not come back, so that every bill becomes right.

use http::HeaderMap;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Batches, Inner, keep::state_errand, settle::Unsettled};
use crate::{
    providers::Failure,
    storage::{
        StorageError,
        tables::provider_objects::{self, ProviderObjectRow},
    },
};

/// How many batches are looked up at once.
const PAGE: u64 = 100;
/// Providers end a batch within a day and keep its results for weeks.
const GIVE_UP_MICROS: i64 = 45 * 24 * 3_600 * 1_000_000;

impl Batches {
    /// Watches until the gateway stops.
    pub async fn watch(self, stop: CancellationToken) {
        while stop.run_until_cancelled(sleep(self.0.watch_period)).await.is_some() {
            let looking = Box::pin(self.watch_once());
            if let Some(Err(error)) = stop.run_until_cancelled(looking).await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "batches are asked for later"
                );
            }
        }
    }

    /// Asks once for every batch whose bill is not right.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn watch_once(&self) -> Result<(), StorageError> {
        let mut last = Uuid::nil();
        loop {
            let page = provider_objects::unsettled(&self.0.database, last, PAGE).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.id;
            for row in &page {
                self.0.ask(row).await;
            }
        }
    }
}

impl Inner {
    async fn ask(&self, row: &ProviderObjectRow) {
        let errand = state_errand(row);
        let told = self.proxy.providers.run(&row.provider, errand, &HeaderMap::new()).await;
        let outcome = match told {
            Ok(body) => self.learn(row, &body).await,
            Err(failure) => Err(Unsettled::Provider(failure)),
        };
        let Err(error) = outcome else { return };
        let age = self.clock.now().micros().saturating_sub(row.created_at);
        let is_gone = matches!(error, Unsettled::Provider(Failure::NotHere { .. }));
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            provider = row.provider,
            batch = row.vendor_id,
            "what a batch has cost is not known yet"
        );
        if is_gone && age > GIVE_UP_MICROS {
            tracing::error!(
                provider = row.provider,
                batch = row.vendor_id,
                "the provider no longer has a batch; it stays charged with the most that it could \
                 cost"
            );
            // It is tried again with the next look.
            drop(self.give_up(row).await);
        }
    }
}
