//! Administrative changes, written in the transaction of the change.

use std::collections::BTreeSet;

use sea_query::{Expr, ExprTrait, Iden, LikeExpr, Order, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

use super::chained;
use crate::{
    kernel::{first_id_beyond, first_id_since},
    storage::{Database, StorageError, Tx},
};

#[derive(Iden, Clone, Copy)]
enum AuditEntries {
    Table,
    Id,
    At,
    Actor,
    Subject,
    Action,
    Resource,
    BeforeChange,
    AfterChange,
    Ip,
    UserAgent,
    RequestId,
    NodeId,
    AuditSequence,
    AuditHash,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditRow {
    /// UUIDv7.
    pub id: Uuid,
    /// Microseconds.
    pub at: i64,
    /// Who: a user id, `command line` or `system`.
    pub actor: String,
    /// For whom, where the actor impersonates somebody.
    pub subject: Option<String>,
    /// What: `key.revoke`.
    pub action: String,
    /// On what: a prefixed id.
    pub resource: String,
    /// What it was before, as JSON.
    pub before_change: Option<String>,
    /// What it is since, as JSON.
    pub after_change: String,
    /// From where.
    pub ip: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// Whose chain; none for entries from before the chains began.
    pub node_id: Option<Uuid>,
    /// The place in it.
    pub audit_sequence: Option<i64>,
    /// The hash of this link.
    pub audit_hash: Option<Vec<u8>>,
}

/// Which changes are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whose.
    pub actor: Option<String>,
    /// Which: `key.revoke`, or all of a kind: `key`.
    pub action: Option<String>,
    /// On what.
    pub resource: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// From this microsecond on.
    pub from: Option<i64>,
    /// Before this microsecond.
    pub until: Option<i64>,
    /// Older than this entry.
    pub before: Option<Uuid>,
}

const fn columns() -> [AuditEntries; 14] {
    [
        AuditEntries::Id,
        AuditEntries::At,
        AuditEntries::Actor,
        AuditEntries::Subject,
        AuditEntries::Action,
        AuditEntries::Resource,
        AuditEntries::BeforeChange,
        AuditEntries::AfterChange,
        AuditEntries::Ip,
        AuditEntries::UserAgent,
        AuditEntries::RequestId,
        AuditEntries::NodeId,
        AuditEntries::AuditSequence,
        AuditEntries::AuditHash,
    ]
}

/// Stands before what `LIKE` would take for a wildcard.
const ESCAPE: char = '!';

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | ESCAPE) {
            escaped.push(ESCAPE);
        }
        escaped.push(character);
    }
    escaped
}

fn select() -> SelectStatement {
    Query::select().columns(columns()).from(AuditEntries::Table).take()
}

/// Adds an entry.
///
/// # Errors
/// What the database reports.
pub async fn add(tx: &mut Tx, entry: AuditRow) -> Result<(), StorageError> {
    let mut insert = Query::insert();
    insert.into_table(AuditEntries::Table).columns(columns()).values_panic([
        entry.id.into(),
        entry.at.into(),
        entry.actor.into(),
        entry.subject.into(),
        entry.action.into(),
        entry.resource.into(),
        entry.before_change.into(),
        entry.after_change.into(),
        entry.ip.into(),
        entry.user_agent.into(),
        entry.request_id.into(),
        entry.node_id.into(),
        entry.audit_sequence.into(),
        entry.audit_hash.into(),
    ]);
    tx.execute(&insert).await.map(drop)
}

/// A page of changes, the newest first.
///
/// # Errors
/// What the database reports.
pub async fn search(
    database: &Database,
    filter: &AuditFilter,
    limit: u64,
) -> Result<Vec<AuditRow>, StorageError> {
    let mut query = select();
    let is = |column: AuditEntries, value: &Option<String>| {
        value.as_ref().map(|value| Expr::col(column).eq(value.as_str()))
    };
    let of_kind = filter.action.as_ref().map(|action| {
        // `key` means `key.create`, `key.revoke` and so on.
        let kind = LikeExpr::new(format!("{}.%", escaped(action))).escape(ESCAPE);
        let action = Expr::col(AuditEntries::Action).eq(action.as_str());
        action.or(Expr::col(AuditEntries::Action).like(kind))
    });
    let conditions = [
        is(AuditEntries::Actor, &filter.actor),
        of_kind,
        is(AuditEntries::Resource, &filter.resource),
        is(AuditEntries::RequestId, &filter.request_id),
        filter.from.map(|from| Expr::col(AuditEntries::At).gte(from)),
        filter.until.map(|until| Expr::col(AuditEntries::At).lt(until)),
        // Ids tell the time as well, and they are what the page is read by.
        filter.from.map(|from| Expr::col(AuditEntries::Id).gte(first_id_since(from))),
        filter.until.map(|until| Expr::col(AuditEntries::Id).lt(first_id_beyond(until))),
        filter.before.map(|before| Expr::col(AuditEntries::Id).lt(before)),
    ];
    for condition in conditions.into_iter().flatten() {
        query.and_where(condition);
    }
    database.fetch_all(query.order_by(AuditEntries::Id, Order::Desc).limit(limit)).await
}

/// The links of a node's chain behind `after`, in their order.
///
/// # Errors
/// What the database reports.
pub async fn links(
    database: &Database,
    node: Uuid,
    after: i64,
    limit: u64,
) -> Result<Vec<AuditRow>, StorageError> {
    let mut query = select();
    query
        .and_where(Expr::col(AuditEntries::NodeId).eq(node))
        .and_where(Expr::col(AuditEntries::AuditSequence).gt(after))
        .order_by(AuditEntries::AuditSequence, Order::Asc)
        .limit(limit);
    database.fetch_all(&query).await
}

/// The nodes that have a link.
///
/// # Errors
/// What the database reports.
pub async fn nodes(database: &Database) -> Result<BTreeSet<Uuid>, StorageError> {
    chained::nodes(database, AuditEntries::Table).await
}

/// The number and the id of the last link of a node's chain, if that is behind `after`.
///
/// # Errors
/// What the database reports.
pub async fn newest_link(
    database: &Database,
    node: Uuid,
    after: i64,
) -> Result<Option<(i64, Uuid)>, StorageError> {
    chained::newest_link(database, AuditEntries::Table, node, after).await
}

/// How many entries are in no chain.
///
/// # Errors
/// What the database reports.
pub async fn count_unchained(database: &Database) -> Result<i64, StorageError> {
    chained::count_unchained(database, AuditEntries::Table).await
}
