//! Forms with files: read to their end, never held whole in memory.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, header},
};
use futures_util::StreamExt;
use gateway::call::{Upload, UploadError};
use shared::{Problem, ProblemCode};
use tokio::time::timeout;

use super::{App, ai::Asked, body};

/// How long a client may pause in the middle of its form.
const PAUSE_LIMIT: Duration = Duration::from_secs(30);

/// Why no more of a form comes.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("it paused for more than 30 seconds")]
    Paused,
    #[error("it broke off before its end")]
    BrokeOff,
}

/// Reads the form of a request.
pub(super) async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<Asked, Problem> {
    let Some(boundary) = boundary(headers) else {
        body::discard(body, app.body_limit_bytes).await;
        return Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "Send the body as `content-type: multipart/form-data`, with the file in a part of its \
             own; the official SDKs do.",
        ));
    };
    let announced = body.size_hint().exact().unwrap_or_default();
    if announced > app.upload_limit_bytes {
        // A client that is cut off while it sends does not see why.
        body::discard(body, usize::try_from(app.upload_limit_bytes).unwrap_or(usize::MAX)).await;
        return Err(told(&UploadError::TooLarge(app.upload_limit_bytes)));
    }
    let chunks = body.into_data_stream();
    let chunks = futures_util::stream::unfold(Some(chunks), |chunks| async {
        let mut chunks = chunks?;
        match timeout(PAUSE_LIMIT, chunks.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(chunks))),
            Ok(Some(Err(_))) => Some((Err(Stopped::BrokeOff), None)),
            Err(_) => Some((Err(Stopped::Paused), None)),
            Ok(None) => None,
        }
    });
    let directory = Arc::clone(&app.upload_directory);
    let upload = Upload::read(chunks, boundary, app.upload_limit_bytes, &directory)
        .await
        .map_err(|error| told(&error))?;
    Ok(Asked { body: upload.fields(), upload: Some(Arc::new(upload)) })
}

fn boundary(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(content_type).ok()
}

fn told(error: &UploadError) -> Problem {
    match error {
        UploadError::TooLarge(_) => Problem::new(
            ProblemCode::BodyTooLarge,
            format!(
                "{error} Send less, or ask an administrator to raise `server.upload_limit_bytes`."
            ),
        ),
        UploadError::Malformed(_) | UploadError::LongField(_) | UploadError::ManyParts => {
            Problem::new(ProblemCode::InvalidRequest, error.to_string())
        }
        UploadError::Disk(cause) => {
            tracing::error!(error = %cause, "an upload could not be kept");
            let detail = "The gateway has no room for the upload at the moment; try again.";
            Problem::new(ProblemCode::Internal, detail)
        }
    }
}
