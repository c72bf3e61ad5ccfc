//! Serves a request on the workers of the main runtime instead of the lane on which it arrived.
//!
//! Pages take milliseconds of processor time and wait for each other's parts; on a lane they would
//! hold up calls, and a page that is rendered in parts needs more than one thread.

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, channel::Channel};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

/// How many parts of a body may wait for the client.
const PARTS_UNDER_WAY: usize = 8;

/// Runs what follows on the workers; dropped with the client.
pub(super) async fn serve(State(workers): State<Handle>, request: Request, next: Next) -> Response {
    let answering = workers.spawn(next.run(request));
    match AbortOnDropHandle::new(answering).await {
        Ok(response) => response.map(|body| stay(&workers, body)),
        Err(error) => match error.try_into_panic() {
            // Answered where the panics of calls are.
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

/// A body that goes on being made on the workers.
fn stay(workers: &Handle, body: Body) -> Body {
    if body.size_hint().exact().is_some() {
        return body;
    }
    let (sender, parts) = Channel::<Bytes, axum::Error>::new(PARTS_UNDER_WAY);
    workers.spawn(pass_on(body, sender));
    Body::new(parts)
}

async fn pass_on(mut body: Body, mut sender: http_body_util::channel::Sender<Bytes, axum::Error>) {
    while let Some(part) = body.frame().await {
        match part {
            Ok(frame) => {
                if sender.send(frame).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                sender.abort(error);
                return;
            }
        }
    }
}
