//! Follows the run of an answer as server-sent events.
//!
//! Every event carries its sequence number as its id. A browser that loses the connection sends
//! the last one back as `Last-Event-ID` and misses nothing; one that reloads gets the whole run.

use std::{convert::Infallible, time::Duration};

use app::{api::chat::AnswerEvent, wire};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::StreamExt;
use shared::{Problem, ProblemCode, id::MessageId};

use super::{Site, caller::Caller};

/// Proxies cut connections that are silent for a minute; a comment goes out well before.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// `GET /chat/runs/{message}/events`
pub(super) async fn follow(
    State(site): State<Site>,
    caller: Caller,
    Path(message): Path<String>,
) -> Response {
    let Ok(message) = message.parse::<MessageId>() else {
        let problem = Problem::new(ProblemCode::NotFound, "There is no such answer to follow.");
        return refuse(caller.name(problem));
    };
    let after = last_event_id(&caller.headers);
    match site.gateway.conversations.events(&caller.principal, message, after).await {
        Ok(events) => {
            let events = events.map(|(sequence, event)| {
                let line = wire::written(&AnswerEvent::from(event));
                Ok::<_, Infallible>(Event::default().id(sequence.to_string()).data(line))
            });
            Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response()
        }
        Err(problem) => refuse(caller.name(problem)),
    }
}

fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

/// A status other than 200 also tells the browser to stop trying.
fn refuse(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(problem)).into_response()
}
