//! What an export reads, in pages: calls with their cost lines, and what was booked about them later.
//!
//! Every page is found by an index from where the one before has ended, so the last page of ten
//! million costs what the first one does. Verdicts and raw usage are left where they are.

mod corrections;

use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sqlx::FromRow;
use uuid::Uuid;

pub use self::corrections::{BookingPlace, corrections_after};
use super::calls::Calls;
use crate::storage::{Database, StorageError};

/// What an export says about a call.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns are told at `Calls`")]
pub struct ExportedCallRow {
    pub id: Uuid,
    pub node_id: Uuid,
    pub started_at: i64,
    pub surface: String,
    pub user_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub key_id: Option<Uuid>,
    pub model: String,
    pub provider: Option<String>,
    pub upstream_model: Option<String>,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub cache_write_tokens: i64,
    pub cache_write_1h_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub audio_input_tokens: i64,
    pub audio_output_tokens: i64,
    pub image_input_tokens: i64,
    pub image_output_tokens: i64,
    pub is_estimated: i64,
    pub is_priced: i64,
    pub price_version: Option<String>,
    pub service_tier: Option<String>,
    pub audit_sequence: Option<i64>,
}

impl ExportedCallRow {
    /// Tokens of all classes.
    #[must_use]
    pub const fn tokens(&self) -> i64 {
        self.input_tokens
            + self.cached_input_tokens
            + self.cache_write_tokens
            + self.cache_write_1h_tokens
            + self.output_tokens
            + self.reasoning_tokens
            + self.audio_input_tokens
            + self.audio_output_tokens
            + self.image_input_tokens
            + self.image_output_tokens
    }
}

fn select_calls() -> SelectStatement {
    Query::select()
        .columns([
            Calls::Id,
            Calls::NodeId,
            Calls::StartedAt,
            Calls::Surface,
            Calls::UserId,
            Calls::TeamId,
            Calls::KeyId,
            Calls::Model,
            Calls::Provider,
            Calls::UpstreamModel,
            Calls::InputTokens,
            Calls::CachedInputTokens,
            Calls::CacheWriteTokens,
            Calls::CacheWriteHourTokens,
            Calls::OutputTokens,
            Calls::ReasoningTokens,
            Calls::AudioInputTokens,
            Calls::AudioOutputTokens,
            Calls::ImageInputTokens,
            Calls::ImageOutputTokens,
            Calls::IsEstimated,
            Calls::IsPriced,
            Calls::PriceVersion,
            Calls::ServiceTier,
            Calls::AuditSequence,
        ])
        .from(Calls::Table)
        .take()
}

/// A page of calls in the order of their ids, behind `after` and before `end`.
///
/// # Errors
/// What the database reports.
pub async fn calls_after(
    database: &Database,
    after: Uuid,
    end: Uuid,
    limit: u64,
) -> Result<Vec<ExportedCallRow>, StorageError> {
    let mut query = select_calls();
    query
        .and_where(Expr::col(Calls::Id).gt(after))
        .and_where(Expr::col(Calls::Id).lt(end))
        .order_by(Calls::Id, Order::Asc)
        .limit(limit);
    database.fetch_all(&query).await
}

/// The calls with these ids.
///
/// # Errors
/// What the database reports.
pub async fn calls_of(
    database: &Database,
    ids: &[Uuid],
) -> Result<Vec<ExportedCallRow>, StorageError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = select_calls();
    query.and_where(Expr::col(Calls::Id).is_in(ids.iter().copied()));
    database.fetch_all(&query).await
}

/// When the first call that reached a provider arrived in a period; its id is between the two ids.
///
/// # Errors
/// What the database reports.
pub async fn first_call_between(
    database: &Database,
    (after, end): (Uuid, Uuid),
    (from, until): (i64, i64),
) -> Result<Option<i64>, StorageError> {
    let mut query = Query::select();
    query
        .column(Calls::StartedAt)
        .from(Calls::Table)
        .and_where(Expr::col(Calls::Id).gt(after))
        .and_where(Expr::col(Calls::Id).lt(end))
        .and_where(Expr::col(Calls::StartedAt).gte(from))
        .and_where(Expr::col(Calls::StartedAt).lt(until))
        .and_where(Expr::col(Calls::Provider).is_not_null())
        .order_by(Calls::Id, Order::Asc)
        .limit(1);
    Ok(database.fetch_optional::<(i64,)>(&query).await?.map(|(at,)| at))
}
