//! Who keeps what is known of calls under way somewhere else than on this node's disk.

use std::{error::Error, future::Future, pin::Pin};

use shared::id::RequestId;

use crate::journal::JournalError;

/// An answer that comes later.
pub type Keeping<'a> = Pin<Box<dyn Future<Output = Result<(), NotKept>> + Send + 'a>>;

/// Keeps intents so that they outlive the node; the record of a call's end lets go of them.
pub trait IntentKeeper: Send + Sync {
    /// Keeps the record of a call that a provider is about to be asked for.
    fn keep(&self, call: RequestId, record: Vec<u8>) -> Keeping<'_>;

    /// Keeps this record of a call instead of the one that is kept.
    fn keep_instead(&self, call: RequestId, record: Vec<u8>) -> Keeping<'_>;
}

/// An intent that is kept nowhere else.
#[derive(Debug, thiserror::Error)]
#[error("the intent of a call cannot be kept in the database: {0}")]
pub struct NotKept(#[source] pub Box<dyn Error + Send + Sync>);

/// Why a provider must not be called.
#[derive(Debug, thiserror::Error)]
pub enum IntentError {
    /// The journal does not take the record.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Nobody else keeps it.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}
