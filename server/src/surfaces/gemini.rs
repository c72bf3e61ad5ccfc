//! Google's endpoints: `/v1beta/models/{model}:generateContent` and its siblings, under `/v1` too.
//!
//! The model and what is asked of it are in the path. The key may be in the query, which is logged
//! nowhere.

use std::borrow::Cow;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Uri, header, request::Parts},
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use gateway::{
    call::{Credential, Surface},
    wire::{JsonArray, ModelPath},
};
use http_body_util::{BodyExt, Collected};
use percent_encoding::percent_decode_str;

use super::{
    App,
    ai::{self, Arrival},
    count_tokens, render,
};

/// What a path asks a model for.
pub(super) struct Asked {
    path: ModelPath,
    /// Whether a stream is one JSON array instead of server-sent events.
    is_array: bool,
}

/// What the path of a call asks for; none where it is no call.
pub(super) fn asked(uri: &Uri) -> Option<Asked> {
    let (model, verb) = model_and_verb(uri.path())?;
    let is_streaming = match verb {
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return None,
    };
    let is_array = is_streaming && of_query(uri, "alt").as_deref() != Some("sse");
    Some(Asked { path: ModelPath { model: model.into_owned(), is_streaming }, is_array })
}

/// One call.
pub(super) async fn serve(asked: Asked, app: &App, request: &Parts, body: Body) -> Response {
    let Asked { path, is_array } = asked;
    let credential = credential(&request.uri, &request.headers);
    let arrival = Arrival { surface: Surface::Gemini, credential, path: Some(path) };
    let response = ai::serve(arrival, app, &request.headers, body).await;
    if is_array { as_array(response).await } else { response }
}

/// What is asked of a model beside an answer.
pub(super) async fn ask(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match model_and_verb(uri.path()) {
        Some((model, "countTokens")) => {
            let credential = credential(&uri, &headers);
            count_tokens::count_contents(&app, &credential, &model, &headers, body).await
        }
        _ => render::no_such_endpoint(uri, headers).await,
    }
}

/// Who is calling: by a header, or by the query.
pub(super) fn credential(uri: &Uri, headers: &HeaderMap) -> Credential {
    match ai::credential(headers) {
        Credential::None => ai::key_of(of_query(uri, "key").as_deref()),
        known => known,
    }
}

/// A model's name may have slashes and colons of its own.
fn model_and_verb(path: &str) -> Option<(Cow<'_, str>, &str)> {
    let rest = path.strip_prefix("/v1beta/models/").or_else(|| path.strip_prefix("/v1/models/"))?;
    let (model, verb) = rest.rsplit_once(':')?;
    Some((percent_decode_str(model).decode_utf8_lossy(), verb))
}

fn of_query<'a>(uri: &'a Uri, name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy())
}

/// The same answer with every event an element of one array; an error before the first one is the
/// only element.
async fn as_array(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let json = HeaderValue::from_static("application/json");
    let answered = parts.headers.insert(header::CONTENT_TYPE, json);
    let body = if answered.is_some_and(|kind| kind == "text/event-stream") {
        Body::from_stream(elements(body.into_data_stream()))
    } else {
        let error = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        Body::from([b"[", &error[..], b"]"].concat())
    };
    Response::from_parts(parts, body)
}

/// The elements of the array as their events arrive. A stream that breaks off leaves it open.
fn elements<E: Send + 'static>(
    events: impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
) -> impl Stream<Item = Result<Bytes, E>> + Send + 'static {
    stream::unfold(Some((events, JsonArray::default())), |state| async move {
        let (mut events, mut array) = state?;
        let (told, next) = match events.next().await {
            Some(Ok(bytes)) => (array.push(&bytes), Some((events, array))),
            Some(Err(error)) => return Some((Err(error), None)),
            None => (array.finish(), None),
        };
        // What the gateway writes has no event that is too large to be read again.
        Some((Ok(Bytes::from(told.unwrap_or_default())), next))
    })
}

#[cfg(test)]
mod tests {
    use gateway::wire::Dialect;
    use shared::{Problem, ProblemCode};

    use super::*;

    fn asked_at(uri: &str) -> Option<(String, bool, bool)> {
        let Asked { path, is_array } = asked(&uri.parse().unwrap())?;
        Some((path.model, path.is_streaming, is_array))
    }

    #[test]
    fn a_path_names_the_model_and_what_is_asked_of_it() {
        let whole = |model: &str| Some((model.to_owned(), false, false));
        assert_eq!(asked_at("/v1beta/models/m:generateContent?key=k"), whole("m"));
        assert_eq!(asked_at("/v1/models/a%2Fb%20c:generateContent"), whole("a/b c"));
        assert_eq!(asked_at("/v1beta/models/a/b:free:generateContent"), whole("a/b:free"));
        assert_eq!(asked_at("/v1beta/models/m:countTokens"), None);
        assert_eq!(asked_at("/v1beta/models/m"), None);
        assert_eq!(asked_at("/v2/models/m:generateContent"), None);
    }

    #[test]
    fn a_stream_is_an_array_unless_events_are_asked_for() {
        let stream = "/v1beta/models/m:streamGenerateContent";
        for (query, is_array) in
            [("?alt=sse", false), ("?key=k&alt=sse", false), ("", true), ("?alt=json", true)]
        {
            let expected = Some(("m".to_owned(), true, is_array));
            assert_eq!(asked_at(&format!("{stream}{query}")), expected);
        }
    }

    #[test]
    fn a_key_in_the_query_counts_where_no_header_has_one() {
        let key = |uri: &str, headers: &HeaderMap| match credential(&uri.parse().unwrap(), headers)
        {
            Credential::ApiKey(key) => Some(key.expose().to_owned()),
            _ => None,
        };
        let mut headers = HeaderMap::new();
        assert_eq!(key("/v1beta/models?key=hx%5F1", &headers).as_deref(), Some("hx_1"));
        assert_eq!(key("/v1beta/models?key=", &headers), None);
        headers.insert("x-goog-api-key", HeaderValue::from_static("hx_2"));
        assert_eq!(key("/v1beta/models?key=hx_1", &headers).as_deref(), Some("hx_2"));
    }

    #[tokio::test]
    async fn an_error_before_the_first_event_is_the_only_element() {
        let problem = Problem::new(ProblemCode::ModelNotFound, "There is none.");
        let response = as_array(render::problem(Dialect::Gemini, &problem)).await;
        assert_eq!(response.status(), 404);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told[0]["error"]["status"], "NOT_FOUND");
    }

    #[tokio::test]
    async fn events_are_elements_and_an_error_between_them_is_passed_on() {
        let chunks = [Ok("data: {\"a\":1}\n\nda"), Ok("ta: 2\n\n")].map(|it| it.map(Bytes::from));
        let told: Vec<Result<Bytes, ()>> = elements(stream::iter(chunks)).collect().await;
        assert_eq!(told.into_iter().flatten().collect::<Vec<_>>().concat(), b"[{\"a\":1},\n2]");
        let broken = [Err("gone")];
        let told: Vec<Result<Bytes, &str>> = elements(stream::iter(broken)).collect().await;
        assert_eq!(told, [Err("gone")]);
    }
}
