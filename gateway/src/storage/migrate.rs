//! Brings the schema up to date: embedded, forward only, the same file names for all databases,
//! one process at a time.
//!
//! A database that knows a migration which this program does not is left as it is: a newer
//! program has been at work on it.

use std::{collections::BTreeMap, fs::File, path::PathBuf, time::Duration};

use shared::Timestamp;
use sqlx::{
    AssertSqlSafe, Connection, Executor, MySqlConnection, SqlSafeStr,
    migrate::{AppliedMigration, Migrate, MigrateError, Migration, Migrator},
};

use super::{
    Database, Dialect, StorageError,
    pools::{Pools, dialect_of, sqlite_file},
};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");
static MYSQL: Migrator = sqlx::migrate!("../migrations/mysql");

/// Where the database keeps which migrations it has.
const TABLE: &str = "_sqlx_migrations";
/// How often a lock that another process holds is looked at again.
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// How long another process may take with its migrations.
const LOCK_PATIENCE: Duration = Duration::from_mins(10);

/// One migration, as the database and this program know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number.
    pub number: i64,
    /// What it does, in the words of its file's name.
    pub name: String,
    /// How it stands.
    pub state: MigrationState,
    /// Since when the database has it, to the second.
    pub applied_at: Option<Timestamp>,
    /// Its statements; empty where this program does not know it.
    pub sql: String,
}

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// The database has it.
    Applied,
    /// The database will get it.
    Pending,
    /// The database has it, and it was another one then.
    Changed,
    /// The database has it, and this program does not know it.
    Unknown,
}

impl Database {
    /// Applies every migration that the database does not have yet, and tells of each before.
    ///
    /// # Errors
    /// [`StorageError::UnknownMigration`], [`StorageError::ChangedMigration`] and
    /// [`StorageError::UnfinishedMigration`] before anything is written; else what the database
    /// reports.
    pub async fn migrate(&self, tell: &mut (dyn FnMut(&str) + Send)) -> Result<(), StorageError> {
        match self.migrations().await {
            Ok(all) if all.iter().all(|status| status.state == MigrationState::Applied) => {
                return Ok(());
            }
            // Without the lock that may be another process at work; under the lock it is a failure.
            Ok(_) | Err(StorageError::UnfinishedMigration(_)) => {}
            Err(error) => return Err(error),
        }
        match &self.pools {
            Pools::Sqlite { write, .. } => {
                let file = write.connect_options().get_filename().to_path_buf();
                let lock = FileLock::take(file).await?;
                apply(&mut *write.acquire().await?, &SQLITE, tell).await?;
                drop(lock);
                Ok(())
            }
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?.detach();
                if let Some(sql) = Dialect::Postgres.without_time_limit() {
                    connection.execute(sql).await?;
                }
                let result = apply(&mut connection, &POSTGRES, tell).await;
                // What was lifted goes with its connection, and so does a lock that an error kept.
                connection.close().await?;
                result
            }
            Pools::MySql(pool) => {
                let mut connection = pool.acquire().await?;
                lock_mysql(&mut connection).await?;
                let result = apply(&mut *connection, &MYSQL, tell).await;
                // The lock goes with its connection.
                connection.close().await?;
                result
            }
        }
    }

    /// Every migration that the database or this program knows, in their order; changes nothing.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, StorageError> {
        if !self.has_table(TABLE).await? {
            return Ok(statuses(self.migrator(), &[]));
        }
        let applied = match &self.pools {
            Pools::Sqlite { write, .. } => applied(&mut *write.acquire().await?).await?,
            Pools::Postgres(pool) => applied(&mut *pool.acquire().await?).await?,
            Pools::MySql(pool) => applied(&mut *pool.acquire().await?).await?,
        };
        let times = self.migration_times().await?;
        let mut statuses = statuses(self.migrator(), &applied);
        for status in &mut statuses {
            let seconds = times.get(&status.number);
            status.applied_at = seconds.map(|seconds| Timestamp::default().plus_seconds(*seconds));
        }
        Ok(statuses)
    }

    /// As [`Database::migrations`], of a database that may not be there yet: it is not made for it.
    ///
    /// # Errors
    /// As [`Database::connect`]; else what the database reports.
    pub async fn migrations_at(url: &str) -> Result<Vec<MigrationStatus>, StorageError> {
        if dialect_of(url)? == Dialect::Sqlite && !sqlite_file(url)?.exists() {
            return Ok(statuses(&SQLITE, &[]));
        }
        let database = Self::connect(url).await?;
        let found = database.migrations().await;
        database.close().await;
        found
    }

    async fn migration_times(&self) -> Result<BTreeMap<i64, i64>, StorageError> {
        let sql = AssertSqlSafe(self.dialect().migration_times()).into_sql_str();
        let times: Vec<(i64, i64)> = match &self.pools {
            Pools::Sqlite { write, .. } => sqlx::query_as(sql).fetch_all(write).await?,
            Pools::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await?,
            Pools::MySql(pool) => sqlx::query_as(sql).fetch_all(pool).await?,
        };
        Ok(times.into_iter().collect())
    }

    fn migrator(&self) -> &'static Migrator {
        match self.dialect() {
            Dialect::Sqlite => &SQLITE,
            Dialect::Postgres => &POSTGRES,
            Dialect::MySql => &MYSQL,
        }
    }

    async fn has_table(&self, table: &str) -> Result<bool, StorageError> {
        let sql = AssertSqlSafe(self.dialect().counts_tables()).into_sql_str();
        let (count,): (i64,) = match &self.pools {
            Pools::Sqlite { write, .. } => sqlx::query_as(sql).bind(table).fetch_one(write).await?,
            Pools::Postgres(pool) => sqlx::query_as(sql).bind(table).fetch_one(pool).await?,
            Pools::MySql(pool) => sqlx::query_as(sql).bind(table).fetch_one(pool).await?,
        };
        Ok(count > 0)
    }
}

async fn applied<C: Migrate>(connection: &mut C) -> Result<Vec<AppliedMigration>, StorageError> {
    if let Some(number) = connection.dirty_version(TABLE).await.map_err(failure)? {
        return Err(StorageError::UnfinishedMigration(number));
    }
    connection.list_applied_migrations(TABLE).await.map_err(failure)
}

fn statuses(migrator: &Migrator, applied: &[AppliedMigration]) -> Vec<MigrationStatus> {
    let mut statuses: Vec<_> = migrator
        .iter()
        .map(|migration| {
            let found = applied.iter().find(|applied| applied.version == migration.version);
            let state = match found {
                None => MigrationState::Pending,
                Some(applied) if applied.checksum == migration.checksum => MigrationState::Applied,
                Some(_) => MigrationState::Changed,
            };
            MigrationStatus {
                number: migration.version,
                name: migration.description.to_string(),
                state,
                applied_at: None,
                sql: migration.sql.as_str().to_owned(),
            }
        })
        .collect();
    let unknown = applied.iter().filter(|applied| !migrator.version_exists(applied.version));
    statuses.extend(unknown.map(|applied| MigrationStatus {
        number: applied.version,
        name: String::new(),
        state: MigrationState::Unknown,
        applied_at: None,
        sql: String::new(),
    }));
    statuses.sort_by_key(|status| status.number);
    statuses
}

async fn apply<C: Migrate>(
    connection: &mut C,
    migrator: &Migrator,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<(), StorageError> {
    connection.lock().await.map_err(failure)?;
    // Another process may have done it while this one waited for the lock.
    let result = apply_locked(connection, migrator, tell).await;
    connection.unlock().await.map_err(failure)?;
    result
}

async fn apply_locked<C: Migrate>(
    connection: &mut C,
    migrator: &Migrator,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<(), StorageError> {
    connection.ensure_migrations_table(TABLE).await.map_err(failure)?;
    let statuses = statuses(migrator, &applied(connection).await?);
    let newest_known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    for status in &statuses {
        match status.state {
            MigrationState::Changed => return Err(StorageError::ChangedMigration(status.number)),
            MigrationState::Unknown => {
                let found = status.number;
                return Err(StorageError::UnknownMigration { found, newest_known });
            }
            MigrationState::Applied | MigrationState::Pending => {}
        }
    }
    let is_pending = |migration: &&Migration| {
        statuses.iter().any(|status| {
            status.number == migration.version && status.state == MigrationState::Pending
        })
    };
    for migration in migrator.iter().filter(is_pending) {
        tell(&format!("{:04} {}", migration.version, migration.description));
        connection
            .apply(TABLE, migration)
            .await
            .map_err(|error| failed(migration.version, error))?;
    }
    Ok(())
}

fn failed(number: i64, error: MigrateError) -> StorageError {
    match error {
        error @ MigrateError::ExecuteMigration(..) => {
            StorageError::FailedMigration { number, cause: error }
        }
        error => failure(error),
    }
}

fn failure(error: MigrateError) -> StorageError {
    match error {
        MigrateError::Execute(error) => error.into(),
        error => StorageError::Migration(error),
    }
}

/// The lock that sqlx takes waits for ever on MySQL and not at all on MariaDB, which refuses its
/// negative patience.
async fn lock_mysql(connection: &mut MySqlConnection) -> Result<(), StorageError> {
    let seconds = i64::try_from(LOCK_PATIENCE.as_secs()).unwrap_or(i64::MAX);
    let sql = "SELECT CAST(GET_LOCK(CONCAT('helix ', MD5(DATABASE())), ?) AS SIGNED)";
    let (taken,): (Option<i64>,) = sqlx::query_as(sql).bind(seconds).fetch_one(connection).await?;
    match taken {
        Some(1) => Ok(()),
        _ => Err(StorageError::MigrationLock(std::io::ErrorKind::TimedOut.into())),
    }
}

/// SQLite has no lock that outlives a transaction, so a file beside the database stands for one.
struct FileLock(File);

impl FileLock {
    async fn take(database: PathBuf) -> Result<Self, StorageError> {
        let mut name = database.into_os_string();
        name.push(".migration-lock");
        let file = File::create(PathBuf::from(name)).map_err(StorageError::MigrationLock)?;
        let deadline = tokio::time::Instant::now() + LOCK_PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(std::fs::TryLockError::WouldBlock) => {
                    if tokio::time::Instant::now() >= deadline {
                        let waited = std::io::ErrorKind::TimedOut.into();
                        return Err(StorageError::MigrationLock(waited));
                    }
                    tokio::time::sleep(LOCK_PAUSE).await;
                }
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(StorageError::MigrationLock(error));
                }
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // It is let go with the file in any case.
        let _ = self.0.unlock();
    }
}
