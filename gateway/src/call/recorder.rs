//! Writes the records of calls to the journal.
//!
//! A call that a provider is to be asked for is refused where its intent cannot be kept. Its end is
//! kept, come what may. The record of a call that was refused is kept as long as there is room.

mod keeper;
mod owed;
#[cfg(test)]
mod tests;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use shared::{Money, receipt::Outcome};
use tokio::sync::Notify;

pub use self::keeper::{IntentError, IntentKeeper, Keeping, NotKept};
use self::owed::Owed;
use super::{Finish, Record, Verdicts};
use crate::{
    journal::{Journal, JournalError, Position},
    kernel::config::Durability,
};

/// Told of every call that ends, at once and in memory: logs and metrics.
pub trait Observer: Send + Sync {
    /// A call has ended.
    fn finished(&self, finish: &Finish);
}

/// The one who writes records; shared by every trail.
pub struct Recorder {
    journal: Arc<Journal>,
    durability: Durability,
    keeper: Option<Box<dyn IntentKeeper>>,
    observer: Box<dyn Observer>,
    is_stopping: AtomicBool,
    ended: Arc<Notify>,
    owed: Owed,
}

impl Recorder {
    /// A recorder on the journal.
    #[must_use]
    pub fn new(journal: Arc<Journal>, durability: Durability, observer: Box<dyn Observer>) -> Self {
        Self {
            journal,
            durability,
            keeper: None,
            observer,
            is_stopping: AtomicBool::new(false),
            ended: Arc::default(),
            owed: Owed::default(),
        }
    }

    /// One that has every intent kept elsewhere too, before the journal has it.
    #[must_use]
    pub fn with_keeper(self, keeper: Box<dyn IntentKeeper>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Writes what is known before a provider is called; with strict durability it is on the disk
    /// when this returns, and wherever else intents are kept in any case.
    ///
    /// # Errors
    /// [`IntentError`] where the record cannot be kept; then the provider must not be called.
    pub async fn intend(&self, so_far: &Finish, worst_case: Money) -> Result<(), IntentError> {
        self.pay_what_is_owed()?;
        let record = Record::Intent { so_far, worst_case }.to_bytes();
        if let Some(keeper) = &self.keeper {
            keeper.keep(so_far.request_id, record.clone()).await?;
        }
        let position = self.journal.append(&record)?;
        self.kept(position).await
    }

    /// [`intend`](Self::intend) for a call of which another provider was asked before.
    ///
    /// # Errors
    /// As [`intend`](Self::intend).
    pub async fn intend_again(
        &self,
        so_far: &Finish,
        worst_case: Money,
    ) -> Result<(), IntentError> {
        self.pay_what_is_owed()?;
        let record = Record::Intent { so_far, worst_case }.to_bytes();
        self.keep_instead(so_far, &record).await?;
        let position = self.journal.append(&record)?;
        self.kept(position).await
    }

    /// Writes that a call under way may cost more than its intent says.
    ///
    /// # Errors
    /// [`IntentError`] where that cannot be kept; then the call must not cost more.
    pub async fn intend_more(&self, so_far: &Finish, worst_case: Money) -> Result<(), IntentError> {
        let record = Record::Intent { so_far, worst_case }.to_bytes();
        self.keep_instead(so_far, &record).await?;
        let position = self.journal.append_beyond_limit(&record)?;
        self.kept(position).await
    }

    async fn keep_instead(&self, so_far: &Finish, record: &[u8]) -> Result<(), IntentError> {
        match &self.keeper {
            Some(keeper) => Ok(keeper.keep_instead(so_far.request_id, record.to_vec()).await?),
            None => Ok(()),
        }
    }

    async fn kept(&self, position: Position) -> Result<(), IntentError> {
        match self.durability {
            Durability::Group => Ok(()),
            Durability::Strict => Ok(self.journal.durable(position).await?),
        }
    }

    /// Writes how a call ended: one that was intended, or one that was refused before.
    pub fn finish(&self, finish: Finish, is_intended: bool) {
        self.observer.finished(&finish);
        if let Err(error) = self.append(&finish, is_intended) {
            self.owed.keep(finish, is_intended, &error);
        }
    }

    /// Writes what the disk did not take when it came. To be called now and then, so that it does
    /// not wait for the next call.
    ///
    /// # Errors
    /// [`JournalError`] where the disk still does not take it.
    pub fn pay_what_is_owed(&self) -> Result<(), JournalError> {
        self.owed.pay(|finish, is_intended| {
            // What waits for the database takes no room that calls need.
            if !is_intended && self.journal.state().is_half_full() {
                return Ok(false);
            }
            self.append(finish, is_intended).map(|()| true)
        })
    }

    /// How many records of ended calls wait in memory for the journal.
    #[must_use]
    pub fn owed_records(&self) -> usize {
        self.owed.count()
    }

    /// Writes the record of a call that nobody is to be told of: sample data.
    pub fn finish_quietly(&self, finish: &Finish) {
        if let Err(error) = self.append(finish, true) {
            tracing::warn!(%error, "a sample record could not be written");
        }
    }

    /// Notified when the record of an ended call is in the journal, for the one who applies it.
    #[must_use]
    pub fn ended(&self) -> Arc<Notify> {
        Arc::clone(&self.ended)
    }

    /// From now on a call that is dropped was interrupted by the gateway, not left by its client.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// What it means that a call is dropped now.
    #[must_use]
    pub fn outcome_of_a_dropped_call(&self) -> Outcome {
        if self.is_stopping.load(Ordering::Acquire) {
            Outcome::Interrupted
        } else {
            Outcome::ClientGone
        }
    }

    fn append(&self, finish: &Finish, is_intended: bool) -> Result<(), JournalError> {
        match self.append_as_it_is(finish, is_intended) {
            // Whatever a provider has answered, its call is in the books.
            Err(JournalError::TooLarge { .. }) => {
                self.append_as_it_is(&without_text(finish), is_intended)?;
            }
            outcome => outcome?,
        }
        self.ended.notify_one();
        Ok(())
    }

    fn append_as_it_is(&self, finish: &Finish, is_intended: bool) -> Result<(), JournalError> {
        let record = Record::Finish(finish).to_bytes();
        if is_intended {
            self.journal.append_beyond_limit(&record).map(drop)
        } else {
            self.journal.append_in_reserve(&record).map(drop)
        }
    }
}

/// The record without what may be long.
fn without_text(finish: &Finish) -> Finish {
    Finish { raw_usage: None, verdicts: Verdicts::default(), ..finish.clone() }
}
