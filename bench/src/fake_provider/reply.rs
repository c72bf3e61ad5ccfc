//! What is sent back for what was prepared: after the latency, as an answer or as a failure.

use std::future::pending;

use bytes::Bytes;
use futures_util::stream;
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use tokio::time::sleep;

use super::{
    directives::{Directives, Failure},
    fault::Fault,
    kept::Found,
    ledger::{Arrival, Usage},
    script::Script,
    socket::ResetSwitch,
    stream::Streaming,
    vendor::Vendor,
};

/// The body of any answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Cut>;

/// Ends the connection instead of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fake provider cuts the connection")]
pub(super) struct Cut;

/// An answer that is ready to be sent.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) model: String,
    pub(super) directives: Directives,
    pub(super) usage: Usage,
    pub(super) payload: Payload,
}

/// One document or a stream.
#[derive(Debug)]
pub(super) enum Payload {
    Whole(String),
    Stream(Script),
    /// One JSON array that comes element by element.
    Array(Script),
    /// A plain text.
    Text(String),
    /// Something of another kind, such as sound, piece by piece.
    Media {
        content_type: &'static str,
        script: Script,
    },
}

/// How the request came in.
#[derive(Debug)]
pub(super) struct Exchange<'a> {
    pub(super) vendor: Vendor,
    pub(super) request_id: String,
    pub(super) reset: &'a ResetSwitch,
}

const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head>\n\
     <body><h1>Bad Gateway</h1><p>The proxy did not understand the origin.</p></body></html>\n";

impl Exchange<'_> {
    /// A page of the provider's own.
    pub(super) fn page(&self, json: String) -> Response<Body> {
        self.respond(StatusCode::OK, self.vendor.json_type(), whole(json))
    }

    /// What was kept, of which only the first half comes where it is to break off.
    pub(super) fn show(&self, found: Found) -> Response<Body> {
        let (content_type, name, content, is_cut) = match found {
            Found::Page(json) => return self.page(json),
            Found::File { content_type, name, content, is_cut } => {
                (content_type, name, content, is_cut)
            }
        };
        let body = if is_cut {
            half(&content, Failure::ResetAfter(1), self.reset.clone())
        } else {
            whole(content)
        };
        let mut response = self.respond(StatusCode::OK, content_type, body);
        let disposition = name.map(|name| format!("attachment; filename=\"{name}\""));
        if let Some(Ok(disposition)) = disposition.as_deref().map(HeaderValue::from_str) {
            response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
        }
        response
    }

    /// A refusal in the vendor's shape.
    pub(super) fn refuse(&self, fault: &Fault, retry_after_seconds: Option<u64>) -> Response<Body> {
        let refusal = self.vendor.refusal(fault, &self.request_id, retry_after_seconds);
        let content_type = self.vendor.refusal_type();
        let mut response = self.respond(self.vendor.status(fault), content_type, whole(refusal));
        if let Some((name, value)) = self.vendor.refusal_header(fault) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(seconds) = retry_after_seconds
            && !self.vendor.tells_retry_in_body()
        {
            response.headers_mut().insert("retry-after", HeaderValue::from(seconds));
        }
        response
    }

    /// Sends what was prepared, or fails in the way that is asked for.
    pub(super) async fn perform(
        &self,
        prepared: Prepared,
        failure: Option<Failure>,
        arrival: Arrival,
    ) -> Result<Response<Body>, Cut> {
        if !prepared.directives.latency.is_zero() {
            sleep(prepared.directives.latency).await;
        }
        match failure {
            None => Ok(self.answer(prepared, None, arrival)),
            Some(Failure::Hang) => pending().await,
            Some(Failure::Reset) => {
                arrival.fail();
                self.reset.arm();
                Err(Cut)
            }
            Some(failure @ (Failure::Status(_) | Failure::Html(_) | Failure::Garbage)) => {
                arrival.fail();
                Ok(self.fail_at_once(prepared, failure))
            }
            Some(midway) => Ok(self.answer(prepared, Some(midway), arrival)),
        }
    }

    /// What answers a handshake: the connection is another protocol's from here on.
    pub(super) fn switch(&self, accept: &str) -> Response<Body> {
        let mut response =
            self.respond(StatusCode::SWITCHING_PROTOCOLS, PLAIN, whole(Bytes::new()));
        let headers = response.headers_mut();
        headers.remove(CONTENT_TYPE);
        headers.insert("connection", HeaderValue::from_static("Upgrade"));
        headers.insert("upgrade", HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(accept) {
            headers.insert("sec-websocket-accept", accept);
        }
        response
    }

    fn fail_at_once(&self, prepared: Prepared, failure: Failure) -> Response<Body> {
        let Prepared { model, directives, payload, .. } = prepared;
        match (failure, payload) {
            (Failure::Status(status), _) => {
                self.refuse(&Fault::Wanted { status, model }, directives.retry_after_seconds)
            }
            (Failure::Html(status), _) => self.respond(status, HTML, whole(PAGE.to_owned())),
            (_, Payload::Stream(_)) => {
                let event = whole(self.vendor.garbage_event());
                self.respond(StatusCode::OK, self.vendor.stream_type(), event)
            }
            (
                _,
                Payload::Whole(_) | Payload::Array(_) | Payload::Text(_) | Payload::Media { .. },
            ) => {
                let body = "{\"id\":\"fake\",\"choices\":[oops".to_owned();
                self.respond(StatusCode::OK, self.vendor.json_type(), whole(body))
            }
        }
    }

    fn answer(
        &self,
        prepared: Prepared,
        midway: Option<Failure>,
        arrival: Arrival,
    ) -> Response<Body> {
        let Prepared { model, directives, usage, payload } = prepared;
        let document_type = match &payload {
            Payload::Text(_) => PLAIN,
            _ => self.vendor.json_type(),
        };
        match (payload, midway) {
            (Payload::Stream(script), failure) => {
                let streaming = Streaming {
                    charge: arrival.answer_in_parts(&model, usage, script.pieces()),
                    script,
                    gap: directives.gap,
                    failure,
                    error_event: self.vendor.error_event(&self.request_id),
                    reset: self.reset.clone(),
                };
                let content_type = self.vendor.stream_type();
                let mut response =
                    self.respond(StatusCode::OK, content_type, streaming.into_body());
                let no_cache = HeaderValue::from_static("no-cache");
                response.headers_mut().insert("cache-control", no_cache);
                response
            }
            (Payload::Array(script), failure) => {
                let streaming = Streaming {
                    charge: arrival.answer_in_parts(&model, usage, script.pieces()),
                    script,
                    gap: directives.gap,
                    failure,
                    error_event: self.vendor.error_element(),
                    reset: self.reset.clone(),
                };
                self.respond(StatusCode::OK, self.vendor.json_type(), streaming.into_body())
            }
            (Payload::Whole(text) | Payload::Text(text), None) => {
                arrival.answer_whole(&model, usage);
                self.respond(StatusCode::OK, document_type, whole(text))
            }
            // What has no events cannot report an error once it has begun.
            (
                Payload::Whole(_) | Payload::Text(_) | Payload::Media { .. },
                Some(Failure::ErrorEventAfter(_)),
            ) => {
                arrival.fail();
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                self.refuse(&Fault::Wanted { status, model }, None)
            }
            (Payload::Media { content_type, script }, failure) => {
                let streaming = Streaming {
                    charge: arrival.answer_in_parts(&model, usage, script.pieces()),
                    script,
                    gap: directives.gap,
                    failure,
                    error_event: Bytes::new(),
                    reset: self.reset.clone(),
                };
                self.respond(StatusCode::OK, content_type, streaming.into_body())
            }
            (Payload::Whole(text) | Payload::Text(text), Some(failure)) => {
                arrival.break_whole(&model, usage);
                let body = half(text.as_bytes(), failure, self.reset.clone());
                self.respond(StatusCode::OK, document_type, body)
            }
        }
    }

    fn respond(
        &self,
        status: StatusCode,
        content_type: &'static str,
        body: Body,
    ) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(name) = self.vendor.request_id_header()
            && let Ok(id) = HeaderValue::from_str(&self.request_id)
        {
            headers.insert(HeaderName::from_static(name), id);
        }
        if let Some((name, value)) = self.vendor.own_header() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

fn whole(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The first half of a document, and then the failure.
fn half(document: &[u8], failure: Failure, reset: ResetSwitch) -> Body {
    let first = Bytes::copy_from_slice(&document[..document.len() / 2]);
    let state = (Some(first), reset);
    let frames = stream::unfold(state, move |(first, reset)| async move {
        if let Some(first) = first {
            return Some((Ok(Frame::data(first)), (None, reset)));
        }
        tokio::task::yield_now().await;
        match failure {
            Failure::ResetAfter(_) => {
                reset.arm();
                Some((Err(Cut), (None, reset)))
            }
            Failure::StallAfter(_) => pending().await,
            _ => None,
        }
    });
    StreamBody::new(frames).boxed_unsync()
}
