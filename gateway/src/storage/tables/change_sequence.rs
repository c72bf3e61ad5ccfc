//! The change sequence: raised by every change that replicas keep in memory.

use sea_query::{Expr, ExprTrait, Iden, Query};
use sqlx::FromRow;

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden)]
enum ChangeSequence {
    Table,
    Id,
    Value,
}

const ONLY_ROW: i64 = 1;

#[derive(FromRow)]
struct Value {
    value: i64,
}

/// The present value.
///
/// # Errors
/// What the database reports.
pub async fn current(database: &Database) -> Result<i64, StorageError> {
    let mut query = Query::select();
    query
        .column(ChangeSequence::Value)
        .from(ChangeSequence::Table)
        .and_where(Expr::col(ChangeSequence::Id).eq(ONLY_ROW));
    Ok(database.fetch_optional::<Value>(&query).await?.map_or(0, |row| row.value))
}

/// Raises it, in the transaction of the change.
///
/// # Errors
/// What the database reports.
pub async fn raise(tx: &mut Tx) -> Result<(), StorageError> {
    let mut update = Query::update();
    update
        .table(ChangeSequence::Table)
        .value(ChangeSequence::Value, Expr::col(ChangeSequence::Value).add(1))
        .and_where(Expr::col(ChangeSequence::Id).eq(ONLY_ROW));
    tx.execute(&update).await.map(drop)
}

/// Raises it, if it still has the value that the change rests on; gives whether it had. Of two
/// changes that rest on the same state, one is refused.
///
/// # Errors
/// What the database reports.
pub async fn raise_from(tx: &mut Tx, seen: i64) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(ChangeSequence::Table)
        .value(ChangeSequence::Value, Expr::col(ChangeSequence::Value).add(1))
        .and_where(Expr::col(ChangeSequence::Id).eq(ONLY_ROW))
        .and_where(Expr::col(ChangeSequence::Value).eq(seen));
    Ok(tx.execute(&update).await? == 1)
}
