//! The pools, and statements that read.

use sea_query::{
    DeleteStatement, InsertStatement, MysqlQueryBuilder, PostgresQueryBuilder, SelectStatement,
    SqliteQueryBuilder, UpdateStatement,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{AssertSqlSafe, Executor, FromRow, mysql::MySqlRow, postgres::PgRow, sqlite::SqliteRow};

use super::{Dialect, Plans, StorageError, Tx, pools::Pools};

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
    pub(super) plans: Option<Plans>,
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
        Ok(Self { pools: Pools::connect(url).await?, plans: None })
    }

    /// Which database this is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.pools.dialect()
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
        self.note_plan(statement).await?;
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
        self.note_plan(statement).await?;
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
