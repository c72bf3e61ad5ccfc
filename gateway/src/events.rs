//! What the operator sees of every call: one log line and the metrics.

use metrics::Counter;
use shared::receipt::Outcome;

use crate::call::{Finish, Observer};

/// Logs and counts every call that ends.
pub struct CallLog {
    cost_nanos: Counter,
    tokens: Counter,
}

impl CallLog {
    /// Counts from now on, where somebody has installed a recorder of metrics.
    #[must_use]
    pub fn start() -> Self {
        Self {
            cost_nanos: metrics::counter!("helix_cost_nanos_total"),
            tokens: metrics::counter!("helix_tokens_total"),
        }
    }
}

impl Observer for CallLog {
    fn finished(&self, finish: &Finish) {
        tracing::info!(
            request_id = %finish.request_id,
            surface = &*finish.surface,
            outcome = finish.outcome.as_str(),
            status = finish.status,
            problem = finish.problem.map(shared::ProblemCode::as_str),
            user = finish.user.map(tracing::field::display),
            key = finish.key.map(tracing::field::display),
            model = finish.model,
            provider = finish.provider,
            tokens = finish.tokens.total(),
            cost = %finish.cost,
            is_estimated = finish.is_estimated,
            duration_micros = finish.duration_micros,
            "call"
        );
        if !finish.is_priced && finish.outcome == Outcome::Finished {
            tracing::warn!(model = finish.model, "a model without a price was called; set `price`");
        }
        // Labels are of bounded number: never a model or a user as a caller wrote it.
        let outcome = finish.outcome.as_str();
        metrics::counter!("helix_calls_total", "surface" => finish.surface.clone(), "outcome" => outcome)
            .increment(1);
        self.cost_nanos.increment(u64::try_from(finish.cost.nanos()).unwrap_or(0));
        self.tokens.increment(u64::try_from(finish.tokens.total()).unwrap_or(0));
        #[expect(clippy::cast_precision_loss, reason = "a metric in seconds")]
        let seconds = finish.duration_micros as f64 / 1e6;
        metrics::histogram!("helix_call_duration_seconds", "outcome" => outcome).record(seconds);
    }
}
