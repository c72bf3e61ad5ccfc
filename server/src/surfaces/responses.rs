//! `/v1/responses/{id}`: answers that are kept, for their owner.

use axum::{
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::StreamExt;
use gateway::{identity::Principal, responses::ItemPage, wire::Dialect};
use serde::Deserialize;
use shared::{Problem, ProblemCode};

use super::{App, ai, render};

const DEFAULT_LIMIT: usize = 20;
const MOST_ITEMS: usize = 100;

/// What is asked for in the query, or what is wrong with it.
type Asked<T> = Result<Query<T>, QueryRejection>;

#[derive(Deserialize)]
pub(super) struct Retrieval {
    #[serde(default)]
    stream: bool,
    starting_after: Option<usize>,
}

#[derive(Deserialize)]
pub(super) struct Listing {
    after: Option<String>,
    limit: Option<usize>,
    order: Option<String>,
}

/// The answer, or the events of one that is being written.
pub(super) async fn retrieve(
    State(app): State<App>,
    Path(id): Path<String>,
    query: Asked<Retrieval>,
    headers: HeaderMap,
) -> Response {
    let responses = &app.gateway.responses;
    let caller = caller(&app, &headers);
    let asked = match asked(query) {
        Ok(asked) => asked,
        Err(problem) => return told(&app, Err(problem)),
    };
    if !asked.stream {
        let found = async { responses.retrieve(&caller?, &id).await };
        return told(&app, found.await);
    }
    let followed = async { responses.follow(&caller?, &id, asked.starting_after).await };
    match followed.await {
        Ok(events) => {
            let body = Body::from_stream(events.map(Ok::<_, std::convert::Infallible>));
            let mut response = Response::new(body);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            response
        }
        Err(problem) => told(&app, Err(problem)),
    }
}

/// Deletes the answer.
pub(super) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let caller = caller(&app, &headers);
    let deleted = async { app.gateway.responses.delete(&caller?, &id).await };
    told(&app, deleted.await)
}

/// Ends an answer in the background.
pub(super) async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let caller = caller(&app, &headers);
    let cancelled = async { app.gateway.responses.cancel(&caller?, &id).await };
    told(&app, cancelled.await)
}

/// The items of the answer's request.
pub(super) async fn input_items(
    State(app): State<App>,
    Path(id): Path<String>,
    query: Asked<Listing>,
    headers: HeaderMap,
) -> Response {
    let caller = caller(&app, &headers);
    let listed = async {
        let caller = caller?;
        let page = page(asked(query)?)?;
        app.gateway.responses.input_items(&caller, &id, &page).await
    };
    told(&app, listed.await)
}

fn asked<T>(query: Asked<T>) -> Result<T, Problem> {
    query
        .map(|Query(asked)| asked)
        .map_err(|rejection| Problem::new(ProblemCode::InvalidRequest, rejection.body_text()))
}

fn page(listing: Listing) -> Result<ItemPage, Problem> {
    let limit = listing.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST_ITEMS).contains(&limit) {
        let detail = format!("`limit` must be 1 to {MOST_ITEMS}.");
        return Err(Problem::new(ProblemCode::InvalidRequest, detail).at("limit"));
    }
    let is_ascending = match listing.order.as_deref() {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => {
            let detail = "`order` must be asc or desc.";
            return Err(Problem::new(ProblemCode::InvalidRequest, detail).at("order"));
        }
    };
    Ok(ItemPage { after: listing.after, limit, is_ascending })
}

fn caller(app: &App, headers: &HeaderMap) -> Result<Principal, Problem> {
    let proxy = &app.gateway.proxy;
    proxy
        .caller(&ai::credential(headers))
        .map_err(|refusal| refusal.problem(proxy.next_request_id()))
}

fn told(app: &App, outcome: Result<Bytes, Problem>) -> Response {
    let request_id = app.gateway.proxy.next_request_id().to_string();
    match outcome {
        Ok(json) => {
            let mut response = Body::from(json).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            render::identify(headers, &request_id);
            response
        }
        Err(problem) => {
            render::problem(Dialect::OpenAiResponses, &problem.for_request(&request_id))
        }
    }
}
