//! Puts the bill of a batch that has ended right: once, whoever learns of it first.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use http::HeaderMap;
use shared::{Id, Problem, id::RequestId};
use tokio::{sync::Mutex as AsyncMutex, time::sleep};
use uuid::Uuid;

use super::{Inner, Kind, bill::Bill, refusal};
use crate::{
    audit,
    providers::{Errand, Failure},
    storage::{
        StorageError,
        tables::provider_objects::{self, ProviderObjectRow},
    },
    wire::BatchState,
};

/// How often it is looked again whether the ledger has a call, and how long is waited in between.
/// The ledger has one a moment after it has ended.
const LOOKS: usize = 50;
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// What results of a batch are for, as OpenAI names it.
const OUTPUT: &str = "batch_output";

/// Why a bill is not right yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsettled {
    /// The ledger does not have the call that pays.
    #[error("the ledger does not have the call that pays for it")]
    NotRecorded,
    /// The results cannot be read.
    #[error("the provider {}", .0.summary())]
    Provider(Failure),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Unsettled {
    pub(super) fn problem(self, provider: &str) -> Problem {
        match self {
            Self::NotRecorded => refusal::bill_not_right_yet(),
            Self::Provider(failure) => refusal::of_failure(&failure, provider),
            Self::Storage(error) => audit::internal(error),
        }
    }
}

impl Inner {
    /// Takes notice of what a provider says of a batch: keeps it, and where the batch has ended,
    /// puts its bill right.
    pub(super) async fn learn(
        &self,
        row: &ProviderObjectRow,
        body: &[u8],
    ) -> Result<(), Unsettled> {
        if row.settled_at.is_some() {
            return Ok(());
        }
        let nonsense = || Failure::Nonsense("something that is no batch".to_owned());
        let state = state_of(&row.kind, body).ok_or_else(|| Unsettled::Provider(nonsense()))?;
        let body = String::from_utf8_lossy(body);
        if state.has_ended {
            return self.settle(row, &body, &state).await;
        }
        if body != row.body {
            let mut tx = self.database.begin().await?;
            provider_objects::set_body(&mut tx, row.id, &body).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn settle(
        &self,
        row: &ProviderObjectRow,
        body: &str,
        state: &BatchState,
    ) -> Result<(), Unsettled> {
        let turn = self.turn(row.id);
        let mine = turn.lock().await;
        let outcome = self.settle_in_turn(row, body, state).await;
        drop(mine);
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
        outcome
    }

    async fn settle_in_turn(
        &self,
        row: &ProviderObjectRow,
        body: &str,
        state: &BatchState,
    ) -> Result<(), Unsettled> {
        if self.is_settled(row).await? {
            return Ok(());
        }
        let bill = self.bill(row, state).await?;
        let files = self.result_files(row, state).await.map_err(Unsettled::Provider)?;
        for _ in 0..LOOKS {
            match self.book(row, body, bill.as_ref(), &files).await {
                Err(Unsettled::NotRecorded) => sleep(LOOK_AGAIN).await,
                outcome => return outcome,
            }
        }
        Err(Unsettled::NotRecorded)
    }

    /// One transaction: of many that come here, on whichever node, one books.
    async fn book(
        &self,
        row: &ProviderObjectRow,
        body: &str,
        bill: Option<&Bill>,
        files: &[ProviderObjectRow],
    ) -> Result<(), Unsettled> {
        let mut tx = self.database.begin().await?;
        let now = self.clock.now().micros();
        if !provider_objects::settle(&mut tx, row.id, Some(body), now).await? {
            return Ok(());
        }
        for file in files {
            provider_objects::add(&mut tx, file).await?;
        }
        if let (Some(bill), Some(call)) = (bill, row.request_id) {
            let Bill { lines, price_version, billed, unknown } = bill;
            let (call, all): (RequestId, _) = (Id::from_uuid(call), row.requests);
            let mut reason = format!("batch {}: {billed} of {all} requests billed", row.vendor_id);
            if *unknown > 0 {
                reason = format!("{reason}, {unknown} by what was set aside for them");
            }
            let settled =
                self.corrections.settle(&mut tx, call, lines, price_version, &reason).await?;
            let Some(settled) = settled else { return Err(Unsettled::NotRecorded) };
            if settled.after > settled.before {
                tracing::warn!(
                    batch = row.vendor_id,
                    before = %settled.before,
                    after = %settled.after,
                    "a batch has cost more than the most that was expected of it"
                );
            }
        }
        Ok(tx.commit().await?)
    }

    /// The bill stays as it is: nobody will ever say what the batch has used.
    pub(super) async fn give_up(&self, row: &ProviderObjectRow) -> Result<(), StorageError> {
        let mut tx = self.database.begin().await?;
        let now = self.clock.now().micros();
        provider_objects::settle(&mut tx, row.id, None, now).await?;
        tx.commit().await
    }

    /// Files that are the owner's from now on: what came of the requests.
    async fn result_files(
        &self,
        row: &ProviderObjectRow,
        state: &BatchState,
    ) -> Result<Vec<ProviderObjectRow>, Failure> {
        let mut files = Vec::with_capacity(state.files.len());
        for vendor_id in &state.files {
            let errand = Errand::File(vendor_id);
            let told = self.proxy.providers.run(&row.provider, errand, &HeaderMap::new()).await;
            let body = match told {
                Err(Failure::NotHere { .. }) => continue,
                told => String::from_utf8_lossy(&told?).into_owned(),
            };
            let now = self.clock.now();
            files.push(ProviderObjectRow {
                id: self.ids.next::<shared::id::ProviderObject>(now).uuid(),
                kind: Kind::File.as_str().to_owned(),
                vendor_id: vendor_id.clone(),
                purpose: Some(OUTPUT.to_owned()),
                model: None,
                endpoint: None,
                request_id: None,
                reserved_nanos: 0,
                body,
                created_at: now.micros(),
                settled_at: Some(now.micros()),
                ..row.clone()
            });
        }
        Ok(files)
    }

    async fn is_settled(&self, row: &ProviderObjectRow) -> Result<bool, StorageError> {
        let found =
            provider_objects::find(&self.database, &row.kind, &row.vendor_id, row.user_id).await?;
        Ok(found.is_some_and(|found| found.id == row.id && found.settled_at.is_some()))
    }

    /// Whoever holds it puts this bill right; others on this node wait.
    fn turn(&self, id: Uuid) -> Arc<AsyncMutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(id).or_default())
    }
}

/// Where a batch stands, by what its provider says.
pub(super) fn state_of(kind: &str, body: &[u8]) -> Option<BatchState> {
    if kind == Kind::MessageBatch.as_str() {
        BatchState::of_anthropic(body)
    } else {
        BatchState::of_openai(body)
    }
}
