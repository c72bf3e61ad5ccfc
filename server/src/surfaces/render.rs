//! Problems as HTTP responses in the client's dialect.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use gateway::wire::{Dialect, render_problem, standing_headers};
use shared::{Problem, ProblemCode};

use super::front::CALLS;

/// The longest wait that is left to the official SDKs: what a limit by the minute may take. Beyond a
/// minute some of them try again at once, which is of no use, and others sleep for as long as told,
/// which nobody expects of a program.
const LONGEST_RETRY_SECONDS: u32 = 61;

/// A problem in a dialect.
pub(super) fn problem(dialect: Dialect, problem: &Problem) -> Response {
    let mut response = Response::new(Body::from(render_problem(dialect, problem)));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    identify(headers, &problem.request_id);
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(standing) = &problem.standing {
        headers.extend(standing_headers(dialect, standing));
    }
    let is_long = problem.retry_after.is_some_and(|seconds| seconds > LONGEST_RETRY_SECONDS);
    if problem.code == ProblemCode::BudgetExceeded || is_long {
        // The official SDKs obey this; trying again before the window ends is of no use.
        headers.insert("x-should-retry", HeaderValue::from_static("false"));
    }
    if problem.status == 401 {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Puts the request's id on a response; Anthropic's SDK looks for it under another name.
pub(super) fn identify(headers: &mut HeaderMap, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("request-id", value.clone());
        headers.insert("x-request-id", value);
    }
}

/// The dialect of a request that no surface takes: Google's or Anthropic's if it says so, else
/// OpenAI's.
pub(super) fn dialect_of(uri: &Uri, headers: &HeaderMap) -> Dialect {
    if uri.path().starts_with("/v1beta/") || headers.contains_key("x-goog-api-key") {
        Dialect::Gemini
    } else if headers.contains_key("anthropic-version") {
        Dialect::AnthropicMessages
    } else {
        Dialect::OpenAiChat
    }
}

/// What is left to say after a defect; the panic itself is in the log.
pub(super) fn after_panic(_panic: Box<dyn std::any::Any + Send>) -> Response {
    let detail = "Something went wrong on our side. The log of the gateway has the details.";
    problem(Dialect::OpenAiChat, &Problem::new(ProblemCode::Internal, detail))
}

pub(super) async fn no_such_endpoint(uri: Uri, headers: HeaderMap) -> Response {
    let detail = format!(
        "There is no such endpoint. This gateway has {}, /v1/files, /v1/batches, \
         /v1/messages/batches, /v1/messages/count_tokens, /v1/models and the WebSocket /v1/realtime; \
         under /v1beta/models/{{model}} it has :generateContent, :streamGenerateContent and \
         :countTokens.",
        CALLS.join(", ")
    );
    problem(dialect_of(&uri, &headers), &Problem::new(ProblemCode::NotFound, detail))
}

pub(super) async fn method_not_allowed(uri: Uri, headers: HeaderMap) -> Response {
    let detail = "This endpoint does not take that HTTP method; lists, single objects and \
                  /v1/realtime take GET, /v1/responses/{id}, /v1/files/{id} and \
                  /v1/messages/batches/{id} take DELETE too, the others take POST.";
    problem(dialect_of(&uri, &headers), &Problem::new(ProblemCode::MethodNotAllowed, detail))
}
