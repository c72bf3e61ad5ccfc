//! The configuration as it is in force: the file, and the providers and models that administrators
//! manage while gateways run.
//!
//! An object says what an entry of the file would say, and is checked by the same rules together
//! with everything else, before it is kept. What the file says cannot be changed here. Secrets are
//! sealed, and nobody is shown them again. Every change is audited in the same transaction, rests on
//! the state that it was checked against, and is in force on every node within a second.

mod change;
mod merge;
mod object;
mod reseal;
mod secrets;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use arc_swap::ArcSwapOption;
use uuid::Uuid;

use self::merge::merged;
pub use self::{
    object::{Entry, ObjectKind, Origin},
    reseal::{Resealed, SealedBy},
};
use crate::{
    audit::Audit,
    kernel::{
        Clock, Ids,
        config::Config,
        seal::{Keys, MasterKeyUnavailable, SealError},
    },
    storage::{
        Database, StorageError,
        tables::{
            change_sequence,
            configuration_objects::{self, ConfigurationObjectRow},
        },
    },
};

/// Nothing was read yet.
const UNSEEN: i64 = -1;

/// The service.
pub struct Configuration {
    /// What the file says.
    file: Config,
    database: Database,
    audit: Audit,
    keys: Keys,
    clock: Clock,
    ids: Ids,
    seen_change: AtomicI64,
    /// Which objects were read, in which version; none before the first time.
    seen_objects: ArcSwapOption<Vec<(Uuid, i64)>>,
}

/// Why the configuration in the database cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyUnavailable),
    /// A credential does not open.
    #[error(
        "the credential of {kind} `{name}` in the database cannot be opened: {source}; give this \
         gateway that key as `sealing.master_key`, or in `sealing.previous_keys`"
    )]
    Sealed {
        /// Of which kind the object is.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: SealError,
    },
}

impl Configuration {
    /// The service over a file.
    #[must_use]
    pub fn new(file: Config, database: Database, audit: Audit, clock: Clock, ids: Ids) -> Self {
        // A database that others use, too, has to be sealed by a key that they have, too.
        let is_alone =
            file.database.url.as_ref().is_none_or(|url| url.expose().starts_with("sqlite:"));
        let own_key = is_alone.then(|| file.data.directory.join("master.key"));
        let keys = Keys::new(file.sealing.clone(), own_key);
        let seen_change = AtomicI64::new(UNSEEN);
        let seen_objects = ArcSwapOption::empty();
        Self { file, database, audit, keys, clock, ids, seen_change, seen_objects }
    }

    /// The file with every object that fits it. One that does not fit is told in the log and in
    /// [`Configuration::entries`], and left out.
    ///
    /// # Errors
    /// [`ConfigurationError`]; a credential that does not open is not left out, because calls
    /// would fail for want of it.
    pub async fn read(&self) -> Result<Config, ConfigurationError> {
        let seen = change_sequence::current(&self.database).await?;
        let rows = configuration_objects::list(&self.database).await?;
        self.take_on(seen, rows).await
    }

    /// The same if any object was changed since; else none, whatever else was changed: whoever takes
    /// a configuration on makes everything anew that is made of it.
    ///
    /// # Errors
    /// As [`Configuration::read`].
    pub async fn read_if_changed(&self) -> Result<Option<Config>, ConfigurationError> {
        let current = change_sequence::current(&self.database).await?;
        if current == self.seen_change.load(Ordering::Acquire) {
            return Ok(None);
        }
        let rows = configuration_objects::list(&self.database).await?;
        if self.seen_objects.load().as_deref() == Some(&versions_of(&rows)) {
            self.seen_change.store(current, Ordering::Release);
            return Ok(None);
        }
        self.take_on(current, rows).await.map(Some)
    }

    async fn take_on(
        &self,
        seen: i64,
        rows: Vec<ConfigurationObjectRow>,
    ) -> Result<Config, ConfigurationError> {
        let versions = versions_of(&rows);
        let objects = self.opened(rows).await;
        if !matches!(objects, Err(ConfigurationError::Storage(_))) {
            // What does not open now does not open until something changes.
            self.seen_objects.store(Some(Arc::new(versions)));
            self.seen_change.store(seen, Ordering::Release);
        }
        let objects = objects?;
        let merged = merged(&self.file, &objects);
        for unfit in &merged.unfit {
            tracing::error!(
                object = %unfit.id, name = unfit.name, reason = unfit.reason,
                "an object of the configuration does not fit the others; it is left out"
            );
        }
        Ok(merged.config)
    }

    /// The file with every object that fits it, for those who look at it.
    ///
    /// # Errors
    /// As [`Configuration::read`].
    pub async fn in_force(&self) -> Result<Config, ConfigurationError> {
        Ok(merged(&self.file, &self.objects().await?).config)
    }

    /// The same where the master key is within reach, else what the file says: for who changes
    /// something else on the command line.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn within_reach(&self) -> Result<Config, StorageError> {
        match self.in_force().await {
            Ok(config) => Ok(config),
            Err(ConfigurationError::Storage(error)) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "what is managed of the configuration is left out here");
                Ok(self.file.clone())
            }
        }
    }

    async fn objects(&self) -> Result<Vec<object::Object>, ConfigurationError> {
        self.opened(configuration_objects::list(&self.database).await?).await
    }

    async fn opened(
        &self,
        rows: Vec<ConfigurationObjectRow>,
    ) -> Result<Vec<object::Object>, ConfigurationError> {
        let mut objects = Vec::with_capacity(rows.len());
        for row in rows {
            let ring = match row.sealed {
                Some(_) => Some(self.keys.ring().await?),
                None => None,
            };
            objects.push(object::opened(row, ring)?);
        }
        Ok(objects)
    }
}

fn versions_of(rows: &[ConfigurationObjectRow]) -> Vec<(Uuid, i64)> {
    rows.iter().map(|row| (row.id, row.version)).collect()
}
