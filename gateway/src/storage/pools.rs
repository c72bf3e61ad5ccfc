//! The connections: how many, and what each is told before its first statement.

use std::{path::PathBuf, str::FromStr, time::Duration};

use sqlx::{
    Connection, Executor, MySqlPool, PgPool, SqlitePool,
    error::DatabaseError,
    mysql::MySqlPoolOptions,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Dialect, StorageError};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long before a SQLite file that somebody else is setting up is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
const READ_CONNECTIONS: u32 = 4;
const SERVER_CONNECTIONS: u32 = 16;
/// Of a new SQLite database: a row of the ledger takes a kilobyte or two, and few of them fit
/// into SQLite's usual four.
const SQLITE_PAGE_BYTES: u32 = 16 * 1024;
/// In KiB, as a negative number. The writer comes back to the same few pages of every index, and
/// with SQLite's usual two megabytes it reads most of them again for each batch.
const SQLITE_WRITE_CACHE: &str = "-16384";
/// Under this name an administrator of PostgreSQL sees our connections, unless the URL says another.
const APPLICATION_NAME: &str = "helixgateway";

#[derive(Debug, Clone)]
pub(super) enum Pools {
    /// SQLite takes one writer at a time: a pool of one avoids every lock conflict.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
    MySql(MySqlPool),
}

impl Pools {
    pub(super) async fn connect(url: &str) -> Result<Self, StorageError> {
        match dialect_of(url)? {
            Dialect::Sqlite => open_sqlite(url).await,
            Dialect::Postgres => open_postgres(url).await,
            Dialect::MySql => open_mysql(url).await,
        }
    }

    pub(super) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::MySql(_) => Dialect::MySql,
        }
    }
}

/// Which database a URL names.
pub(super) fn dialect_of(url: &str) -> Result<Dialect, StorageError> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Dialect::Sqlite),
        Some("postgres" | "postgresql") => Ok(Dialect::Postgres),
        Some("mysql" | "mariadb") => Ok(Dialect::MySql),
        _ => Err(StorageError::UnknownScheme),
    }
}

/// The file of a SQLite database.
pub(super) fn sqlite_file(url: &str) -> Result<PathBuf, StorageError> {
    Ok(SqliteConnectOptions::from_str(url)?.get_filename().to_path_buf())
}

async fn open_sqlite(url: &str) -> Result<Pools, StorageError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .page_size(SQLITE_PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        // What a statement of many rows would need to be undone goes to memory, not to a file.
        .pragma("temp_store", "memory")
        .foreign_keys(true)
        .busy_timeout(ACQUIRE_TIMEOUT);
    let pool = |connections| {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // On a full disk SQLite rolls a transaction back by itself. To its connection the
            // transaction goes on for ever, because the rollback that is due has failed.
            .before_acquire(|connection, _| {
                Box::pin(async move { Ok(!connection.is_in_transaction()) })
            })
    };
    let write =
        connect_sqlite(pool(1), &options.clone().pragma("cache_size", SQLITE_WRITE_CACHE)).await?;
    let read = connect_sqlite(pool(READ_CONNECTIONS), &options.read_only(true)).await?;
    Ok(Pools::Sqlite { read, write })
}

/// Whoever opens a new file first switches it to WAL. Whoever comes at that moment is turned away at
/// once, whatever its busy timeout, and has to try again.
async fn connect_sqlite(
    pool: SqlitePoolOptions,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, StorageError> {
    let deadline = tokio::time::Instant::now() + ACQUIRE_TIMEOUT;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            result => return Ok(result?),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: &str = "5";
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == BUSY)
}

async fn open_postgres(url: &str) -> Result<Pools, StorageError> {
    let mut options = PgConnectOptions::from_str(url)?;
    if options.get_application_name().is_none() {
        options = options.application_name(APPLICATION_NAME);
    }
    let pool = PgPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                if let Some(sql) = Dialect::Postgres.on_connect() {
                    connection.execute(sql).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(Pools::Postgres(pool))
}

async fn open_mysql(url: &str) -> Result<Pools, StorageError> {
    let pool = MySqlPoolOptions::new()
        .max_connections(SERVER_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                if let Some(sql) = Dialect::MySql.on_connect() {
                    connection.execute(sql).await?;
                }
                Ok(())
            })
        })
        .connect(url)
        .await?;
    Ok(Pools::MySql(pool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transaction_that_sqlite_has_rolled_back_by_itself_stands_in_nobodys_way() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("ledger.db").display());
        let Pools::Sqlite { write, .. } = Pools::connect(&url).await.unwrap() else {
            panic!("this is SQLite");
        };
        let mut tx = write.begin_with("BEGIN IMMEDIATE").await.unwrap();
        tx.execute("ROLLBACK").await.unwrap();
        tx.commit().await.unwrap_err();
        let mut next = write.begin_with("BEGIN IMMEDIATE").await.unwrap();
        next.execute("CREATE TABLE t (id INTEGER)").await.unwrap();
        next.commit().await.unwrap();
    }
}
