//! `/v1/models`, in the shape of whichever vendor's SDK asks.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use gateway::{identity::Principal, wire::Dialect};
use serde_json::{Value, json};
use shared::{Problem, ProblemCode};

use super::{App, ai, render};

/// Models have no date of their own here; clients want one all the same.
const CREATED_AT_SECONDS: i64 = 1_767_225_600;
const CREATED_AT_TEXT: &str = "2026-01-01T00:00:00Z";

/// The models that the caller may use.
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    let dialect = render::dialect_of(&headers);
    let principal = match caller(&app, &headers) {
        Ok(principal) => principal,
        Err(problem) => return render::problem(dialect, &problem),
    };
    let names: Vec<String> =
        app.gateway.models.models_of(&principal).map(|model| model.name.clone()).collect();
    let data: Vec<Value> = names.iter().map(|name| entry(dialect, name)).collect();
    let body = match dialect {
        Dialect::AnthropicMessages => json!({
            "data": data,
            "has_more": false,
            "first_id": names.first(),
            "last_id": names.last(),
        }),
        _ => json!({ "object": "list", "data": data }),
    };
    Json(body).into_response()
}

/// One model.
pub(super) async fn find(
    State(app): State<App>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let dialect = render::dialect_of(&headers);
    let principal = match caller(&app, &headers) {
        Ok(principal) => principal,
        Err(problem) => return render::problem(dialect, &problem),
    };
    if app.gateway.models.models_of(&principal).any(|model| model.name == name) {
        return Json(entry(dialect, &name)).into_response();
    }
    render::problem(dialect, &unknown(&name))
}

/// There is no such model for this caller.
pub(super) fn unknown(name: &str) -> Problem {
    let detail = format!("There is no model `{name}` that you may use. GET /v1/models lists them.");
    Problem::new(ProblemCode::ModelNotFound, detail).at("model")
}

fn caller(app: &App, headers: &HeaderMap) -> Result<Principal, Problem> {
    let proxy = &app.gateway.proxy;
    proxy
        .caller(&ai::credential(headers))
        .map_err(|refusal| refusal.problem(proxy.next_request_id()))
}

fn entry(dialect: Dialect, name: &str) -> Value {
    match dialect {
        Dialect::AnthropicMessages => json!({
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": CREATED_AT_TEXT,
        }),
        _ => json!({
            "id": name,
            "object": "model",
            "created": CREATED_AT_SECONDS,
            "owned_by": "helixgateway",
        }),
    }
}
