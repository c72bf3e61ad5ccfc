//! The schema of the database, for the command line.

use std::{fs, path::PathBuf};

pub use crate::storage::{MigrationState, MigrationStatus};
use crate::{
    gateway::{OpenError, database_url},
    kernel::config::Config,
    storage::{Database, StorageError},
};

/// The service behind `helixgateway migrate`.
pub struct Migrations {
    url: String,
    directory: PathBuf,
}

impl Migrations {
    /// Of the database of a configuration, whether it is there or not.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self { url: database_url(config), directory: config.data.directory.clone() }
    }

    /// Every migration that the database or this program knows; changes nothing, and makes no
    /// database where there is none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn status(&self) -> Result<Vec<MigrationStatus>, StorageError> {
        Database::migrations_at(&self.url).await
    }

    /// Applies what is pending, and tells of each before.
    ///
    /// # Errors
    /// [`OpenError`], saying what is in the way.
    pub async fn up(&self, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), OpenError> {
        let directory = &self.directory;
        fs::create_dir_all(directory)
            .map_err(|error| OpenError::Data(directory.display().to_string(), error))?;
        let database = Database::connect(&self.url).await?;
        let migrated = database.migrate(tell).await;
        database.close().await;
        Ok(migrated?)
    }
}
