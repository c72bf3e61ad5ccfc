//! What callers keep at providers: files, batches and their results.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement, UpdateStatement};
use sqlx::FromRow;
use uuid::Uuid;

use crate::storage::{Database, StorageError, Tx};

/// The kind of a file.
const FILE: &str = "file";

#[derive(Iden, Clone, Copy)]
enum ProviderObjects {
    Table,
    Id,
    Kind,
    Provider,
    VendorId,
    UserId,
    TeamId,
    KeyId,
    Purpose,
    Model,
    Endpoint,
    Requests,
    InputTokens,
    LongestInputTokens,
    OutputTokens,
    RequestId,
    ReservedNanos,
    Body,
    CreatedAt,
    SettledAt,
}

const COLUMNS: [ProviderObjects; 19] = [
    ProviderObjects::Id,
    ProviderObjects::Kind,
    ProviderObjects::Provider,
    ProviderObjects::VendorId,
    ProviderObjects::UserId,
    ProviderObjects::TeamId,
    ProviderObjects::KeyId,
    ProviderObjects::Purpose,
    ProviderObjects::Model,
    ProviderObjects::Endpoint,
    ProviderObjects::Requests,
    ProviderObjects::InputTokens,
    ProviderObjects::LongestInputTokens,
    ProviderObjects::OutputTokens,
    ProviderObjects::RequestId,
    ProviderObjects::ReservedNanos,
    ProviderObjects::Body,
    ProviderObjects::CreatedAt,
    ProviderObjects::SettledAt,
];

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ProviderObjectRow {
    /// Its id here; objects that came later have larger ones.
    pub id: Uuid,
    /// `file`, `batch` or `message_batch`.
    pub kind: String,
    /// The provider's name in the configuration.
    pub provider: String,
    /// Its id at the provider.
    pub vendor_id: String,
    /// The owner.
    pub user_id: Uuid,
    /// The owner's team when it was made.
    pub team_id: Uuid,
    /// With which key it was made.
    pub key_id: Option<Uuid>,
    /// What a file is for.
    pub purpose: Option<String>,
    /// The model that its requests ask, as callers name it.
    pub model: Option<String>,
    /// The endpoint that its requests are for.
    pub endpoint: Option<String>,
    /// How many requests it has.
    pub requests: i64,
    /// The most prompt tokens of all of them.
    pub input_tokens: i64,
    /// The most prompt tokens of one of them.
    pub longest_input_tokens: i64,
    /// The most answer tokens of all of them.
    pub output_tokens: i64,
    /// The call that pays for a batch.
    pub request_id: Option<Uuid>,
    /// What that call was charged with, in nano-dollars.
    pub reserved_nanos: i64,
    /// What the provider has last said of it, as JSON.
    pub body: String,
    /// When it was made.
    pub created_at: i64,
    /// When its bill was put right; none where that is still to come.
    pub settled_at: Option<i64>,
}

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OwnerRow {
    /// Its id at the provider.
    pub vendor_id: String,
    /// The owner.
    pub user_id: Uuid,
}

/// Which objects are listed.
#[derive(Debug, Clone, Copy)]
pub struct ObjectPage<'a> {
    /// Of which kind.
    pub kind: &'a str,
    /// Whose.
    pub user_id: Uuid,
    /// Files for this purpose alone.
    pub purpose: Option<&'a str>,
    /// Behind this one in time.
    pub later_than: Option<Uuid>,
    /// Before this one in time.
    pub earlier_than: Option<Uuid>,
    /// Whether the first one made comes first.
    pub is_ascending: bool,
    /// How many at most.
    pub limit: u64,
}

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(ProviderObjects::Table).take()
}

fn update(id: Uuid) -> UpdateStatement {
    Query::update()
        .table(ProviderObjects::Table)
        .and_where(Expr::col(ProviderObjects::Id).eq(id))
        .take()
}

/// An object, if it is this user's; of several providers' with the same id, the last one made.
///
/// # Errors
/// What the database reports.
pub async fn find(
    database: &Database,
    kind: &str,
    vendor_id: &str,
    user_id: Uuid,
) -> Result<Option<ProviderObjectRow>, StorageError> {
    let query = select()
        .and_where(Expr::col(ProviderObjects::VendorId).eq(vendor_id))
        .and_where(Expr::col(ProviderObjects::Kind).eq(kind))
        .and_where(Expr::col(ProviderObjects::UserId).eq(user_id))
        .order_by(ProviderObjects::Id, Order::Desc)
        .limit(1)
        .take();
    database.fetch_optional(&query).await
}

/// Whose these files are; one may be there for several providers.
///
/// # Errors
/// What the database reports.
pub async fn owners_of_files(
    database: &Database,
    vendor_ids: &BTreeSet<String>,
) -> Result<Vec<OwnerRow>, StorageError> {
    let query = Query::select()
        .columns([ProviderObjects::VendorId, ProviderObjects::UserId])
        .from(ProviderObjects::Table)
        .and_where(Expr::col(ProviderObjects::VendorId).is_in(vendor_ids))
        .and_where(Expr::col(ProviderObjects::Kind).eq(FILE))
        .take();
    database.fetch_all(&query).await
}

/// A page of a user's objects.
///
/// # Errors
/// What the database reports.
pub async fn page(
    database: &Database,
    page: &ObjectPage<'_>,
) -> Result<Vec<ProviderObjectRow>, StorageError> {
    let order = if page.is_ascending { Order::Asc } else { Order::Desc };
    let mut query = select();
    query
        .and_where(Expr::col(ProviderObjects::UserId).eq(page.user_id))
        .and_where(Expr::col(ProviderObjects::Kind).eq(page.kind))
        .order_by(ProviderObjects::Id, order)
        .limit(page.limit);
    if let Some(purpose) = page.purpose {
        query.and_where(Expr::col(ProviderObjects::Purpose).eq(purpose));
    }
    if let Some(id) = page.later_than {
        query.and_where(Expr::col(ProviderObjects::Id).gt(id));
    }
    if let Some(id) = page.earlier_than {
        query.and_where(Expr::col(ProviderObjects::Id).lt(id));
    }
    database.fetch_all(&query).await
}

/// Objects of everybody whose bill is not right yet, behind `after`, the first one made first.
///
/// # Errors
/// What the database reports.
pub async fn unsettled(
    database: &Database,
    after: Uuid,
    limit: u64,
) -> Result<Vec<ProviderObjectRow>, StorageError> {
    let query = select()
        .and_where(Expr::col(ProviderObjects::SettledAt).is_null())
        .and_where(Expr::col(ProviderObjects::Id).gt(after))
        .order_by(ProviderObjects::Id, Order::Asc)
        .limit(limit)
        .take();
    database.fetch_all(&query).await
}

/// Adds an object.
///
/// # Errors
/// [`StorageError::Conflict`] if the provider's id is known already; else what the database
/// reports.
pub async fn add(tx: &mut Tx, row: &ProviderObjectRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert.into_table(ProviderObjects::Table).columns(COLUMNS).values_panic([
        row.id.into(),
        row.kind.as_str().into(),
        row.provider.as_str().into(),
        row.vendor_id.as_str().into(),
        row.user_id.into(),
        row.team_id.into(),
        row.key_id.into(),
        row.purpose.clone().into(),
        row.model.clone().into(),
        row.endpoint.clone().into(),
        row.requests.into(),
        row.input_tokens.into(),
        row.longest_input_tokens.into(),
        row.output_tokens.into(),
        row.request_id.into(),
        row.reserved_nanos.into(),
        row.body.as_str().into(),
        row.created_at.into(),
        row.settled_at.into(),
    ]);
    tx.execute(&insert).await.map(drop)
}

/// Keeps what the provider says of an object whose bill is not right yet.
///
/// # Errors
/// What the database reports.
pub async fn set_body(tx: &mut Tx, id: Uuid, body: &str) -> Result<(), StorageError> {
    let mut update = update(id);
    update
        .value(ProviderObjects::Body, body)
        .and_where(Expr::col(ProviderObjects::SettledAt).is_null());
    tx.execute(&update).await.map(drop)
}

/// Notes that a bill is right from now on; gives whether it was this call that did: of many, one
/// does. `body` is what the provider says at the end, where it says anything.
///
/// # Errors
/// What the database reports.
pub async fn settle(
    tx: &mut Tx,
    id: Uuid,
    body: Option<&str>,
    now: i64,
) -> Result<bool, StorageError> {
    let mut update = update(id);
    update
        .value(ProviderObjects::SettledAt, now)
        .and_where(Expr::col(ProviderObjects::SettledAt).is_null());
    if let Some(body) = body {
        update.value(ProviderObjects::Body, body);
    }
    Ok(tx.execute(&update).await? == 1)
}

/// Removes an object whose bill is right; gives whether it was there.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &mut Tx, id: Uuid) -> Result<bool, StorageError> {
    let mut delete = Query::delete();
    delete
        .from_table(ProviderObjects::Table)
        .and_where(Expr::col(ProviderObjects::Id).eq(id))
        .and_where(Expr::col(ProviderObjects::SettledAt).is_not_null());
    Ok(tx.execute(&delete).await? == 1)
}
