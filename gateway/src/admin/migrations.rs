//! The schema of the database, for the command line.

use std::fs;

pub use crate::storage::{MigrationState, MigrationStatus};
use crate::{
    gateway::{OpenError, connect_database},
    kernel::config::Config,
    storage::{Database, StorageError},
};

/// The service behind `helixgateway migrate`.
pub struct Migrations {
    database: Database,
}

impl Migrations {
    /// Connects to the database of a configuration, whatever its schema.
    ///
    /// # Errors
    /// [`OpenError`], saying what is in the way.
    pub async fn open(config: &Config) -> Result<Self, OpenError> {
        let directory = &config.data.directory;
        fs::create_dir_all(directory)
            .map_err(|error| OpenError::Data(directory.display().to_string(), error))?;
        Ok(Self { database: connect_database(config).await? })
    }

    /// Every migration that the database or this program knows; changes nothing.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn status(&self) -> Result<Vec<MigrationStatus>, StorageError> {
        self.database.migrations().await
    }

    /// Applies what is pending, and tells of each before.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn up(&self, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), StorageError> {
        self.database.migrate(tell).await
    }
}
