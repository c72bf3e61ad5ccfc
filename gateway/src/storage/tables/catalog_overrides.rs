//! What administrators say of models in place of what sources say.

use sea_query::{Expr, ExprTrait, Iden, Order, Query};
use sqlx::FromRow;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum CatalogOverrides {
    Table,
    Place,
    Model,
    Facts,
    ChangedAt,
    ChangedBy,
}

const COLUMNS: [CatalogOverrides; 5] = [
    CatalogOverrides::Place,
    CatalogOverrides::Model,
    CatalogOverrides::Facts,
    CatalogOverrides::ChangedAt,
    CatalogOverrides::ChangedBy,
];

/// What is said of a model.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CatalogOverrideRow {
    /// Where it is, as in a snapshot.
    pub place: String,
    /// What the provider calls it.
    pub model: String,
    /// What is said, as JSON.
    pub facts: String,
    /// When, in microseconds.
    pub changed_at: i64,
    /// By whom.
    pub changed_by: String,
}

/// All of them, by place and model.
///
/// # Errors
/// What the database reports.
pub async fn list(database: &Database) -> Result<Vec<CatalogOverrideRow>, StorageError> {
    let query = Query::select()
        .columns(COLUMNS)
        .from(CatalogOverrides::Table)
        .order_by(CatalogOverrides::Place, Order::Asc)
        .order_by(CatalogOverrides::Model, Order::Asc)
        .take();
    database.fetch_all(&query).await
}

/// Removes what is said of a model; gives what that was.
///
/// # Errors
/// What the database reports.
pub async fn remove(
    tx: &mut Tx,
    place: &str,
    model: &str,
) -> Result<Option<CatalogOverrideRow>, StorageError> {
    let is_it = || {
        Expr::col(CatalogOverrides::Place)
            .eq(place)
            .and(Expr::col(CatalogOverrides::Model).eq(model))
    };
    let query =
        Query::select().columns(COLUMNS).from(CatalogOverrides::Table).and_where(is_it()).take();
    let found = tx.fetch_optional(&query).await?;
    let mut delete = Query::delete();
    delete.from_table(CatalogOverrides::Table).and_where(is_it());
    tx.execute(&delete).await?;
    Ok(found)
}

/// Says something of a model of which nothing is said.
///
/// # Errors
/// [`StorageError::Conflict`] where something is.
pub async fn add(tx: &mut Tx, row: CatalogOverrideRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert.into_table(CatalogOverrides::Table).columns(COLUMNS).values_panic([
        row.place.into(),
        row.model.into(),
        row.facts.into(),
        row.changed_at.into(),
        row.changed_by.into(),
    ]);
    tx.execute(&insert).await.map(drop)
}
