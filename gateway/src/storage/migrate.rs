//! Brings the schema up to date: embedded, forward only, the same file names for all databases.

use sqlx::migrate::Migrator;

use super::{Database, StorageError, database::Pools};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");
static MYSQL: Migrator = sqlx::migrate!("../migrations/mysql");

impl Database {
    /// Applies every migration that the database does not have yet.
    pub(super) async fn migrate(&self) -> Result<(), StorageError> {
        match &self.pools {
            Pools::Sqlite { write, .. } => SQLITE.run(write).await?,
            Pools::Postgres(pool) => POSTGRES.run(pool).await?,
            Pools::MySql(pool) => MYSQL.run(pool).await?,
        }
        Ok(())
    }
}
