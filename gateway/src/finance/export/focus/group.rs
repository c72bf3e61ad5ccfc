//! What lines of one row have in common, and what they add up to.

use shared::Money;
use uuid::Uuid;

use super::super::{
    lines::{Entry, Line, USAGE},
    period::Period,
};
use crate::{finance::HOUR_MICROS, storage::tables::export_lines::ExportedCallRow};

/// What lines of one row have in common. Rows are written in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    /// The hour of the calls, in microseconds.
    pub(super) hour_at: i64,
    /// The month in which they count, in microseconds.
    pub(super) month: (i64, i64),
    /// Whether that month is a later one than that of the calls.
    pub(super) is_of_another_month: bool,
    /// `usage`, or the kind of a correction.
    pub(super) kind: String,
    pub(super) team_id: Option<Uuid>,
    pub(super) user_id: Option<Uuid>,
    pub(super) key_id: Option<Uuid>,
    pub(super) model: String,
    pub(super) provider: String,
    pub(super) upstream_model: String,
    pub(super) token_class: String,
    pub(super) service_tier: Option<String>,
    pub(super) price_version: Option<String>,
    /// Per million tokens, or per call; none where there was no price.
    pub(super) price: Option<Money>,
}

impl Group {
    pub(super) fn of(call: &ExportedCallRow, line: &Line) -> Self {
        let hour_at = call.started_at - call.started_at.rem_euclid(HOUR_MICROS);
        let month = month_of(line.booked_at);
        let provider = call.provider.clone().unwrap_or_else(|| "none".to_owned());
        Self {
            hour_at,
            month,
            is_of_another_month: month != month_of(hour_at),
            kind: line.kind.clone(),
            team_id: call.team_id,
            user_id: call.user_id,
            key_id: call.key_id,
            model: call.model.clone(),
            provider,
            upstream_model: call.upstream_model.clone().unwrap_or_else(|| call.model.clone()),
            token_class: line.token_class.clone(),
            service_tier: call.service_tier.clone(),
            price_version: line.price_version.clone(),
            price: line.price,
        }
    }

    pub(super) fn is_usage(&self) -> bool {
        self.kind == USAGE
    }
}

fn month_of(micros: i64) -> (i64, i64) {
    Period::utc_month_of(micros)
        .map_or((micros, micros), |month| (month.from.micros(), month.until.micros()))
}

/// What the lines of a row add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) calls: i64,
    pub(super) tokens: i64,
    /// Of these, tokens that the gateway has estimated.
    pub(super) estimated_tokens: i64,
    pub(super) cost: Money,
}

impl Sums {
    pub(super) fn add(&mut self, entry: &Entry, line: &Line) {
        self.calls += 1;
        self.tokens += line.tokens;
        self.estimated_tokens += if entry.call.is_estimated == 0 { 0 } else { line.tokens };
        self.cost += line.cost;
    }

    /// Whether there is nothing to be told.
    pub(super) fn is_nothing(&self) -> bool {
        self.tokens == 0 && self.cost.is_zero()
    }
}
