//! What can go wrong with the database, in this module's words.

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
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
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
