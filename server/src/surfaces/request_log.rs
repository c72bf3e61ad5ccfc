//! One log line per request that has no record of its own: pages, assets, operations.

use std::time::Instant;

use axum::{extract::Request, middleware::Next, response::Response};

use super::render::Recorded;

/// Logs the request when its answer begins.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    // The query may hold a sign-in token; the path never holds a secret.
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    if response.extensions().get::<Recorded>().is_none() {
        let duration_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(%method, path, status = response.status().as_u16(), duration_micros, "request");
    }
    response
}
