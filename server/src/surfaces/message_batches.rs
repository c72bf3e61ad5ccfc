//! `/v1/messages/batches`: messages that Anthropic answers within a day.

use axum::{
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use bytes::Bytes;
use gateway::{
    batches::{Kind, Listing, results_url},
    call::Surface,
    wire::{Dialect, with_results_url},
};
use serde::Deserialize;
use shared::Problem;

use super::{
    App,
    ai::vendor_headers,
    kept::{self, Address, Asked, asked, caller, limit},
};

const DEFAULT_LIMIT: usize = 20;
const MOST_BATCHES: usize = 1_000;
const DIALECT: Dialect = Dialect::AnthropicMessages;

#[derive(Deserialize)]
pub(super) struct Query {
    after_id: Option<String>,
    before_id: Option<String>,
    limit: Option<usize>,
}

/// Begins a batch.
pub(super) async fn begin(
    State(app): State<App>,
    address: Address,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let begun = kept::begin(&app, Surface::AnthropicBatches, &headers, body).await;
    told(&app, &address, begun)
}

/// The caller's batches.
pub(super) async fn list(
    State(app): State<App>,
    address: Address,
    query: Asked<Query>,
    headers: HeaderMap,
) -> Response {
    let listed = async {
        let principal = caller(&app, &headers)?;
        let query = asked(query)?;
        let limit = limit(query.limit, DEFAULT_LIMIT, MOST_BATCHES)?;
        let (after, before) = (query.after_id, query.before_id);
        let listing = Listing { after, before, limit, ..Listing::default() };
        app.gateway.batches.list_message_batches(&principal, &listing, &address.0).await
    };
    kept::told(&app, DIALECT, listed.await)
}

/// Where a batch stands.
pub(super) async fn retrieve(
    State(app): State<App>,
    Path(id): Path<String>,
    address: Address,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let principal = caller(&app, &headers)?;
        let vendor = vendor_headers(&headers);
        app.gateway.batches.retrieve(&principal, Kind::MessageBatch, &id, &vendor).await
    };
    told(&app, &address, found.await)
}

/// Ends a batch before its time.
pub(super) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    address: Address,
    headers: HeaderMap,
) -> Response {
    let cancelled = async {
        let principal = caller(&app, &headers)?;
        let vendor = vendor_headers(&headers);
        app.gateway.batches.cancel(&principal, Kind::MessageBatch, &id, &vendor).await
    };
    told(&app, &address, cancelled.await)
}

/// Deletes a batch that has ended.
pub(super) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let deleted = async {
        let principal = caller(&app, &headers)?;
        let vendor = vendor_headers(&headers);
        app.gateway.batches.delete(&principal, Kind::MessageBatch, &id, &vendor).await
    };
    kept::told(&app, DIALECT, deleted.await)
}

/// What came of the requests, a line for each.
pub(super) async fn results(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let results = async {
        let principal = caller(&app, &headers)?;
        app.gateway.batches.results(&principal, &id, &vendor_headers(&headers)).await
    };
    kept::streamed(&app, DIALECT, results.await)
}

/// The provider's answer, with the address of the results at this gateway.
fn told(app: &App, address: &Address, outcome: Result<Bytes, Problem>) -> Response {
    let outcome = outcome.map(|body| {
        #[derive(Deserialize)]
        struct Batch {
            id: String,
        }
        let batch =
            serde_json::from_slice::<Batch>(&body).ok().zip(std::str::from_utf8(&body).ok());
        batch.map_or(body.clone(), |(Batch { id }, text)| {
            Bytes::from(with_results_url(text, &results_url(&address.0, &id)))
        })
    });
    kept::told(app, DIALECT, outcome)
}
