//! The calls: one request, through the pipeline and back; what all their surfaces share.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use gateway::{
    call::{Call, Credential, Refusal, Surface, Upload},
    kernel::Secret,
    proxy::{Answer, AnswerBody},
    wire::ModelPath,
};
use shared::{Problem, ProblemCode, id::RequestId};

use super::{App, body, render, upload};

/// The most that headers may have together, in bytes.
const HEADERS_LIMIT_BYTES: usize = 32 * 1024;

/// Through which door a call comes in, whose it is, and what its path says.
pub(super) struct Arrival {
    pub(super) surface: Surface,
    pub(super) credential: Credential,
    pub(super) path: Option<ModelPath>,
}

/// One AI request, through the pipeline and back.
pub(super) async fn serve(
    arrival: Arrival,
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let Arrival { surface, credential, path } = arrival;
    let proxy = &app.gateway.proxy;
    let request_id = proxy.next_request_id();
    let trail = proxy.trail(request_id, surface);
    let Asked { body, upload } = match read(app, surface, &credential, headers, body).await {
        Ok(asked) => asked,
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
        path,
        body,
        upload,
        batch: None,
        received_at: app.gateway.clock.now(),
    };
    let served = match surface {
        Surface::OpenAiResponses => Box::pin(app.gateway.responses.serve(call, trail)).await,
        _ => proxy.serve_on(call, trail).await,
    };
    match served {
        Ok(answer) => respond(answer, request_id),
        Err(problem) => render::problem(surface.dialect(), &problem),
    }
}

/// What a request brings.
pub(super) struct Asked {
    pub(super) body: Bytes,
    pub(super) upload: Option<Arc<Upload>>,
}

/// The body; nothing is read for a caller whom the pipeline will refuse anyway.
async fn read(
    app: &App,
    surface: Surface,
    credential: &Credential,
    headers: &HeaderMap,
    body: Body,
) -> Result<Asked, Problem> {
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
        Credential::ApiKey(key) if app.gateway.proxy.knows(key) => match surface {
            Surface::Relayed(api) if api.takes_files() => {
                Box::pin(upload::read(app, headers, body)).await
            }
            _ => {
                let body = body::read(body, headers, app.body_limit_bytes).await?;
                Ok(Asked { body, upload: None })
            }
        },
        _ => {
            body::discard(body, app.body_limit_bytes).await;
            Ok(Asked { body: Bytes::new(), upload: None })
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
    let in_header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let key = || in_header("x-api-key").or_else(|| in_header("x-goog-api-key"));
    key_of(bearer.or_else(key))
}

pub(super) fn key_of(key: Option<&str>) -> Credential {
    match key {
        Some(key) if !key.is_empty() => Credential::ApiKey(Secret::new(key)),
        _ => Credential::None,
    }
}

/// Anthropic's own headers, which a backend of the same dialect understands.
pub(super) fn vendor_headers(headers: &HeaderMap) -> HeaderMap {
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
        AnswerBody::Whole(_) => HeaderValue::from_static("application/json"),
        AnswerBody::Stream(_) => HeaderValue::from_static("text/event-stream"),
        AnswerBody::Media { content_type, .. } => content_type.clone(),
    };
    headers.insert(header::CONTENT_TYPE, content_type);
    render::identify(&mut headers, &request_id.to_string());
    let body = match body {
        AnswerBody::Whole(bytes) => Body::from(bytes),
        media @ AnswerBody::Media { .. } => Body::from_stream(media),
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
