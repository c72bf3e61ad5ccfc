//! A transaction: the only way to write.

use sea_query::{InsertStatement, SimpleExpr};
use sqlx::{AssertSqlSafe, MySql, Postgres, Sqlite, Transaction};

use super::{Dialect, Record, Statement, StorageError, database::Pools};

/// The most rows that one statement inserts: even for the widest table far fewer parameters than
/// any of the databases takes.
const LARGEST_STEP: usize = 32;

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
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
            Pools::MySql(pool) => Inner::MySql(pool.begin().await?),
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
        let sql = AssertSqlSafe(sql);
        Ok(match &mut self.0 {
            Inner::Sqlite(tx) => {
                sqlx::query_with(sql, values).execute(&mut **tx).await?.rows_affected()
            }
            Inner::Postgres(tx) => {
                sqlx::query_with(sql, values).execute(&mut **tx).await?.rows_affected()
            }
            Inner::MySql(tx) => {
                sqlx::query_with(sql, values).execute(&mut **tx).await?.rows_affected()
            }
        })
    }

    /// Inserts any number of rows into the table and columns of `insert`.
    ///
    /// The rows go in steps of 32, 16, 8, 4, 2 and 1, so that there are six statements of a kind
    /// at most: the database prepares each once and both sides keep it.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    pub async fn insert_all(
        &mut self,
        insert: &InsertStatement,
        rows: Vec<Vec<SimpleExpr>>,
    ) -> Result<(), StorageError> {
        let mut rows = rows.into_iter();
        let mut step = LARGEST_STEP;
        while rows.len() > 0 {
            while step > rows.len() {
                step /= 2;
            }
            let mut statement = insert.clone();
            for row in rows.by_ref().take(step) {
                statement.values_panic(row);
            }
            self.execute(&statement).await?;
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
                sqlx::query_as_with(sql, values).fetch_optional(&mut **tx).await?
            }
            Inner::MySql(tx) => sqlx::query_as_with(sql, values).fetch_optional(&mut **tx).await?,
        })
    }

    /// Makes the changes last.
    ///
    /// # Errors
    /// What the database reports; then nothing has changed.
    pub async fn commit(self) -> Result<(), StorageError> {
        match self.0 {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
            Inner::MySql(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
