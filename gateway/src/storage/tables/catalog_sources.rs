//! Where models and prices are asked for, and what each has last told.

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use sqlx::FromRow;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum CatalogSources {
    Table,
    Name,
    Etag,
    LastModified,
    AskedAt,
    ReadAt,
    Failure,
    Models,
    Remarks,
    Facts,
}

const COLUMNS: [CatalogSources; 9] = [
    CatalogSources::Name,
    CatalogSources::Etag,
    CatalogSources::LastModified,
    CatalogSources::AskedAt,
    CatalogSources::ReadAt,
    CatalogSources::Failure,
    CatalogSources::Models,
    CatalogSources::Remarks,
    CatalogSources::Facts,
];

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CatalogSourceRow {
    /// By what it is known.
    pub name: String,
    /// Its entity tag.
    pub etag: Option<String>,
    /// When it says that it was changed.
    pub last_modified: Option<String>,
    /// When it was last asked, in microseconds.
    pub asked_at: i64,
    /// When its facts were read, in microseconds; none where there are none yet.
    pub read_at: Option<i64>,
    /// Why the last answer could not be used; none where it could.
    pub failure: Option<String>,
    /// Of how many models it tells.
    pub models: i64,
    /// How much of it was not understood.
    pub remarks: i64,
    /// What it tells, compressed.
    pub facts: Option<Vec<u8>>,
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(CatalogSources::Table).take()
}

/// Every source that was ever asked, by name.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<CatalogSourceRow>, StorageError> {
    database.fetch_all(select().order_by(CatalogSources::Name, Order::Asc)).await
}

/// Puts what is known of a source now in the place of what was known.
///
/// # Errors
/// What the database reports.
pub async fn set(tx: &mut Tx, row: CatalogSourceRow) -> Result<(), StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(CatalogSources::Table)
        .and_where(Expr::col(CatalogSources::Name).eq(row.name.as_str()));
    tx.execute(&delete).await?;
    let mut insert = Query::insert();
    insert.into_table(CatalogSources::Table).columns(COLUMNS).values_panic([
        row.name.into(),
        row.etag.into(),
        row.last_modified.into(),
        row.asked_at.into(),
        row.read_at.into(),
        row.failure.into(),
        row.models.into(),
        row.remarks.into(),
        row.facts.into(),
    ]);
    tx.execute(&insert).await.map(drop)
}
