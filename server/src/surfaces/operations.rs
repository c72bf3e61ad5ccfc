//! `/healthz`, `/readyz`, `/metrics`

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
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

/// Whether calls can be served, and if not, why.
async fn ready(State(app): State<App>) -> Response {
    let mut reasons = Vec::new();
    if app.gateway.database.ping().await.is_err() {
        reasons.push("the database does not answer; records wait in the journal".to_owned());
    }
    if let Err(error) = app.gateway.journal.check() {
        reasons.push(error.to_string());
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": reasons.is_empty(), "reasons": reasons }))).into_response()
}

async fn show(State((app, metrics)): State<(App, Metrics)>) -> Response {
    #[expect(clippy::cast_precision_loss, reason = "a gauge")]
    let backlog = app.gateway.journal.state().backlog_bytes as f64;
    metrics::gauge!("helix_journal_backlog_bytes").set(backlog);
    metrics.process.collect();
    let body = metrics.handle.render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], body).into_response()
}
