//! `/v1/models` and `/v1beta/models`, in the shape of whichever vendor's SDK asks.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use gateway::{catalog::Model, identity::Principal, wire::Dialect};
use serde_json::{Value, json};
use shared::{Problem, ProblemCode};

use super::{App, ai, gemini, render};

/// Models have no date of their own here; clients want one all the same.
const CREATED_AT_SECONDS: i64 = 1_767_225_600;
const CREATED_AT_TEXT: &str = "2026-01-01T00:00:00Z";

/// The models that the caller may use.
pub(super) async fn list(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    let dialect = render::dialect_of(&uri, &headers);
    let principal = match caller(&app, dialect, &uri, &headers) {
        Ok(principal) => principal,
        Err(problem) => return render::problem(dialect, &problem),
    };
    let models = app.gateway.models.models_of(&principal);
    let data: Vec<Value> = models.iter().map(|(name, model)| entry(dialect, name, model)).collect();
    let body = match dialect {
        Dialect::AnthropicMessages => json!({
            "data": data,
            "has_more": false,
            "first_id": models.first().map(|(name, _)| name),
            "last_id": models.last().map(|(name, _)| name),
        }),
        Dialect::Gemini => json!({ "models": data }),
        _ => json!({ "object": "list", "data": data }),
    };
    Json(body).into_response()
}

/// One model.
pub(super) async fn find(
    State(app): State<App>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let dialect = render::dialect_of(&uri, &headers);
    let principal = match caller(&app, dialect, &uri, &headers) {
        Ok(principal) => principal,
        Err(problem) => return render::problem(dialect, &problem),
    };
    match app.gateway.models.model_for(&principal, &name) {
        Ok(model) => Json(entry(dialect, &name, &model)).into_response(),
        Err(_) => render::problem(dialect, &unknown(&name)),
    }
}

/// There is no such model for this caller.
pub(super) fn unknown(name: &str) -> Problem {
    let detail = format!("There is no model `{name}` that you may use. GET /v1/models lists them.");
    Problem::new(ProblemCode::ModelNotFound, detail).at("model")
}

fn caller(
    app: &App,
    dialect: Dialect,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Principal, Problem> {
    let proxy = &app.gateway.proxy;
    let credential = match dialect {
        Dialect::Gemini => gemini::credential(uri, headers),
        _ => ai::credential(headers),
    };
    proxy.caller(&credential).map_err(|refusal| refusal.problem(proxy.next_request_id()))
}

/// What is known of a model, in the fields that the vendor's SDK has for it; OpenAI's has none.
fn entry(dialect: Dialect, name: &str, model: &Model) -> Value {
    let context_tokens = model.most(|able| able.context_tokens);
    let longest_answer = model.most(|able| able.max_output_tokens);
    match dialect {
        Dialect::Gemini => known(json!({
            "name": format!("models/{name}"),
            "displayName": name,
            "inputTokenLimit": context_tokens,
            "outputTokenLimit": longest_answer.unwrap_or(model.max_output_tokens),
            "thinking": model.can(|able| able.reasoning),
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        })),
        Dialect::AnthropicMessages => known(json!({
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": CREATED_AT_TEXT,
            "max_input_tokens": context_tokens,
            "max_tokens": longest_answer,
        })),
        _ => json!({
            "id": name,
            "object": "model",
            "created": CREATED_AT_SECONDS,
            "owned_by": "helixgateway",
        }),
    }
}

/// Without what is not known.
fn known(mut entry: Value) -> Value {
    if let Some(members) = entry.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    entry
}
