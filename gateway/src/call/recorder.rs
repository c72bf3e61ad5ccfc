//! Writes the records of calls to the journal.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use shared::{Money, receipt::Outcome};
use tokio::sync::Notify;

use super::{Finish, Record};
use crate::{
    journal::{Journal, JournalError},
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
    observer: Box<dyn Observer>,
    is_stopping: AtomicBool,
    ended: Arc<Notify>,
    /// Finishes that could not be written because the disk refused; written first when it takes
    /// writes again. Bounded by the calls under way: new calls are refused meanwhile.
    owed: Mutex<Vec<Finish>>,
}

impl Recorder {
    /// A recorder on the journal.
    #[must_use]
    pub fn new(journal: Arc<Journal>, durability: Durability, observer: Box<dyn Observer>) -> Self {
        Self {
            journal,
            durability,
            observer,
            is_stopping: AtomicBool::new(false),
            ended: Arc::default(),
            owed: Mutex::new(Vec::new()),
        }
    }

    /// Writes what is known before a provider is called; with strict durability it is on the disk
    /// when this returns.
    ///
    /// # Errors
    /// [`JournalError`] where the record cannot be kept; then the provider must not be called.
    pub async fn intend(&self, so_far: &Finish, worst_case: Money) -> Result<(), JournalError> {
        self.pay_what_is_owed()?;
        let position = self.journal.append(&Record::Intent { so_far, worst_case }.to_bytes())?;
        match self.durability {
            Durability::Group => Ok(()),
            Durability::Strict => self.journal.durable(position).await,
        }
    }

    /// Writes how a call ended.
    pub fn finish(&self, finish: Finish) {
        self.observer.finished(&finish);
        if let Err(error) = self.append(&finish) {
            tracing::error!(%error, "the record of a call is kept in memory until the disk takes it");
            self.owed.lock().unwrap_or_else(PoisonError::into_inner).push(finish);
        }
    }

    /// Writes the record of a call that nobody is to be told of: sample data.
    pub fn finish_quietly(&self, finish: &Finish) {
        if let Err(error) = self.append(finish) {
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

    fn append(&self, finish: &Finish) -> Result<(), JournalError> {
        self.journal.append_beyond_limit(&Record::Finish(finish).to_bytes())?;
        self.ended.notify_one();
        Ok(())
    }

    fn pay_what_is_owed(&self) -> Result<(), JournalError> {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(finish) = owed.last() {
            self.append(finish)?;
            owed.pop();
        }
        Ok(())
    }
}
