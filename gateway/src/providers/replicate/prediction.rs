//! One prediction under way: asked how far it is, canceled where nobody waits for it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream, stream::BoxStream};
use reqwest::{Client, Request};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::super::{
    Failure, Handle,
    attempt::{classify, whole},
    endpoints::join,
    error_body::ErrorBody,
};

/// How long it takes until a prediction that has not ended is asked for again.
const PAUSE: Duration = Duration::from_millis(500);
/// How often the usage of a stream that has ended is asked for before it is estimated.
const ATTEMPTS: usize = 6;
/// What a caller is told for a prediction that its model has failed at.
const FAILED_STATUS: u16 = 400;

/// What Replicate tells of a prediction at its beginning.
pub(super) struct Begun {
    id: String,
    pub(super) stream_url: Option<Url>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    status: String,
    #[serde(default)]
    urls: Urls,
    error: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Urls {
    stream: Option<Url>,
}

impl Told {
    fn read(body: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body)
            .map_err(|_| Failure::Nonsense("something that is no prediction".to_owned()))
    }
}

impl Begun {
    pub(super) fn read(body: &[u8]) -> Result<Self, Failure> {
        let Told { id, urls, .. } = Told::read(body)?;
        let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id {
            return Err(Failure::Nonsense("a prediction without an id".to_owned()));
        }
        Ok(Self { id, stream_url: urls.stream })
    }
}

/// A prediction that is waited for; dropped before its end, it is canceled.
pub(super) struct Prediction {
    client: Client,
    get: Request,
    cancel: Option<Request>,
}

impl Prediction {
    pub(super) async fn of(handle: &Handle, begun: &Begun) -> Result<Self, Failure> {
        let client = handle.client().clone();
        let at = |last: &[&str]| {
            let path: Vec<&str> =
                ["predictions", &begun.id].into_iter().chain(last.to_vec()).collect();
            join(&handle.address(), &path)
        };
        let get = handle.opened(client.get(at(&[]))).await?;
        let cancel = handle.opened(client.post(at(&["cancel"]))).await?;
        Ok(Self { client, get, cancel: Some(cancel) })
    }

    /// The prediction when it has ended; `body` is what is known of it.
    pub(super) async fn ended(mut self, mut body: Bytes) -> Result<Bytes, Failure> {
        loop {
            let told = Told::read(&body)?;
            match told.status.as_str() {
                "starting" | "processing" | "queued" => {}
                "succeeded" => {
                    self.cancel = None;
                    return Ok(body);
                }
                status => {
                    self.cancel = None;
                    return Err(failed(status, told.error.as_ref()));
                }
            }
            tokio::time::sleep(PAUSE).await;
            body = self.asked().await?;
        }
    }

    /// A stream, and behind it the prediction as an event `prediction`.
    pub(super) fn behind(
        self,
        events: BoxStream<'static, Result<Bytes, Failure>>,
    ) -> BoxStream<'static, Result<Bytes, Failure>> {
        stream::unfold(Some((events, self)), |state| async move {
            let (mut events, mut prediction) = state?;
            match events.next().await {
                Some(Ok(bytes)) => Some((Ok(bytes), Some((events, prediction)))),
                Some(Err(failure)) => Some((Err(failure), None)),
                None => {
                    let usage = prediction.usage().await?;
                    prediction.cancel = None;
                    Some((Ok(usage), None))
                }
            }
        })
        .boxed()
    }

    /// The event that tells what a streamed prediction came to; none where it is not told in time.
    async fn usage(&mut self) -> Option<Bytes> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let body = self.asked().await.ok()?;
            let told = Told::read(&body).ok()?;
            if !matches!(told.status.as_str(), "starting" | "processing") {
                self.cancel = None;
                // The last event before it may lack its blank line.
                return event("prediction", &body)
                    .map(|event| [b"\n\n", &event[..]].concat().into());
            }
        }
        None
    }

    async fn asked(&self) -> Result<Bytes, Failure> {
        let request = self.get.try_clone().ok_or(Failure::Broken)?;
        let response = self.client.execute(request).await.map_err(|error| classify(&error))?;
        let status = response.status();
        if !status.is_success() {
            let (status, message) =
                (status.as_u16(), format!("The prediction was not told ({status})."));
            return Err(Failure::Unavailable { status, message, retry_after: None });
        }
        whole(response).await
    }
}

impl Drop for Prediction {
    fn drop(&mut self) {
        let Some(request) = self.cancel.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let client = self.client.clone();
            // Whether it is heard is of no matter: there is nobody left to tell.
            runtime.spawn(async move { drop(client.execute(request).await) });
        }
    }
}

fn failed(status: &str, error: Option<&Value>) -> Failure {
    let told = error.and_then(|error| ErrorBody::read(error.to_string().as_bytes()).message);
    let message = told.unwrap_or_else(|| format!("The prediction ended as `{status}`."));
    Failure::NotHere { status: FAILED_STATUS, message }
}

/// A prediction that has ended, as the stream that a model without streams does not have.
pub(super) fn as_events(body: &[u8]) -> Result<Bytes, Failure> {
    #[derive(Deserialize)]
    struct Ended {
        output: Value,
    }
    let broken = || Failure::Nonsense("a prediction without a text".to_owned());
    let Ended { output } = serde_json::from_slice(body).map_err(|_| broken())?;
    let text = match output {
        Value::String(text) => text,
        Value::Array(pieces) => pieces.iter().filter_map(Value::as_str).collect(),
        _ => return Err(broken()),
    };
    let events = [("output", text.as_bytes()), ("done", b"{}"), ("prediction", body)];
    let events = events.map(|(name, data)| event(name, data).ok_or_else(broken));
    let events: Result<Vec<Bytes>, Failure> = events.into_iter().collect();
    Ok(events?.concat().into())
}

/// A server-sent event; none of data that is no text.
fn event(name: &str, data: &[u8]) -> Option<Bytes> {
    let data = std::str::from_utf8(data).ok()?.replace('\n', "\ndata: ");
    Some(format!("event: {name}\ndata: {data}\n\n").into())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_beginning_of_a_prediction_says_where_its_stream_is() {
        let body = br#"{"id":"gm3q","status":"starting","urls":{"stream":"https://s.example/1"}}"#;
        let begun = Begun::read(body).unwrap();
        assert_eq!(begun.stream_url.unwrap().as_str(), "https://s.example/1");
        assert!(Begun::read(br#"{"id":"gm3q","status":"starting"}"#).unwrap().stream_url.is_none());
    }

    #[rstest]
    #[case("{}")]
    #[case("<html>")]
    #[case(r#"{"id":"../x","status":"starting"}"#)]
    fn what_is_no_prediction_is_nonsense(#[case] body: &str) {
        assert!(matches!(Begun::read(body.as_bytes()), Err(Failure::Nonsense(_))));
    }

    #[test]
    fn a_failure_is_told_in_the_models_words() {
        let told = failed("failed", Some(&json!("CUDA out of memory")));
        let message = "CUDA out of memory".to_owned();
        assert_eq!(told, Failure::NotHere { status: 400, message });
        let silent = failed("canceled", None);
        let message = "The prediction ended as `canceled`.".to_owned();
        assert_eq!(silent, Failure::NotHere { status: 400, message });
    }

    #[test]
    fn a_model_without_streams_is_told_as_one() {
        let body = br#"{"output":["a\n","b"],"metrics":{}}"#;
        let told = as_events(body).unwrap();
        let expected = "event: output\ndata: a\ndata: b\n\nevent: done\ndata: {}\n\n\
            event: prediction\ndata: {\"output\":[\"a\\n\",\"b\"],\"metrics\":{}}\n\n";
        assert_eq!(told, expected);
        assert!(as_events(br#"{"output":null}"#).is_err());
    }
}
