//! Keeps events: each occasion once, whichever node or restart sees it again.

use std::time::Duration;

use serde::Serialize;
use shared::{Timestamp, id};
use tokio_util::sync::CancellationToken;

use crate::{
    call::{Event, EventReceiver},
    kernel::{Clock, Ids, digest::sha256},
    storage::{
        Database, StorageError,
        tables::events::{self, EventRow},
    },
};

/// How long to wait before the database is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// Writes events to the database.
pub struct EventBook {
    database: Database,
    clock: Clock,
    ids: Ids,
}

/// An event on its way into its table.
struct Entry {
    kind: &'static str,
    occasion: String,
    detail: String,
}

impl EventBook {
    /// The book.
    #[must_use]
    pub fn new(database: Database, clock: Clock, ids: Ids) -> Self {
        Self { database, clock, ids }
    }

    /// Keeps every event that comes until told to stop, and then those that have come.
    pub async fn run(self, mut events: EventReceiver, stop: CancellationToken) {
        while let Some(Some(event)) = stop.run_until_cancelled(events.recv()).await {
            self.keep(&event, &stop).await;
        }
        while let Ok(event) = events.try_recv() {
            self.keep(&event, &stop).await;
        }
    }

    async fn keep(&self, event: &Event, stop: &CancellationToken) {
        let now = self.clock.now();
        loop {
            match self.add(event, now).await {
                Ok(()) => return announce(event),
                Err(StorageError::Conflict(_)) => return, // it was told before
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "an event waits until the database takes it"
                    );
                }
            }
            if stop.run_until_cancelled(tokio::time::sleep(RETRY)).await.is_none() {
                return announce(event);
            }
        }
    }

    async fn add(&self, event: &Event, now: Timestamp) -> Result<(), StorageError> {
        let entry = entry(event);
        let mut tx = self.database.begin().await?;
        let row = EventRow {
            id: self.ids.next::<id::Event>(now).uuid(),
            at: now.micros(),
            kind: entry.kind.to_owned(),
            occasion: entry.occasion,
            detail: entry.detail,
        };
        events::add(&mut tx, row).await?;
        tx.commit().await
    }
}

fn entry(event: &Event) -> Entry {
    match event {
        Event::BudgetThreshold(threshold) => Entry {
            kind: "budget.threshold",
            occasion: format!(
                "budget.threshold {} {} {}",
                threshold.budget,
                threshold.window_start.micros(),
                threshold.percent
            ),
            detail: json(threshold),
        },
        Event::ModelUnpriced(unpriced) => Entry {
            kind: "model.unpriced",
            occasion: format!("model.unpriced {} {}", unpriced.day, occasion_of(&unpriced.model)),
            detail: json(unpriced),
        },
    }
}

/// A model's name may be longer than an occasion.
fn occasion_of(model: &str) -> String {
    let mut half = [0; 16];
    half.copy_from_slice(&sha256(model.as_bytes())[..16]);
    format!("{:032x}", u128::from_be_bytes(half))
}

fn json(detail: &impl Serialize) -> String {
    // Plain data always has this form.
    serde_json::to_string(detail).unwrap_or_default()
}

fn announce(event: &Event) {
    match event {
        Event::BudgetThreshold(threshold) => {
            metrics::counter!("helix_budget_thresholds_total", "level" => threshold.level.as_str())
                .increment(1);
            tracing::warn!(
                budget = %threshold.budget,
                level = threshold.level.as_str(),
                name = threshold.name,
                percent = threshold.percent,
                limit = %threshold.limit,
                spent = %threshold.spent,
                "a budget has passed a threshold"
            );
        }
        Event::ModelUnpriced(unpriced) => {
            metrics::counter!("helix_unpriced_models_total").increment(1);
            tracing::warn!(
                model = unpriced.model,
                "a model without a price was called; set `price` for it in the configuration"
            );
        }
    }
}
