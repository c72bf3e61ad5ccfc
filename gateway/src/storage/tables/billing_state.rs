//! Up to when the books are closed. Whoever books holds the head of its node's chain of calls first
//! and asks then; whoever closes sets this and holds all heads: so neither misses the other.

use sea_query::{Expr, ExprTrait, Iden, Query, SelectStatement};

use crate::storage::{Database, StorageError, Tx};

#[derive(Iden, Clone, Copy)]
enum BillingState {
    Table,
    Id,
    ClosedUntil,
}

/// The only row.
const ONLY: i64 = 1;

fn select() -> SelectStatement {
    Query::select()
        .column(BillingState::ClosedUntil)
        .from(BillingState::Table)
        .and_where(Expr::col(BillingState::Id).eq(ONLY))
        .take()
}

/// The first microsecond that is not closed.
///
/// # Errors
/// What the database reports.
pub async fn closed_until(database: &Database) -> Result<i64, StorageError> {
    let row = database.fetch_optional::<(i64,)>(&select()).await?;
    Ok(row.map_or(0, |(closed_until,)| closed_until))
}

/// As [`closed_until`], as a transaction sees it.
///
/// # Errors
/// What the database reports.
pub async fn closed_until_in(tx: &mut Tx) -> Result<i64, StorageError> {
    let row = tx.fetch_optional::<(i64,)>(&select()).await?;
    Ok(row.map_or(0, |(closed_until,)| closed_until))
}

/// As [`closed_until`]; no other correction and no closing comes in between until the transaction
/// ends.
///
/// # Errors
/// What the database reports.
pub async fn hold(tx: &mut Tx) -> Result<i64, StorageError> {
    let row = tx.fetch_optional::<(i64,)>(select().lock_exclusive()).await?;
    Ok(row.map_or(0, |(closed_until,)| closed_until))
}

/// Closes everything before `until`; gives whether it was open.
///
/// # Errors
/// What the database reports.
pub async fn close(tx: &mut Tx, until: i64) -> Result<bool, StorageError> {
    let mut update = Query::update();
    update
        .table(BillingState::Table)
        .value(BillingState::ClosedUntil, until)
        .and_where(Expr::col(BillingState::Id).eq(ONLY))
        .and_where(Expr::col(BillingState::ClosedUntil).lt(until));
    Ok(tx.execute(&update).await? == 1)
}
