//! Requests that have no record of their own (pages, assets, operations): an id and a log line.

use std::time::Instant;

use axum::{
    extract::{Request, State},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};

use super::App;

const REQUEST_ID: &str = "x-request-id";

/// Gives the request its id, and logs it when its answer begins.
pub(super) async fn log(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = app.gateway.proxy.next_request_id().to_string();
    let header = HeaderValue::from_str(&request_id).ok();
    if let Some(header) = &header {
        request.headers_mut().insert(REQUEST_ID, header.clone());
    }
    let method = request.method().clone();
    // The query may hold a sign-in token; the path never holds a secret.
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    if let Some(header) = header {
        response.headers_mut().entry(REQUEST_ID).or_insert(header);
    }
    tracing::info!(
        request_id,
        %method,
        path,
        status = response.status().as_u16(),
        duration_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request"
    );
    response
}
