//! Calls and their cost lines: the ledger.

mod between;
mod links;

use std::borrow::Cow;

use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement, Value};
use shared::receipt::TokenCounts;
use sqlx::FromRow;
use uuid::Uuid;

pub use self::{
    between::CallsBetween,
    links::{count_links, count_unchained, first_link_since, links, newest_link, nodes},
};
use crate::storage::{BulkInsert, Database, StorageError, Tx};

/// Columns of `calls`.
#[derive(Iden, Clone, Copy)]
pub enum Calls {
    /// The table.
    Table,
    /// The request id.
    Id,
    /// Which node served it.
    NodeId,
    /// Microseconds.
    StartedAt,
    /// Arrival to end.
    DurationMicros,
    /// Through which door.
    Surface,
    /// How it ended.
    Outcome,
    /// HTTP status.
    Status,
    /// Why it was refused or failed.
    ProblemCode,
    /// Who.
    UserId,
    /// The caller's team.
    TeamId,
    /// With which key.
    KeyId,
    /// By its own name; as the caller named it, where there is none.
    Model,
    /// Who answered.
    Provider,
    /// What that provider calls it.
    UpstreamModel,
    /// Token class.
    InputTokens,
    /// Token class.
    CachedInputTokens,
    /// Token class.
    CacheWriteTokens,
    /// Token class.
    OutputTokens,
    /// Token class.
    ReasoningTokens,
    /// The sum of the cost lines.
    CostNanos,
    /// 1 if the tokens were estimated.
    IsEstimated,
    /// 0 if the model had no price.
    IsPriced,
    /// The provider's usage object, verbatim.
    RawUsage,
    /// Every stage's verdict, as JSON.
    Verdicts,
    /// Token class.
    #[iden = "cache_write_1h_tokens"]
    CacheWriteHourTokens,
    /// Token class.
    AudioInputTokens,
    /// Token class.
    AudioOutputTokens,
    /// Token class.
    ImageInputTokens,
    /// Token class.
    ImageOutputTokens,
    /// Which price was applied.
    PriceVersion,
    /// In which tier the provider served it.
    ServiceTier,
    /// The name that the caller asked by, where that is another one.
    AskedModel,
    /// The place in its node's chain.
    AuditSequence,
    /// The hash of that link.
    AuditHash,
}

#[derive(Iden)]
enum CostLines {
    Table,
    CallId,
    TokenClass,
    Tokens,
    PriceNanos,
    CostNanos,
}

/// One call.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns are told at `Calls`")]
pub struct CallRow {
    pub id: Uuid,
    pub node_id: Uuid,
    pub started_at: i64,
    pub duration_micros: i64,
    pub surface: String,
    pub outcome: String,
    pub status: i64,
    pub problem_code: Option<String>,
    pub user_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub key_id: Option<Uuid>,
    pub model: String,
    pub provider: Option<String>,
    pub upstream_model: Option<String>,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_nanos: i64,
    pub is_estimated: i64,
    pub is_priced: i64,
    pub raw_usage: Option<String>,
    pub verdicts: String,
    pub cache_write_1h_tokens: i64,
    pub audio_input_tokens: i64,
    pub audio_output_tokens: i64,
    pub image_input_tokens: i64,
    pub image_output_tokens: i64,
    pub price_version: Option<String>,
    pub service_tier: Option<String>,
    pub asked_model: Option<String>,
    pub audit_sequence: Option<i64>,
    pub audit_hash: Option<Vec<u8>>,
}

/// One cost line.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CostLineRow {
    /// The call.
    pub call_id: Uuid,
    /// The token class.
    pub token_class: Cow<'static, str>,
    /// How many.
    pub tokens: i64,
    /// Nano-dollars per million; of the call itself, nano-dollars.
    pub price_nanos: i64,
    /// Tokens times price.
    pub cost_nanos: i64,
}

fn columns() -> [Calls; 34] {
    [
        Calls::Id,
        Calls::NodeId,
        Calls::StartedAt,
        Calls::DurationMicros,
        Calls::Surface,
        Calls::Outcome,
        Calls::Status,
        Calls::ProblemCode,
        Calls::UserId,
        Calls::TeamId,
        Calls::KeyId,
        Calls::Model,
        Calls::Provider,
        Calls::UpstreamModel,
        Calls::InputTokens,
        Calls::CachedInputTokens,
        Calls::CacheWriteTokens,
        Calls::OutputTokens,
        Calls::ReasoningTokens,
        Calls::CostNanos,
        Calls::IsEstimated,
        Calls::IsPriced,
        Calls::RawUsage,
        Calls::Verdicts,
        Calls::CacheWriteHourTokens,
        Calls::AudioInputTokens,
        Calls::AudioOutputTokens,
        Calls::ImageInputTokens,
        Calls::ImageOutputTokens,
        Calls::PriceVersion,
        Calls::ServiceTier,
        Calls::AskedModel,
        Calls::AuditSequence,
        Calls::AuditHash,
    ]
}

impl CallRow {
    /// Its tokens by class.
    #[must_use]
    pub const fn tokens(&self) -> TokenCounts {
        TokenCounts {
            input: self.input_tokens,
            cached_input: self.cached_input_tokens,
            cache_write: self.cache_write_tokens,
            cache_write_1h: self.cache_write_1h_tokens,
            output: self.output_tokens,
            reasoning: self.reasoning_tokens,
            audio_input: self.audio_input_tokens,
            audio_output: self.audio_output_tokens,
            image_input: self.image_input_tokens,
            image_output: self.image_output_tokens,
        }
    }

    fn values(self) -> [Value; 34] {
        [
            self.id.into(),
            self.node_id.into(),
            self.started_at.into(),
            self.duration_micros.into(),
            self.surface.into(),
            self.outcome.into(),
            self.status.into(),
            self.problem_code.into(),
            self.user_id.into(),
            self.team_id.into(),
            self.key_id.into(),
            self.model.into(),
            self.provider.into(),
            self.upstream_model.into(),
            self.input_tokens.into(),
            self.cached_input_tokens.into(),
            self.cache_write_tokens.into(),
            self.output_tokens.into(),
            self.reasoning_tokens.into(),
            self.cost_nanos.into(),
            self.is_estimated.into(),
            self.is_priced.into(),
            self.raw_usage.into(),
            self.verdicts.into(),
            self.cache_write_1h_tokens.into(),
            self.audio_input_tokens.into(),
            self.audio_output_tokens.into(),
            self.image_input_tokens.into(),
            self.image_output_tokens.into(),
            self.price_version.into(),
            self.service_tier.into(),
            self.asked_model.into(),
            self.audit_sequence.into(),
            self.audit_hash.into(),
        ]
    }
}

static INSERT: BulkInsert =
    BulkInsert::new(|_| Query::insert().into_table(Calls::Table).columns(columns()).take());

static INSERT_COST_LINES: BulkInsert = BulkInsert::new(|_| {
    Query::insert()
        .into_table(CostLines::Table)
        .columns([
            CostLines::CallId,
            CostLines::TokenClass,
            CostLines::Tokens,
            CostLines::PriceNanos,
            CostLines::CostNanos,
        ])
        .take()
});

fn select() -> SelectStatement {
    Query::select().columns(columns()).from(Calls::Table).take()
}

/// Adds calls.
///
/// # Errors
/// [`StorageError::Conflict`] if one is there already.
pub async fn add_all(
    tx: &mut Tx,
    calls: impl ExactSizeIterator<Item = CallRow>,
) -> Result<(), StorageError> {
    tx.insert_all(&INSERT, calls.map(CallRow::values)).await
}

/// Adds cost lines.
///
/// # Errors
/// What the database reports.
pub async fn add_cost_lines(
    tx: &mut Tx,
    lines: impl ExactSizeIterator<Item = CostLineRow>,
) -> Result<(), StorageError> {
    let rows = lines.map(|line| {
        [
            line.call_id.into(),
            line.token_class.into_owned().into(),
            line.tokens.into(),
            line.price_nanos.into(),
            line.cost_nanos.into(),
        ]
    });
    tx.insert_all(&INSERT_COST_LINES, rows).await
}

/// The calls with these ids.
///
/// # Errors
/// What the database reports.
pub async fn find_all(database: &Database, ids: &[Uuid]) -> Result<Vec<CallRow>, StorageError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = select();
    query.and_where(Expr::col(Calls::Id).is_in(ids.iter().copied()));
    database.fetch_all(&query).await
}

/// A page of calls in the order of arrival, after `after`.
///
/// # Errors
/// What the database reports.
pub async fn page(
    database: &Database,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<CallRow>, StorageError> {
    let mut query = select();
    if let Some(after) = after {
        query.and_where(Expr::col(Calls::Id).gt(after));
    }
    database.fetch_all(query.order_by(Calls::Id, Order::Asc).limit(limit)).await
}

/// The cost lines of these calls.
///
/// # Errors
/// What the database reports.
pub async fn cost_lines_of(
    database: &Database,
    calls: &[Uuid],
) -> Result<Vec<CostLineRow>, StorageError> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = select_cost_lines();
    query.and_where(Expr::col(CostLines::CallId).is_in(calls.iter().copied()));
    database.fetch_all(&query).await
}

/// The cost lines of the calls from `first` to `last`, in no order.
///
/// # Errors
/// What the database reports.
pub async fn cost_lines_between(
    database: &Database,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<CostLineRow>, StorageError> {
    let mut query = select_cost_lines();
    query
        .and_where(Expr::col(CostLines::CallId).gte(first))
        .and_where(Expr::col(CostLines::CallId).lte(last));
    database.fetch_all(&query).await
}

fn select_cost_lines() -> SelectStatement {
    Query::select()
        .columns([
            CostLines::CallId,
            CostLines::TokenClass,
            CostLines::Tokens,
            CostLines::PriceNanos,
            CostLines::CostNanos,
        ])
        .from(CostLines::Table)
        .take()
}

/// Deletes calls with their cost lines and corrections.
///
/// # Errors
/// What the database reports.
pub async fn delete(tx: &mut Tx, calls: &[Uuid]) -> Result<(), StorageError> {
    let mut lines = Query::delete();
    lines
        .from_table(CostLines::Table)
        .and_where(Expr::col(CostLines::CallId).is_in(calls.iter().copied()));
    tx.execute(&lines).await?;
    super::correction_lines::delete_of(tx, calls).await?;
    let mut rows = Query::delete();
    rows.from_table(Calls::Table).and_where(Expr::col(Calls::Id).is_in(calls.iter().copied()));
    tx.execute(&rows).await.map(drop)
}
