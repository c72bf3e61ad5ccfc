//! Answers on their way into the database, and out of it again.

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use shared::Problem;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Inner, Responses, references::response_of, refusal, text_of};
use crate::{
    audit,
    identity::Principal,
    storage::{
        StorageError,
        tables::{
            stored_items,
            stored_responses::{self, Settlement, StoredResponseRow},
        },
    },
    wire::item_ids,
};

/// How long is waited before each try to write.
const PAUSES: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(20),
];
/// An answer of another node may be on its way into the database for so long.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const SWEEP_PERIOD: Duration = Duration::from_hours(1);
/// How many answers are removed in one transaction.
const SWEEP: u64 = 200;

/// What is written.
enum Write<'a> {
    Answer(&'a StoredResponseRow),
    End(Uuid, &'a Settlement<'a>),
}

impl Inner {
    /// Writes the answer behind the caller's back.
    pub(super) fn keep(self: &Arc<Self>, row: StoredResponseRow) {
        let kib = u32::try_from((row.input.len() + row.response.len()) / 1_024 + 1);
        let room = kib.ok().and_then(|kib| Arc::clone(&self.room).try_acquire_many_owned(kib).ok());
        let Some(room) = room else {
            tracing::error!(
                id = text_of(row.id),
                "a response is not kept: the database has not taken many before it"
            );
            return;
        };
        let row = Arc::new(row);
        self.pending().insert(row.id, Arc::clone(&row));
        let inner = Arc::clone(self);
        let write = async move {
            if let Err(error) = inner.persist(&Write::Answer(&row)).await {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    id = text_of(row.id),
                    "a response could not be kept"
                );
            }
            inner.pending().remove(&row.id);
            drop(room);
        };
        self.tasks.spawn_on(write, &self.runtime);
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// What the database reports.
    pub(super) async fn add(&self, row: &StoredResponseRow) -> Result<(), StorageError> {
        let mut tx = self.database.begin().await?;
        stored_responses::add(&mut tx, row).await?;
        stored_items::add(&mut tx, row.id, &named_items(&row.response)).await?;
        tx.commit().await
    }

    /// Stores how an answer ended, as long as it takes.
    pub(super) async fn settle(&self, id: Uuid, settlement: &Settlement<'_>) {
        if let Err(error) = self.persist(&Write::End(id, settlement)).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                id = text_of(id),
                "how a response ended could not be stored"
            );
        }
    }

    /// Tries again for some seconds, but for less where the gateway closes.
    async fn persist(&self, write: &Write<'_>) -> Result<(), StorageError> {
        let mut outcome = Ok(());
        for pause in PAUSES {
            let is_closing = self.closing.run_until_cancelled(sleep(pause)).await.is_none();
            outcome = self.try_to(write).await;
            if outcome.is_ok() || is_closing {
                return outcome;
            }
        }
        outcome
    }

    async fn try_to(&self, write: &Write<'_>) -> Result<(), StorageError> {
        match write {
            // It may have been there already where the former try was not heard to succeed.
            Write::Answer(row) => match self.add(row).await {
                Err(StorageError::Conflict(_)) => Ok(()),
                outcome => outcome,
            },
            Write::End(id, settlement) => {
                let mut tx = self.database.begin().await?;
                stored_responses::settle(&mut tx, *id, settlement).await?;
                // It may have been settled already where the former try was not heard to succeed.
                stored_items::remove(&mut tx, &[*id]).await?;
                let items = settlement.response.map(named_items).unwrap_or_default();
                stored_items::add(&mut tx, *id, &items).await?;
                tx.commit().await
            }
        }
    }

    /// The caller's answer.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's.
    pub(super) async fn find(
        self: &Arc<Self>,
        principal: &Principal,
        id: Uuid,
    ) -> Result<Arc<StoredResponseRow>, Problem> {
        let user = principal.user_id().uuid();
        let inner = Arc::clone(self);
        let found = self.runtime.spawn(async move { inner.look(id, user).await }).await;
        let found = found.map_err(|_| refusal::stopping())?.map_err(audit::internal)?;
        found.ok_or_else(|| refusal::not_found(&text_of(id)))
    }

    async fn look(
        &self,
        id: Uuid,
        user: Uuid,
    ) -> Result<Option<Arc<StoredResponseRow>>, StorageError> {
        loop {
            if let Some(row) = self.pending().get(&id).filter(|row| row.user_id == user) {
                return Ok(Some(Arc::clone(row)));
            }
            let now = self.clock.now().micros();
            let found = stored_responses::find(&self.database, id, user, now).await?;
            if found.is_some() || !self.is_young(id) {
                return Ok(found.map(Arc::new));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether a call of this id was made a moment ago: the time is in the id.
    fn is_young(&self, id: Uuid) -> bool {
        let Some((seconds, nanos)) = id.get_timestamp().map(|at| at.to_unix()) else {
            return false;
        };
        let made_at = Duration::new(seconds, nanos);
        let now = u64::try_from(self.clock.now().micros()).map(Duration::from_micros);
        now.is_ok_and(|now| now.saturating_sub(made_at) < ON_ITS_WAY && made_at <= now)
    }

    /// Waits until an answer is in the database, or given up.
    pub(super) async fn is_written(&self, id: Uuid) {
        while self.pending().contains_key(&id) {
            sleep(LOOK_AGAIN).await;
        }
    }

    pub(super) fn pending(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<StoredResponseRow>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ids that can be named and do not name the answer themselves.
fn named_items(response: &str) -> Vec<String> {
    let can_be_named = |id: &String| {
        response_of(id).is_none() && id.chars().count() <= stored_items::LONGEST_ID_CHARACTERS
    };
    item_ids(response).into_iter().filter(can_be_named).collect()
}

impl Responses {
    /// Removes what is no longer kept, every hour until the gateway stops.
    pub async fn sweep(self, stop: CancellationToken) {
        while stop.run_until_cancelled(sleep(SWEEP_PERIOD)).await.is_some() {
            if let Err(error) = self.sweep_once().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "responses that are no longer kept are removed later"
                );
            }
        }
    }

    /// Removes what is no longer kept; gives how many there were.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn sweep_once(&self) -> Result<usize, StorageError> {
        let database = &self.0.database;
        let mut removed = 0;
        loop {
            let now = self.0.clock.now().micros();
            let expired = stored_responses::expired(database, now, SWEEP).await?;
            if expired.is_empty() {
                return Ok(removed);
            }
            let mut tx = database.begin().await?;
            stored_responses::remove_all(&mut tx, &expired).await?;
            stored_items::remove(&mut tx, &expired).await?;
            tx.commit().await?;
            removed += expired.len();
        }
    }
}
