//! What the endpoints of files, batches and message batches share.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequestParts, Query, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use gateway::{
    batches::Contents,
    call::{Call, Refusal, Surface},
    identity::Principal,
    wire::Dialect,
};
use shared::{Problem, ProblemCode};

use super::{
    App,
    ai::{self, vendor_headers},
    body, render,
};

/// What is asked for in the query, or what is wrong with it.
pub(super) type Asked<T> = Result<Query<T>, QueryRejection>;

pub(super) fn asked<T>(query: Asked<T>) -> Result<T, Problem> {
    query
        .map(|Query(asked)| asked)
        .map_err(|rejection| Problem::new(ProblemCode::InvalidRequest, rejection.body_text()))
}

/// How many are listed, within what the vendor's own API takes.
pub(super) fn limit(asked: Option<usize>, usual: usize, most: usize) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("`limit` must be 1 to {most}.");
    Err(Problem::new(ProblemCode::InvalidRequest, detail).at("limit"))
}

/// Whether a list begins with the first one made.
pub(super) fn is_ascending(order: Option<&str>) -> Result<bool, Problem> {
    match order {
        None | Some("desc") => Ok(false),
        Some("asc") => Ok(true),
        Some(_) => {
            let detail = "`order` must be asc or desc.";
            Err(Problem::new(ProblemCode::InvalidRequest, detail).at("order"))
        }
    }
}

/// Who is calling.
pub(super) fn caller(app: &App, headers: &HeaderMap) -> Result<Principal, Problem> {
    let proxy = &app.gateway.proxy;
    proxy
        .caller(&ai::credential(headers))
        .map_err(|refusal| refusal.problem(proxy.next_request_id()))
}

/// Begins a batch: a call, of which a record is left whatever happens.
pub(super) async fn begin(
    app: &App,
    surface: Surface,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, Problem> {
    let proxy = &app.gateway.proxy;
    let request_id = proxy.next_request_id();
    let trail = proxy.trail(request_id, surface);
    let credential = ai::credential(headers);
    let body = if proxy.caller(&credential).is_ok() {
        match body::read(body, headers, app.body_limit_bytes).await {
            Ok(body) => body,
            Err(problem) => return Err(trail.refuse(&Refusal::Edge(problem))),
        }
    } else {
        body::discard(body, app.body_limit_bytes).await;
        Bytes::new()
    };
    let call = Call {
        request_id,
        surface,
        credential,
        vendor_headers: vendor_headers(headers),
        path: None,
        body,
        upload: None,
        batch: None,
        received_at: app.gateway.clock.now(),
    };
    app.gateway.batches.begin(call, trail).await
}

/// An answer in JSON, or a problem in a dialect.
pub(super) fn told(app: &App, dialect: Dialect, outcome: Result<Bytes, Problem>) -> Response {
    match outcome {
        Ok(json) => {
            let mut response = Body::from(json).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            render::identify(headers, &app.gateway.proxy.next_request_id().to_string());
            response
        }
        Err(problem) => refused(app, dialect, problem),
    }
}

/// Contents as they come, or a problem in a dialect.
pub(super) fn streamed(
    app: &App,
    dialect: Dialect,
    outcome: Result<Contents, Problem>,
) -> Response {
    match outcome {
        Ok(Contents { content_type, bytes }) => {
            let broken =
                |failure: gateway::providers::Failure| std::io::Error::other(failure.summary());
            let bytes = futures_util::StreamExt::map(bytes, move |chunk| chunk.map_err(broken));
            let mut response = Response::new(Body::from_stream(bytes));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, content_type);
            render::identify(headers, &app.gateway.proxy.next_request_id().to_string());
            response
        }
        Err(problem) => refused(app, dialect, problem),
    }
}

fn refused(app: &App, dialect: Dialect, problem: Problem) -> Response {
    if !problem.request_id.is_empty() {
        return render::problem(dialect, &problem);
    }
    let request_id = app.gateway.proxy.next_request_id();
    render::problem(dialect, &problem.for_request(request_id))
}

/// By which address the client came: that of the configuration, else the one that it asked for.
pub(super) struct Address(pub(super) String);

impl FromRequestParts<App> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        if let Some(url) = &app.public_url {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
        Ok(Self(host.map_or_else(String::new, |host| format!("http://{host}"))))
    }
}
