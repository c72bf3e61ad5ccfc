//! The members of a link, in the order in which they stand here. What is hashed and what an export
//! shows comes from the same place, so that they cannot disagree.

use shared::id::{ApiKey, AuditEntry, Kind, Node, Request, Team, User};
use uuid::{Uuid, fmt::Simple};

use super::{
    chain::Chain,
    form::{Form, Members},
};
use crate::storage::tables::{
    audit_entries::AuditRow,
    calls::{CallRow, CostLineRow},
};

/// The longest prefix of a kind in a link, its underscore and the hexadecimal digits.
const LONGEST_ID_BYTES: usize = 8 + Simple::LENGTH;

/// The form of the link of a change.
pub(super) fn change_form<'a>(
    form: &'a mut Form,
    row: &AuditRow,
    node: Uuid,
    sequence: i64,
) -> &'a mut Form {
    put_change(form.begin(), row, node, sequence);
    form
}

/// The form of the link of a call with its cost lines.
pub fn call_form<'a>(
    form: &'a mut Form,
    row: &CallRow,
    lines: &[CostLineRow],
    sequence: i64,
) -> &'a mut Form {
    put_call(form.begin(), row, lines, sequence);
    form
}

pub(super) fn put_change(to: &mut impl Members, row: &AuditRow, node: Uuid, sequence: i64) {
    to.text("chain", Chain::Changes.as_str());
    id::<Node>(to, "node", node);
    to.number("sequence", sequence);
    id::<AuditEntry>(to, "id", row.id);
    to.number("at", row.at);
    to.text("actor", &row.actor);
    to.optional("subject", row.subject.as_deref());
    to.text("action", &row.action);
    to.text("resource", &row.resource);
    to.optional("before", row.before_change.as_deref());
    to.text("after", &row.after_change);
    to.optional("ip", row.ip.as_deref());
    to.optional("user_agent", row.user_agent.as_deref());
    to.optional("request_id", row.request_id.as_deref());
}

/// Cost lines stand in the order of their classes' names.
pub(super) fn put_call(to: &mut impl Members, row: &CallRow, lines: &[CostLineRow], sequence: i64) {
    to.text("chain", Chain::Calls.as_str());
    id::<Node>(to, "node", row.node_id);
    to.number("sequence", sequence);
    id::<Request>(to, "id", row.id);
    to.number("started_at", row.started_at);
    to.number("duration_micros", row.duration_micros);
    to.text("surface", &row.surface);
    to.text("outcome", &row.outcome);
    to.number("status", row.status);
    to.optional("problem_code", row.problem_code.as_deref());
    optional_id::<User>(to, "user", row.user_id);
    optional_id::<Team>(to, "team", row.team_id);
    optional_id::<ApiKey>(to, "key", row.key_id);
    to.text("model", &row.model);
    to.optional("asked_model", row.asked_model.as_deref());
    to.optional("provider", row.provider.as_deref());
    to.optional("upstream_model", row.upstream_model.as_deref());
    to.number("input_tokens", row.input_tokens);
    to.number("cached_input_tokens", row.cached_input_tokens);
    to.number("cache_write_tokens", row.cache_write_tokens);
    to.number("cache_write_1h_tokens", row.cache_write_1h_tokens);
    to.number("output_tokens", row.output_tokens);
    to.number("reasoning_tokens", row.reasoning_tokens);
    to.number("audio_input_tokens", row.audio_input_tokens);
    to.number("audio_output_tokens", row.audio_output_tokens);
    to.number("image_input_tokens", row.image_input_tokens);
    to.number("image_output_tokens", row.image_output_tokens);
    to.number("cost_nanos", row.cost_nanos);
    to.number("is_estimated", row.is_estimated);
    to.number("is_priced", row.is_priced);
    to.optional("price_version", row.price_version.as_deref());
    to.optional("service_tier", row.service_tier.as_deref());
    to.optional("raw_usage", row.raw_usage.as_deref());
    to.text("verdicts", &row.verdicts);
    let mut lines: Vec<_> = lines.iter().collect();
    lines.sort_unstable_by(|one, other| one.token_class.cmp(&other.token_class));
    to.list("cost_lines", &lines, |to, line| {
        to.text("class", &line.token_class);
        to.number("tokens", line.tokens);
        to.number("price_nanos", line.price_nanos);
        to.number("cost_nanos", line.cost_nanos);
    });
}

/// An id as people see it.
fn id<K: Kind>(to: &mut impl Members, name: &str, id: Uuid) {
    let mut text = [0; LONGEST_ID_BYTES];
    let (prefix, rest) = text.split_at_mut(K::PREFIX.len() + 1);
    prefix[..K::PREFIX.len()].copy_from_slice(K::PREFIX.as_bytes());
    prefix[K::PREFIX.len()] = b'_';
    id.simple().encode_lower(rest);
    let length = K::PREFIX.len() + 1 + Simple::LENGTH;
    to.text(name, str::from_utf8(&text[..length]).unwrap_or_default());
}

fn optional_id<K: Kind>(to: &mut impl Members, name: &str, value: Option<Uuid>) {
    if let Some(value) = value {
        id::<K>(to, name, value);
    }
}

#[cfg(test)]
mod tests;
