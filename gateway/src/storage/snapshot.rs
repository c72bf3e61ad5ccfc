//! Reads that all see the database as it was at one moment, whoever writes meanwhile.

use super::{Database, Dialect, Record, Statement, StorageError, Tx};

/// A moment of the database; it takes a connection until it is dropped.
#[derive(Debug)]
pub struct Snapshot {
    database: Database,
    tx: Tx,
}

impl Database {
    /// The database as it is now, for several queries whose answers have to fit together.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] if no connection can be had.
    pub async fn snapshot(&self) -> Result<Snapshot, StorageError> {
        Ok(Snapshot { database: self.clone(), tx: Tx::snapshot(&self.pools).await? })
    }
}

impl Snapshot {
    /// Which database this is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.tx.dialect()
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn fetch_all<R: Record>(
        &mut self,
        statement: &impl Statement,
    ) -> Result<Vec<R>, StorageError> {
        self.database.note_plan(statement).await?;
        self.tx.fetch_all(statement).await
    }
}
