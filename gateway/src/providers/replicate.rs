//! Replicate: a prediction is begun, and what comes of it is asked for.
//!
//! A whole answer is waited for in the request that begins it, and asked for again where that takes
//! longer than Replicate waits. A stream has an address of its own, which is told where the prediction
//! is begun and wants no credential; it does not tell usage, so the prediction is read once more
//! behind it. A prediction that nobody waits for any more is canceled: it would be billed to its end.
//! <https://replicate.com/docs/reference/http>

mod prediction;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, header::ACCEPT};
use reqwest::Response;
use url::Url;

use self::prediction::{Begun, Prediction};
use super::{
    Failure, Handle,
    attempt::{classify, first_of_stream, refused, whole},
    endpoints::join,
    send::UpstreamBody,
};
use crate::wire::{Dialect, Framing};

/// Whether Replicate waits for the answer, up to a minute, before it tells how far it is.
static PREFER: HeaderName = HeaderName::from_static("prefer");

/// Where a model is asked: an official one (`owner/name`), or a deployment of one's own
/// (`deployments/owner/name`).
pub(super) fn url(base: &Url, model: &str) -> Url {
    let mut segments: Vec<&str> = model.split('/').collect();
    if segments.first() != Some(&"deployments") {
        segments.insert(0, "models");
    }
    segments.push("predictions");
    join(base, &segments)
}

/// The header of a request that begins a prediction.
pub(super) fn header(is_streaming: bool) -> Option<(HeaderName, HeaderValue)> {
    (!is_streaming).then(|| (PREFER.clone(), HeaderValue::from_static("wait")))
}

/// What comes of a prediction that Replicate says has begun.
///
/// # Errors
/// What it failed with, in Replicate's words where there are any.
pub(super) async fn follow(
    handle: &Handle,
    dialect: Dialect,
    response: Response,
    is_streaming: bool,
) -> Result<UpstreamBody, Failure> {
    let body = whole(response).await?;
    let begun = Begun::read(&body)?;
    let prediction = Prediction::of(handle, &begun).await?;
    match begun.stream_url.filter(|_| is_streaming) {
        Some(url) => streamed(handle, prediction, url).await,
        None if is_streaming => {
            let body = prediction.ended(body).await?;
            Ok(UpstreamBody::Stream { first: prediction::as_events(&body)?, rest: nothing_more() })
        }
        None => {
            let body = prediction.ended(body).await?;
            Ok(UpstreamBody::whole(dialect, handle.usage_shape(), body))
        }
    }
}

async fn streamed(
    handle: &Handle,
    prediction: Prediction,
    url: Url,
) -> Result<UpstreamBody, Failure> {
    let is_protected = url.scheme() == "https" || handle.address().scheme() == "http";
    if !is_protected {
        return Err(Failure::Nonsense("the address of a stream that is not https".to_owned()));
    }
    let media_type = Framing::ServerSentEvents.media_type();
    let request = handle.client().get(url).header(ACCEPT, media_type);
    let response = request.send().await.map_err(|error| classify(&error))?;
    if !response.status().is_success() {
        return Err(refused(handle, response).await);
    }
    match first_of_stream(response, Framing::ServerSentEvents).await? {
        UpstreamBody::Stream { first, rest } => {
            Ok(UpstreamBody::Stream { first, rest: prediction.behind(rest) })
        }
        other => Ok(other),
    }
}

fn nothing_more() -> futures_util::stream::BoxStream<'static, Result<Bytes, Failure>> {
    Box::pin(futures_util::stream::empty())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("meta/meta-llama-3-8b-instruct", "models/meta/meta-llama-3-8b-instruct/predictions")]
    #[case("deployments/acme/llama", "deployments/acme/llama/predictions")]
    fn a_model_has_an_address(#[case] model: &str, #[case] path: &str) {
        let base = Url::parse("https://api.replicate.com/v1").unwrap();
        assert_eq!(url(&base, model).as_str(), format!("https://api.replicate.com/v1/{path}"));
    }
}
