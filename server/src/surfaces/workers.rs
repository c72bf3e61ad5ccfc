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

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use futures_util::{FutureExt, StreamExt, stream};
    use tokio::{runtime::Runtime, sync::oneshot};
    use tower::ServiceExt;

    use super::*;

    fn workers() -> Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap()
    }

    fn on_a_lane<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    async fn defect() -> Response {
        panic!("as if by a defect")
    }

    #[test]
    fn a_body_made_in_parts_arrives_whole_and_in_order() {
        let workers = workers();
        let parts: Vec<_> = (0..100).map(|number| format!("part {number}\n")).collect();
        let expected = parts.concat();
        let body = Body::from_stream(stream::iter(parts).map(Ok::<_, axum::Error>));
        let collected = on_a_lane(stay(workers.handle(), body).collect()).unwrap();
        assert_eq!(collected.to_bytes(), expected);
    }

    #[test]
    fn a_body_that_nobody_reads_any_more_is_no_longer_made() {
        let workers = workers();
        let (alive, dropped) = oneshot::channel::<()>();
        let endless = stream::repeat_with(move || {
            let _alive = &alive;
            Ok::<_, axum::Error>("more")
        });
        let mut body = stay(workers.handle(), Body::from_stream(endless));
        on_a_lane(async {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "more");
            drop(body);
            assert!(dropped.await.is_err());
        });
    }

    #[test]
    fn a_panic_on_the_workers_comes_back_to_the_one_who_waits() {
        let workers = workers();
        let router = Router::new()
            .route("/", get(defect))
            .layer(from_fn_with_state(workers.handle().clone(), serve));
        let request = Request::new(Body::empty());
        let outcome = on_a_lane(AssertUnwindSafe(router.oneshot(request)).catch_unwind());
        assert!(outcome.is_err());
    }
}
