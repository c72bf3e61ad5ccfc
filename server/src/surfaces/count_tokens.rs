//! `/v1/messages/count_tokens` and Google's `:countTokens`: how long a prompt is, before it is sent.
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
use gateway::{call::Credential, identity::Principal, wire::Dialect};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{json, value::RawValue};
use shared::{Problem, ProblemCode};

use super::{App, ai, body, models, render};

#[derive(Deserialize)]
struct Asked {
    model: String,
    #[serde(rename = "messages")]
    _messages: Vec<IgnoredAny>,
}

/// What is counted, or a whole request of which it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedOfContents {
    contents: Option<IgnoredAny>,
    #[serde(alias = "generate_content_request")]
    generate_content_request: Option<Box<RawValue>>,
}

/// The input tokens of a messages request.
pub(super) async fn count(State(app): State<App>, headers: HeaderMap, body: Body) -> Response {
    let request_id = app.gateway.proxy.next_request_id().to_string();
    match counted_messages(&app, &headers, body).await {
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

/// The tokens of a prompt of Google's for the model that the path names.
pub(super) async fn count_contents(
    app: &App,
    credential: &Credential,
    model: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let request_id = app.gateway.proxy.next_request_id().to_string();
    match counted_contents(app, credential, model, headers, body).await {
        Ok(total) => {
            let mut response = Json(json!({ "totalTokens": total })).into_response();
            render::identify(response.headers_mut(), &request_id);
            response
        }
        Err(problem) => render::problem(Dialect::Gemini, &problem.for_request(&request_id)),
    }
}

async fn counted_messages(app: &App, headers: &HeaderMap, body: Body) -> Result<i64, Problem> {
    let (principal, body) = known(app, &ai::credential(headers), headers, body).await?;
    let asked: Asked = read(&body)?;
    counted(app, &principal, &asked.model, body).await
}

async fn counted_contents(
    app: &App,
    credential: &Credential,
    model: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<i64, Problem> {
    let (principal, body) = known(app, credential, headers, body).await?;
    let asked: AskedOfContents = read(&body)?;
    let prompt = match (asked.contents, asked.generate_content_request) {
        (_, Some(whole)) => Bytes::copy_from_slice(whole.get().as_bytes()),
        (Some(_), None) => body,
        (None, None) => {
            let detail = "`contents` is missing; give the contents to count.";
            return Err(Problem::new(ProblemCode::InvalidRequest, detail).at("contents"));
        }
    };
    counted(app, &principal, model, prompt).await
}

/// Who is asking, and the body; nothing is read for a stranger.
async fn known(
    app: &App,
    credential: &Credential,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Principal, Bytes), Problem> {
    match app.gateway.proxy.caller(credential) {
        Ok(principal) => Ok((principal, body::read(body, headers, app.body_limit_bytes).await?)),
        Err(refusal) => {
            body::discard(body, app.body_limit_bytes).await;
            Err(refusal.problem(app.gateway.proxy.next_request_id()))
        }
    }
}

async fn counted(
    app: &App,
    principal: &Principal,
    model: &str,
    prompt: Bytes,
) -> Result<i64, Problem> {
    if app.gateway.models.model_for(principal, model).is_err() {
        return Err(models::unknown(model));
    }
    Ok(app.gateway.proxy.count_tokens(prompt).await)
}

fn read<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let detail = format!("The body is not a request to count tokens: {error}.");
        Problem::new(ProblemCode::InvalidRequest, detail)
    })
}
