//! `/v1/batches`: requests that a provider of OpenAI's API answers within a day.

use axum::{
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use gateway::{
    batches::{Kind, Listing},
    call::Surface,
    wire::Dialect,
};
use serde::Deserialize;

use super::{
    App,
    kept::{self, Asked, asked, caller, limit},
};

const DEFAULT_LIMIT: usize = 20;
const MOST_BATCHES: usize = 100;
const DIALECT: Dialect = Dialect::OpenAiChat;

#[derive(Deserialize)]
pub(super) struct Query {
    after: Option<String>,
    limit: Option<usize>,
}

/// Begins a batch.
pub(super) async fn begin(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let begun = kept::begin(&app, Surface::OpenAiBatches, &headers, body).await;
    kept::told(&app, DIALECT, begun)
}

/// The caller's batches.
pub(super) async fn list(
    State(app): State<App>,
    query: Asked<Query>,
    headers: HeaderMap,
) -> Response {
    let listed = async {
        let principal = caller(&app, &headers)?;
        let query = asked(query)?;
        let limit = limit(query.limit, DEFAULT_LIMIT, MOST_BATCHES)?;
        let listing = Listing { after: query.after, limit, ..Listing::default() };
        app.gateway.batches.list(&principal, Kind::Batch, &listing).await
    };
    kept::told(&app, DIALECT, listed.await)
}

/// Where a batch stands.
pub(super) async fn retrieve(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let principal = caller(&app, &headers)?;
        app.gateway.batches.retrieve(&principal, Kind::Batch, &id, &HeaderMap::new()).await
    };
    kept::told(&app, DIALECT, found.await)
}

/// Ends a batch before its time.
pub(super) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let cancelled = async {
        let principal = caller(&app, &headers)?;
        app.gateway.batches.cancel(&principal, Kind::Batch, &id, &HeaderMap::new()).await
    };
    kept::told(&app, DIALECT, cancelled.await)
}
