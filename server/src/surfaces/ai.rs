//! `/v1/chat/completions`, `/v1/responses`, `/v1/embeddings`, `/v1/messages`

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use gateway::{
    call::{Call, Credential, Refusal, Surface},
    kernel::Secret,
    proxy::{Answer, AnswerBody},
};
use shared::{Problem, ProblemCode, id::RequestId};

use super::{App, body, render};

/// The most that headers may have together, in bytes.
const HEADERS_LIMIT_BYTES: usize = 32 * 1024;

/// One AI request, through the pipeline and back.
pub(super) async fn serve(
    surface: Surface,
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let proxy = &app.gateway.proxy;
    let request_id = proxy.next_request_id();
    let trail = proxy.trail(request_id, surface);
    let credential = credential(headers);
    let bytes = match read(app, &credential, headers, body).await {
        Ok(bytes) => bytes,
        Err(problem) => {
            let problem = trail.refuse(&Refusal::Edge(problem));
            return render::problem(surface.dialect(), &problem);
        }
    };
    let call = Call {
        request_id,
        surface,
        credential,
        vendor_headers: vendor_headers(headers),
        body: bytes,
        received_at: app.gateway.clock.now(),
    };
    let served = match surface {
        Surface::OpenAiResponses => app.gateway.responses.serve(call, trail).await,
        _ => proxy.serve_on(call, trail).await,
    };
    match served {
        Ok(answer) => respond(answer, request_id),
        Err(problem) => render::problem(surface.dialect(), &problem),
    }
}

/// The body; nothing is read for a caller whom the pipeline will refuse anyway.
async fn read(
    app: &App,
    credential: &Credential,
    headers: &HeaderMap,
    body: Body,
) -> Result<Bytes, Problem> {
    let header_bytes: usize =
        headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > HEADERS_LIMIT_BYTES {
        return Err(Problem::new(
            ProblemCode::HeadersTooLarge,
            format!(
                "The headers have {header_bytes} bytes; at most {HEADERS_LIMIT_BYTES} are \
                 accepted."
            ),
        ));
    }
    match credential {
        Credential::ApiKey(key) if app.gateway.proxy.knows(key) => {
            body::read(body, headers, app.body_limit_bytes).await
        }
        _ => {
            body::discard(body, app.body_limit_bytes).await;
            Ok(Bytes::new())
        }
    }
}

pub(super) fn credential(headers: &HeaderMap) -> Credential {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let key = || headers.get("x-api-key").and_then(|value| value.to_str().ok());
    match bearer.or_else(key) {
        Some(key) if !key.is_empty() => Credential::ApiKey(Secret::new(key)),
        _ => Credential::None,
    }
}

/// Anthropic's own headers, which a backend of the same dialect understands.
fn vendor_headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in ["anthropic-version", "anthropic-beta"] {
        for value in headers.get_all(name) {
            kept.append(name, value.clone());
        }
    }
    kept
}

fn respond(answer: Answer, request_id: RequestId) -> Response {
    let Answer { status, mut headers, body, .. } = answer;
    let content_type = match &body {
        AnswerBody::Whole(_) => "application/json",
        AnswerBody::Stream(_) => "text/event-stream",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    render::identify(&mut headers, &request_id.to_string());
    let body = match body {
        AnswerBody::Whole(bytes) => Body::from(bytes),
        stream @ AnswerBody::Stream(_) => {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
            Body::from_stream(stream)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
