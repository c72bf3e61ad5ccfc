//! Reads request bodies within a limit, and tells clearly what is wrong with one.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use shared::{Problem, ProblemCode};
use tokio::time::timeout;

/// How long a client may pause in the middle of its body.
const PAUSE_LIMIT: Duration = Duration::from_secs(30);
/// How much of a body that is not wanted is still read, as a multiple of the limit: a client that
/// is cut off while it sends does not see why.
const DISCARD_FACTOR: usize = 4;
/// Room made at once for a body of announced length.
const FIRST_RESERVE_BYTES: usize = 256 * 1024;

/// Reads the whole body.
pub(super) async fn read(
    mut body: Body,
    headers: &HeaderMap,
    limit_bytes: usize,
) -> Result<Bytes, Problem> {
    let is_other = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| !value.to_ascii_lowercase().contains("json"));
    if is_other {
        discard(body, limit_bytes).await;
        return Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "Send the body as `content-type: application/json`.",
        ));
    }
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > limit_bytes) {
        discard(body, limit_bytes).await;
        return Err(too_large(limit_bytes));
    }
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    while let Some(chunk) = next(&mut body).await? {
        if all.len() + first.as_ref().map_or(0, Bytes::len) + chunk.len() > limit_bytes {
            discard(body, limit_bytes).await;
            return Err(too_large(limit_bytes));
        }
        match first.take() {
            None if all.is_empty() => first = Some(chunk),
            None => all.extend_from_slice(&chunk),
            Some(earlier) => {
                all.reserve(announced.unwrap_or(0).min(FIRST_RESERVE_BYTES));
                all.extend_from_slice(&earlier);
                all.extend_from_slice(&chunk);
            }
        }
    }
    Ok(first.unwrap_or_else(|| all.freeze()))
}

/// Reads and forgets a body, up to a bound.
pub(super) async fn discard(mut body: Body, limit_bytes: usize) {
    let mut left = limit_bytes.saturating_mul(DISCARD_FACTOR);
    while let Ok(Some(chunk)) = next(&mut body).await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    loop {
        let frame = timeout(PAUSE_LIMIT, body.frame()).await.map_err(|_| {
            Problem::new(
                ProblemCode::InvalidRequest,
                "The body paused for more than 30 seconds; send it again.",
            )
        })?;
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(_)) => {
                return Err(Problem::new(
                    ProblemCode::InvalidRequest,
                    "The body broke off before its end; send it again.",
                ));
            }
        }
    }
}

fn too_large(limit_bytes: usize) -> Problem {
    Problem::new(
        ProblemCode::BodyTooLarge,
        format!(
            "The body has more than {limit_bytes} bytes. Send less, or ask an administrator to \
             raise `server.body_limit_bytes`."
        ),
    )
}
