//! The text of a link: one JSON object, its members in the order in which they stand here, without
//! white space. What is hashed is this text; an export has it byte for byte.

use serde::Serialize;
use shared::{
    Id,
    id::{ApiKey, AuditEntry, Request, Team, User},
};
use uuid::Uuid;

use super::chain::{Chain, node_text};
use crate::storage::tables::{
    audit_entries::AuditRow,
    calls::{CallRow, CostLineRow},
};

#[derive(Serialize)]
struct ChangeLink<'a> {
    chain: &'static str,
    node: String,
    sequence: i64,
    id: String,
    at: i64,
    actor: &'a str,
    subject: Option<&'a str>,
    action: &'a str,
    resource: &'a str,
    before: Option<&'a str>,
    after: &'a str,
    ip: Option<&'a str>,
    user_agent: Option<&'a str>,
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct CallLink<'a> {
    chain: &'static str,
    node: String,
    sequence: i64,
    id: String,
    started_at: i64,
    duration_micros: i64,
    surface: &'a str,
    outcome: &'a str,
    status: i64,
    problem_code: Option<&'a str>,
    user: Option<String>,
    team: Option<String>,
    key: Option<String>,
    model: &'a str,
    provider: Option<&'a str>,
    upstream_model: Option<&'a str>,
    input_tokens: i64,
    cached_input_tokens: i64,
    cache_write_tokens: i64,
    cache_write_1h_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    audio_input_tokens: i64,
    audio_output_tokens: i64,
    image_input_tokens: i64,
    image_output_tokens: i64,
    cost_nanos: i64,
    is_estimated: i64,
    is_priced: i64,
    price_version: Option<&'a str>,
    service_tier: Option<&'a str>,
    raw_usage: Option<&'a str>,
    verdicts: &'a str,
    cost_lines: Vec<CostLine<'a>>,
}

#[derive(Serialize)]
struct CostLine<'a> {
    class: &'a str,
    tokens: i64,
    price_nanos: i64,
    cost_nanos: i64,
}

/// The text of the link of a change.
pub(super) fn change_link(row: &AuditRow, node: Uuid, sequence: i64) -> String {
    text(&ChangeLink {
        chain: Chain::Changes.as_str(),
        node: node_text(node),
        sequence,
        id: Id::<AuditEntry>::from_uuid(row.id).to_string(),
        at: row.at,
        actor: &row.actor,
        subject: row.subject.as_deref(),
        action: &row.action,
        resource: &row.resource,
        before: row.before_change.as_deref(),
        after: &row.after_change,
        ip: row.ip.as_deref(),
        user_agent: row.user_agent.as_deref(),
        request_id: row.request_id.as_deref(),
    })
}

/// The text of the link of a call with its cost lines, which stand in the order of their classes'
/// names.
#[must_use]
pub fn call_link(row: &CallRow, lines: &[CostLineRow], sequence: i64) -> String {
    let mut cost_lines: Vec<_> = lines
        .iter()
        .map(|line| CostLine {
            class: &line.token_class,
            tokens: line.tokens,
            price_nanos: line.price_nanos,
            cost_nanos: line.cost_nanos,
        })
        .collect();
    cost_lines.sort_by_key(|line| line.class);
    text(&CallLink {
        chain: Chain::Calls.as_str(),
        node: node_text(row.node_id),
        sequence,
        id: Id::<Request>::from_uuid(row.id).to_string(),
        started_at: row.started_at,
        duration_micros: row.duration_micros,
        surface: &row.surface,
        outcome: &row.outcome,
        status: row.status,
        problem_code: row.problem_code.as_deref(),
        user: row.user_id.map(|id| Id::<User>::from_uuid(id).to_string()),
        team: row.team_id.map(|id| Id::<Team>::from_uuid(id).to_string()),
        key: row.key_id.map(|id| Id::<ApiKey>::from_uuid(id).to_string()),
        model: &row.model,
        provider: row.provider.as_deref(),
        upstream_model: row.upstream_model.as_deref(),
        input_tokens: row.input_tokens,
        cached_input_tokens: row.cached_input_tokens,
        cache_write_tokens: row.cache_write_tokens,
        cache_write_1h_tokens: row.cache_write_1h_tokens,
        output_tokens: row.output_tokens,
        reasoning_tokens: row.reasoning_tokens,
        audio_input_tokens: row.audio_input_tokens,
        audio_output_tokens: row.audio_output_tokens,
        image_input_tokens: row.image_input_tokens,
        image_output_tokens: row.image_output_tokens,
        cost_nanos: row.cost_nanos,
        is_estimated: row.is_estimated,
        is_priced: row.is_priced,
        price_version: row.price_version.as_deref(),
        service_tier: row.service_tier.as_deref(),
        raw_usage: row.raw_usage.as_deref(),
        verdicts: &row.verdicts,
        cost_lines,
    })
}

fn text(link: &impl Serialize) -> String {
    // Plain data always has this form.
    serde_json::to_string(link).unwrap_or_default()
}

#[cfg(test)]
mod tests;
