//! The pools, and statements that read.

use std::{str::FromStr, time::Duration};

use sea_query::{
    DeleteStatement, InsertStatement, MysqlQueryBuilder, PostgresQueryBuilder, SelectStatement,
    SqliteQueryBuilder, UpdateStatement,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{
    AssertSqlSafe, Executor, FromRow, MySqlPool, PgPool, SqlitePool,
    error::DatabaseError,
    mysql::{MySqlPoolOptions, MySqlRow},
    postgres::{PgPoolOptions, PgRow},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use super::{Dialect, StorageError, Tx};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long before a SQLite file that somebody else is setting up is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
const READ_CONNECTIONS: u32 = 4;
const SERVER_CONNECTIONS: u32 = 16;
/// Of a new SQLite database: a row of the ledger takes a kilobyte or two, and few of them fit
/// into SQLite's usual four.
const SQLITE_PAGE_BYTES: u32 = 16 * 1024;

/// A row that decodes from all three databases: any struct with `derive(FromRow)` whose fields
/// are portable.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow>
    + for<'r> FromRow<'r, PgRow>
    + for<'r> FromRow<'r, MySqlRow>
    + Send
    + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow>
        + for<'r> FromRow<'r, PgRow>
        + for<'r> FromRow<'r, MySqlRow>
        + Send
        + Unpin
{
}

/// A statement written once, rendered for whichever database it runs on.
pub trait Statement {
    /// The SQL text and its bound values for one dialect.
    fn render(&self, dialect: Dialect) -> (String, SqlxValues);
}

macro_rules! statement {
    ($($kind:ty),*) => {$(
        impl Statement for $kind {
            fn render(&self, dialect: Dialect) -> (String, SqlxValues) {
                match dialect {
                    Dialect::Sqlite => self.build_sqlx(SqliteQueryBuilder),
                    Dialect::Postgres => self.build_sqlx(PostgresQueryBuilder),
                    Dialect::MySql => self.build_sqlx(MysqlQueryBuilder),
                }
            }
        }
    )*};
}
statement!(SelectStatement, InsertStatement, UpdateStatement, DeleteStatement);

/// The database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pub(super) pools: Pools,
}

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

impl Database {
    /// Opens the pools for a `sqlite:`, `postgres:` or `mysql:` URL and brings the schema up to
    /// date.
    ///
    /// # Errors
    /// As [`Database::connect`] and [`Database::migrate`].
    pub async fn open(url: &str) -> Result<Self, StorageError> {
        let database = Self::connect(url).await?;
        database.migrate(&mut |migration| tracing::info!(migration, "migrating")).await?;
        Ok(database)
    }

    /// Opens the pools for a `sqlite:`, `postgres:` or `mysql:` URL.
    ///
    /// # Errors
    /// [`StorageError::UnknownScheme`] for any other URL, [`StorageError::Unavailable`] if the
    /// database does not answer.
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        let pools = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url).await?,
            Some("postgres" | "postgresql") => Pools::Postgres(
                PgPoolOptions::new()
                    .max_connections(SERVER_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect(url)
                    .await?,
            ),
            Some("mysql" | "mariadb") => open_mysql(url).await?,
            _ => return Err(StorageError::UnknownScheme),
        };
        Ok(Self { pools })
    }

    /// Which database this is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres(_) => Dialect::Postgres,
            Pools::MySql(_) => Dialect::MySql,
        }
    }

    /// Begins a transaction; on SQLite it takes the write lock at once, so that it cannot fail
    /// half-way for want of it.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if no connection can be had.
    pub async fn begin(&self) -> Result<Tx, StorageError> {
        Tx::begin(&self.pools).await
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn fetch_all<R: Record>(
        &self,
        statement: &impl Statement,
    ) -> Result<Vec<R>, StorageError> {
        let (sql, values) = statement.render(self.dialect());
        let sql = AssertSqlSafe(sql);
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => sqlx::query_as_with(sql, values).fetch_all(read).await?,
            Pools::Postgres(pool) => sqlx::query_as_with(sql, values).fetch_all(pool).await?,
            Pools::MySql(pool) => sqlx::query_as_with(sql, values).fetch_all(pool).await?,
        })
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn fetch_optional<R: Record>(
        &self,
        statement: &impl Statement,
    ) -> Result<Option<R>, StorageError> {
        let (sql, values) = statement.render(self.dialect());
        let sql = AssertSqlSafe(sql);
        Ok(match &self.pools {
            Pools::Sqlite { read, .. } => {
                sqlx::query_as_with(sql, values).fetch_optional(read).await?
            }
            Pools::Postgres(pool) => sqlx::query_as_with(sql, values).fetch_optional(pool).await?,
            Pools::MySql(pool) => sqlx::query_as_with(sql, values).fetch_optional(pool).await?,
        })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        match &self.pools {
            Pools::Sqlite { read, .. } => read.execute("SELECT 1").await.map(drop)?,
            Pools::Postgres(pool) => pool.execute("SELECT 1").await.map(drop)?,
            Pools::MySql(pool) => pool.execute("SELECT 1").await.map(drop)?,
        }
        Ok(())
    }

    /// Closes every connection after its last statement.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
            Pools::MySql(pool) => pool.close().await,
        }
    }
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
        SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT)
    };
    let write = connect_sqlite(pool(1), &options).await?;
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
