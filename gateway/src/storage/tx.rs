//! A transaction: the only way to write.

use sea_query::{Value, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, MySql, Postgres, SqlSafeStr, Sqlite, Transaction};

use super::{
    BulkInsert, Dialect, Record, Statement, StorageError, patience::in_time, pools::Pools,
};

/// The most rows that one statement inserts: even for the widest table far fewer parameters than
/// any of the databases takes.
const LARGEST_STEP: usize = 64;

/// An open transaction; dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub struct Tx(Inner);

#[derive(Debug)]
enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    MySql(Transaction<'static, MySql>),
}

impl Tx {
    pub(super) async fn begin(pools: &Pools) -> Result<Self, StorageError> {
        Ok(Self(match pools {
            Pools::Sqlite { write, .. } => {
                Inner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Postgres(pool) => Inner::Postgres(in_time(pool.begin()).await?),
            Pools::MySql(pool) => Inner::MySql(in_time(pool.begin()).await?),
        }))
    }

    /// A transaction that only reads, and sees everything as it was at one moment.
    pub(super) async fn snapshot(pools: &Pools) -> Result<Self, StorageError> {
        let begin = pools.dialect().begin_snapshot();
        Ok(Self(match pools {
            Pools::Sqlite { read, .. } => Inner::Sqlite(read.begin_with(begin).await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin_with(begin).await?),
            Pools::MySql(pool) => Inner::MySql(pool.begin_with(begin).await?),
        }))
    }

    /// Which database this is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.0 {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
            Inner::MySql(_) => Dialect::MySql,
        }
    }

    /// Runs a statement; gives how many rows it matched (not: changed), on all three databases.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] where a key stands in the way; else what the database reports.
    pub async fn execute(&mut self, statement: &impl Statement) -> Result<u64, StorageError> {
        let (sql, values) = statement.render(self.dialect());
        self.execute_text(AssertSqlSafe(sql), values).await
    }

    async fn execute_text(
        &mut self,
        sql: impl SqlSafeStr,
        values: SqlxValues,
    ) -> Result<u64, StorageError> {
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => {
                sqlx::query_with(sql, values).execute(&mut **tx).await?.rows_affected()
            }
            Inner::Postgres(tx) => {
                let done = in_time(sqlx::query_with(sql, values).execute(&mut **tx)).await?;
                done.rows_affected()
            }
            Inner::MySql(tx) => {
                let done = in_time(sqlx::query_with(sql, values).execute(&mut **tx)).await?;
                done.rows_affected()
            }
        })
    }

    /// Inserts any number of rows of `WIDTH` columns.
    ///
    /// The rows go in steps of 64, 32, 16, 8, 4, 2 and 1, so that there are seven statements of a
    /// kind at most: the database prepares each once and both sides keep it. No more rows than a
    /// step has are asked for at once.
    ///
    /// # Errors
    /// As [`Tx::execute`]; then some of the rows may be there, and the transaction has to be
    /// dropped.
    pub async fn insert_all<const WIDTH: usize>(
        &mut self,
        insert: &BulkInsert,
        mut rows: impl ExactSizeIterator<Item = [Value; WIDTH]>,
    ) -> Result<(), StorageError> {
        let mut step = LARGEST_STEP;
        while rows.len() > 0 {
            while step > rows.len() {
                step /= 2;
            }
            let mut values = Vec::with_capacity(step * WIDTH);
            values.extend(rows.by_ref().take(step).flatten());
            let sql = insert.text(self.dialect(), step, WIDTH);
            self.execute_text(AssertSqlSafe(sql), SqlxValues(Values(values))).await?;
        }
        Ok(())
    }

    /// The first row of a query as this transaction sees it.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn fetch_optional<R: Record>(
        &mut self,
        statement: &impl Statement,
    ) -> Result<Option<R>, StorageError> {
        let (sql, values) = statement.render(self.dialect());
        let sql = AssertSqlSafe(sql);
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => sqlx::query_as_with(sql, values).fetch_optional(&mut **tx).await?,
            Inner::Postgres(tx) => {
                in_time(sqlx::query_as_with(sql, values).fetch_optional(&mut **tx)).await?
            }
            Inner::MySql(tx) => {
                in_time(sqlx::query_as_with(sql, values).fetch_optional(&mut **tx)).await?
            }
        })
    }

    /// All rows of a query as this transaction sees them.
    ///
    /// # Errors
    /// What the database reports.
    pub(super) async fn fetch_all<R: Record>(
        &mut self,
        statement: &impl Statement,
    ) -> Result<Vec<R>, StorageError> {
        let (sql, values) = statement.render(self.dialect());
        let sql = AssertSqlSafe(sql);
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => sqlx::query_as_with(sql, values).fetch_all(&mut **tx).await?,
            Inner::Postgres(tx) => sqlx::query_as_with(sql, values).fetch_all(&mut **tx).await?,
            Inner::MySql(tx) => sqlx::query_as_with(sql, values).fetch_all(&mut **tx).await?,
        })
    }

    /// Makes the changes last.
    ///
    /// # Errors
    /// What the database reports. Where the way to it was cut or its answer came too late
    /// ([`StorageError::Unavailable`], [`StorageError::Late`]), the changes may have been made.
    pub async fn commit(self) -> Result<(), StorageError> {
        match self.0 {
            Inner::Sqlite(tx) => Ok(tx.commit().await?),
            Inner::Postgres(tx) => in_time(tx.commit()).await,
            Inner::MySql(tx) => in_time(tx.commit()).await,
        }
    }
}
