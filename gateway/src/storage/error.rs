//! What can go wrong with the database, in this module's words.

use std::time::Duration;

use sqlx::error::ErrorKind;

/// A failure of storage.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A unique or foreign key stands in the way.
    #[error("the change conflicts with what is stored")]
    Conflict(#[source] sqlx::Error),
    /// The database cannot be reached or did not answer in time.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The database did not answer in time; whether it has done what it was asked to is not known.
    #[error("the database has not answered within {0:?}")]
    Late(Duration),
    /// Others change the same row at the same moment, again and again.
    #[error("the row is changed by others all the time")]
    Contended,
    /// A stored value is not what its column promises.
    #[error("a stored value of {column} cannot be read")]
    Corrupt {
        /// `table.column`.
        column: &'static str,
    },
    /// The URL names no database that the gateway knows.
    #[error(
        "`database.url` must start with sqlite:, postgres: or mysql:, such as \
         `postgres://user@host/name`"
    )]
    UnknownScheme,
    /// A newer program has migrated this database.
    #[error(
        "the database has migration {found}, which this version does not know (its newest is \
         {newest_known}): a newer version has been at work on it; start that version, or restore \
         the backup from before the upgrade"
    )]
    UnknownMigration {
        /// The migration.
        found: i64,
        /// The newest that this program knows.
        newest_known: i64,
    },
    /// A migration is not what it was when it was applied.
    #[error(
        "migration {0} of the database is not the one that this version knows; start the version \
         that made the database"
    )]
    ChangedMigration(i64),
    /// A migration has failed half-way, on a database that cannot undo changes of its schema.
    #[error(
        "migration {0} has failed half-way; restore the backup from before it, or finish its \
         statements by hand (`helixgateway migrate up --dry-run` prints them on an empty \
         database) and set `success` in the table `_sqlx_migrations`"
    )]
    UnfinishedMigration(i64),
    /// A statement of a migration failed.
    #[error(
        "migration {number} failed; SQLite and PostgreSQL are as before it, so remove the cause and \
         start again; MySQL and MariaDB keep what came before the failing statement, so restore the \
         backup from before the upgrade first"
    )]
    FailedMigration {
        /// Its number.
        number: i64,
        /// What the database says.
        #[source]
        cause: sqlx::migrate::MigrateError,
    },
    /// Another process is migrating, or its lock cannot be looked at.
    #[error("the lock for migrations cannot be taken; is another process migrating?")]
    MigrationLock(#[source] std::io::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Anything else that the driver reports.
    #[error("the database refused a statement")]
    Driver(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => match database.kind() {
                ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation => {
                    Self::Conflict(error)
                }
                _ => Self::Driver(error),
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Driver(error),
        }
    }
}
