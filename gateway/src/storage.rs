//! The only door to SQL.
//!
//! One non-generic [`Database`] over SQLite, PostgreSQL and MySQL/MariaDB: statements are written
//! once with sea-query, rows are decoded once by `derive(FromRow)`, and what truly differs is in
//! `dialect`. Every write happens in a [`Tx`]. Not found is `None`, never an error.

mod bulk_insert;
mod database;
mod dialect;
mod error;
mod migrate;
mod patience;
mod plans;
mod pools;
mod snapshot;
pub mod tables;
mod tx;

pub use bulk_insert::BulkInsert;
pub use database::{Database, Record, Statement};
pub use dialect::Dialect;
pub use error::StorageError;
pub use migrate::{MigrationState, MigrationStatus};
pub use plans::Plans;
pub use snapshot::Snapshot;
pub use tx::Tx;
