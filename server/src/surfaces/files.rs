//! `/v1/files`: files that callers keep at a provider of OpenAI's API.

use axum::{
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use bytes::Bytes;
use gateway::{
    batches::{Kind, Listing},
    identity::Principal,
    wire::Dialect,
};
use serde::Deserialize;
use shared::{Problem, ProblemCode};

use super::{
    App, body,
    kept::{self, Asked, asked, is_ascending, limit},
    upload,
};

/// As many as are listed where nothing is said, and at most.
const MOST_FILES: usize = 10_000;
const DIALECT: Dialect = Dialect::OpenAiChat;

#[derive(Deserialize)]
pub(super) struct Query {
    after: Option<String>,
    limit: Option<usize>,
    order: Option<String>,
    purpose: Option<String>,
}

/// Brings a file.
pub(super) async fn bring(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    kept::told(&app, DIALECT, brought(&app, &headers, body).await)
}

async fn brought(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let principal = match caller(app, headers) {
        Ok(principal) => principal,
        Err(problem) => {
            body::discard(body, app.body_limit_bytes).await;
            return Err(problem);
        }
    };
    let form = upload::read(app, headers, body).await?.upload.ok_or_else(|| {
        Problem::new(ProblemCode::InvalidRequest, "Send the file in a form, in the field `file`.")
    })?;
    app.gateway.batches.upload(&principal, form).await
}

/// The caller's files.
pub(super) async fn list(
    State(app): State<App>,
    query: Asked<Query>,
    headers: HeaderMap,
) -> Response {
    let listed = async {
        let principal = caller(&app, &headers)?;
        let query = asked(query)?;
        let listing = Listing {
            purpose: query.purpose,
            after: query.after,
            before: None,
            limit: limit(query.limit, MOST_FILES, MOST_FILES)?,
            is_ascending: is_ascending(query.order.as_deref())?,
        };
        app.gateway.batches.list(&principal, Kind::File, &listing).await
    };
    kept::told(&app, DIALECT, listed.await)
}

/// What is known of a file.
pub(super) async fn retrieve(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let principal = caller(&app, &headers)?;
        app.gateway.batches.retrieve(&principal, Kind::File, &id, &HeaderMap::new()).await
    };
    kept::told(&app, DIALECT, found.await)
}

/// Deletes a file.
pub(super) async fn delete(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let deleted = async {
        let principal = caller(&app, &headers)?;
        app.gateway.batches.delete(&principal, Kind::File, &id, &HeaderMap::new()).await
    };
    kept::told(&app, DIALECT, deleted.await)
}

/// What is in a file.
pub(super) async fn content(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let content = async {
        let principal = caller(&app, &headers)?;
        app.gateway.batches.content(&principal, &id).await
    };
    kept::streamed(&app, DIALECT, content.await)
}

/// Who is calling. Anthropic has files of another kind at the same address.
fn caller(app: &App, headers: &HeaderMap) -> Result<Principal, Problem> {
    if !headers.contains_key("anthropic-version") {
        return kept::caller(app, headers);
    }
    let detail = "This gateway has the files of OpenAI's API and not those of Anthropic's. Send \
                  documents and pictures within the message.";
    Err(Problem::new(ProblemCode::NotFound, detail))
}
