//! `/healthz`, `/readyz`, `/metrics`

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use gateway::{
    kernel::{Trouble, instant::written},
    limits::Divided,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use serde_json::json;

use super::App;

/// Seconds; from a local model's first token to a long answer's last.
const DURATION_BUCKETS: [f64; 12] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// What `/metrics` shows.
#[derive(Clone)]
pub(crate) struct Metrics {
    handle: PrometheusHandle,
    process: Arc<Collector>,
}

impl Metrics {
    /// Begins to count.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(
                Matcher::Full("helix_call_duration_seconds".to_owned()),
                &DURATION_BUCKETS,
            )?
            .install_recorder()?;
        let process = Collector::default();
        process.describe();
        Ok(Self { handle, process: Arc::new(process) })
    }

    /// Keeps what is counted bounded; to be called now and then.
    pub(crate) fn tidy(&self) {
        self.handle.run_upkeep();
    }
}

pub(super) fn router(app: App, metrics: Metrics) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(app.clone()))
        .route("/metrics", get(show).with_state((app, metrics)))
}

/// Whether calls can be served, and if not, why. Without its database a gateway serves them as long
/// as the journal has room, so that is a warning: a load balancer that takes every node out because
/// they all have lost the same database would make the outage. One that keeps its calls in the
/// database cannot serve them without.
async fn ready(State(app): State<App>) -> Response {
    let gateway = &app.gateway;
    let mut troubles = Vec::new();
    if let Some(Trouble { since, reason }) = gateway.database_health.trouble() {
        let since = written(since);
        troubles.push(format!("the database has not answered since {since}: {reason}"));
    }
    if let Some(Trouble { since, reason }) = gateway.ledger_health.trouble() {
        let (since, state) = (written(since), gateway.journal.state());
        troubles.push(format!(
            "the database has taken no records since {since}: {reason}; they wait in the journal, \
             {} of {} bytes of it",
            state.backlog_bytes, state.backlog_limit_bytes
        ));
    }
    let divided = gateway.divided_limits().map(|Divided { trouble, nodes }| {
        let (since, reason) = (written(trouble.since), trouble.reason);
        format!(
            "Redis has not answered since {since}: {reason}; this node keeps to its part of every \
             rate limit, one of {nodes}"
        )
    });
    let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
    match gateway.journal.check() {
        Ok(()) if gateway.keeps_calls_in_database() => reasons = troubles,
        Ok(()) => warnings = troubles,
        Err(error) => {
            reasons.push(error.to_string());
            reasons.append(&mut troubles);
        }
    }
    warnings.extend(divided);
    let is_ready = reasons.is_empty();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "ready": is_ready, "reasons": reasons, "warnings": warnings });
    (status, Json(body)).into_response()
}

#[expect(clippy::cast_precision_loss, reason = "gauges")]
async fn show(State((app, metrics)): State<(App, Metrics)>) -> Response {
    let (journal, reserved) = (app.gateway.journal.state(), app.gateway.reserved());
    metrics::gauge!("helix_journal_backlog_bytes").set(journal.backlog_bytes as f64);
    metrics::gauge!("helix_journal_backlog_limit_bytes").set(journal.backlog_limit_bytes as f64);
    metrics::gauge!("helix_journal_owed_records").set(app.gateway.owed_records() as f64);
    metrics::gauge!("helix_budget_reserved_nanos").set(reserved.nanos() as f64);
    let limited = app.gateway.limited_subjects();
    metrics::gauge!("helix_limited_subjects").set(limited as f64);
    metrics.process.collect();
    let body = metrics.handle.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], body).into_response()
}
