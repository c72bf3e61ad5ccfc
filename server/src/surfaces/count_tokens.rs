//! `/v1/messages/count_tokens`: how long a prompt is, before it is sent.
//!
//! Counted here, as calls are whose provider reports no usage: nothing leaves the gateway, nothing
//! is billed, and every model has it, whoever serves it. Exact for OpenAI's vocabulary, close for
//! others.

use axum::{
    Json,
    body::Body,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use gateway::wire::Dialect;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use shared::{Problem, ProblemCode};

use super::{App, ai, body, models, render};

#[derive(Deserialize)]
struct Asked {
    model: String,
    #[serde(rename = "messages")]
    _messages: Vec<IgnoredAny>,
}

/// The input tokens of a messages request.
pub(super) async fn count(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let request_id = app.gateway.proxy.next_request_id().to_string();
    match counted(&app, &headers, body).await {
        Ok(input_tokens) => {
            let mut response = Json(json!({ "input_tokens": input_tokens })).into_response();
            render::identify(response.headers_mut(), &request_id);
            response
        }
        Err(problem) => {
            render::problem(Dialect::AnthropicMessages, &problem.for_request(&request_id))
        }
    }
}

async fn counted(app: &App, headers: &HeaderMap, body: Body) -> Result<i64, Problem> {
    let principal = match app.gateway.proxy.caller(&ai::credential(headers)) {
        Ok(principal) => principal,
        Err(refusal) => {
            body::discard(body, app.body_limit_bytes).await;
            return Err(refusal.problem(app.gateway.proxy.next_request_id()));
        }
    };
    let body = body::read(body, headers, app.body_limit_bytes).await?;
    let asked = read(&body)?;
    if !app.gateway.models.models_of(&principal).any(|model| model.name == asked.model) {
        return Err(models::unknown(&asked.model));
    }
    Ok(app.gateway.proxy.count_tokens(body).await)
}

fn read(body: &Bytes) -> Result<Asked, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let detail = format!("The body is not a request to count tokens: {error}.");
        Problem::new(ProblemCode::InvalidRequest, detail)
    })
}
