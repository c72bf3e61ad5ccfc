//! The fake provider over real connections: what clients see, and what it bills for it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use bench::fake_provider::{FakeProvider, Options, spawn, spawn_with};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::time::timeout;

struct Caller {
    provider: FakeProvider,
    client: Client<HttpConnector, Full<Bytes>>,
    headers: Vec<(&'static str, &'static str)>,
}

const OPENAI: (&str, &str) = ("authorization", "Bearer sk-test");
const ANTHROPIC: [(&str, &str); 2] =
    [("x-api-key", "sk-test"), ("anthropic-version", "2023-06-01")];
const SOON: Duration = Duration::from_secs(10);

async fn openai() -> Caller {
    Caller::new(spawn().await.unwrap(), vec![OPENAI])
}

async fn anthropic() -> Caller {
    Caller::new(spawn().await.unwrap(), ANTHROPIC.to_vec())
}

impl Caller {
    fn new(provider: FakeProvider, headers: Vec<(&'static str, &'static str)>) -> Self {
        Self { provider, client: Client::builder(TokioExecutor::new()).build_http(), headers }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
        let url = format!("{}{path}", self.provider.url());
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        self.client.request(request.body(Full::new(Bytes::from(body))).unwrap()).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.send(Method::GET, path, String::new()).await.unwrap()).await
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.send(Method::POST, path, body.to_string()).await.unwrap()).await
    }

    async fn chat(&self, model: &str) -> (StatusCode, Value) {
        self.post("/v1/chat/completions", chat(model, false)).await
    }

    /// The whole text of a streamed chat, or what broke it.
    async fn chat_stream(&self, model: &str) -> Result<String, hyper::Error> {
        let body = chat(model, true).to_string();
        let response = self.send(Method::POST, "/v1/chat/completions", body).await.unwrap();
        let bytes = response.into_body().collect().await?.to_bytes();
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// The books, once `are_ready`; a client's leaving is noticed a moment later.
    async fn books_when(&self, are_ready: impl Fn(&Value) -> bool) -> Value {
        timeout(SOON, async {
            loop {
                let (_, books) = self.get("/_calls").await;
                if are_ready(&books) {
                    return books;
                }
            }
        })
        .await
        .expect("the books never came to that")
    }
}

async fn read(response: Response<Incoming>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn chat(model: &str, stream: bool) -> Value {
    json!({
        "model": model, "stream": stream, "stream_options": { "include_usage": true },
        "messages": [{ "role": "user", "content": "hello" }],
    })
}

fn message(model: &str, stream: bool) -> Value {
    json!({
        "model": model, "stream": stream, "max_tokens": 1000,
        "messages": [{ "role": "user", "content": "hello" }],
    })
}

/// The JSON of each `data:` line.
fn events(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn a_chat_completion_reports_the_usage_that_is_billed() {
    let caller = openai().await;
    let model = "fake@input_tokens=100,output_tokens=50,cached_tokens=10,reasoning_tokens=4";
    let (status, answer) = caller.chat(model).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["usage"]["prompt_tokens"], 100);
    assert_eq!(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 10);
    assert_eq!(answer["usage"]["completion_tokens_details"]["reasoning_tokens"], 4);
    let (_, books) = caller.get("/_calls").await;
    assert_eq!(
        books["bill"],
        json!([{
            "model": model, "count": 1, "input": 100, "cached": 10, "cache_write": 0,
            "output": 50, "reasoning": 4,
        }])
    );
    assert_eq!(books["last_headers"]["authorization"], "Bearer sk-test");
}

#[tokio::test]
async fn a_default_answer_is_about_a_kilobyte() {
    let caller = openai().await;
    let (_, answer) = caller.chat("fake").await;
    let bytes = answer.to_string().len();
    assert!((900..1200).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn a_streamed_chat_has_its_chunks_its_usage_and_its_end() {
    let caller = openai().await;
    let stream = caller.chat_stream("fake@chunks=4,answer_bytes=40").await.unwrap();
    assert!(stream.ends_with("data: [DONE]\n\n"), "{stream}");
    let events = events(&stream);
    let pieces: Vec<_> =
        events.iter().filter_map(|e| e["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(pieces.len(), 5, "the role's empty piece and four of text");
    assert_eq!(pieces.concat().len(), 40);
    let last = events.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["completion_tokens"]), (&json!([]), &json!(10)));
    assert_eq!(events[0]["usage"], Value::Null);
}

#[tokio::test]
async fn a_streamed_message_has_anthropics_events_in_order() {
    let caller = anthropic().await;
    let body = message("fake@chunks=2,input_tokens=100,cached_tokens=10,output_tokens=9", true);
    let response = caller.send(Method::POST, "/v1/messages", body.to_string()).await.unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let events = events(std::str::from_utf8(&bytes).unwrap());
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], 90);
    assert_eq!(events[6]["usage"]["cache_read_input_tokens"], 10);
    assert_eq!(events[6]["usage"]["output_tokens"], 9);
}

#[tokio::test]
async fn no_usage_means_none_in_any_form() {
    let caller = openai().await;
    let (_, answer) = caller.chat("fake@no_usage").await;
    assert_eq!(answer.get("usage"), None);
    let stream = caller.chat_stream("fake@no_usage").await.unwrap();
    assert!(!stream.contains("\"usage\":"), "{stream}");
}

#[tokio::test]
async fn without_or_with_the_wrong_credential_nothing_is_answered_or_billed() {
    let options = Options { key: Some("sk-right".to_owned()), ..Options::default() };
    let mut caller = Caller::new(spawn_with(options).await.unwrap(), vec![OPENAI]);
    let (status, answer) = caller.chat("fake").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["error"]["code"], "invalid_api_key");
    caller.headers = vec![("anthropic-version", "2023-06-01")];
    let (status, answer) = caller.post("/v1/messages", message("fake", false)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer["error"]["type"], "authentication_error");
    let calls = caller.provider.calls();
    assert_eq!((calls.arrived, calls.calls, calls.bill.len()), (2, 0, 0));
}

#[tokio::test]
async fn the_list_of_models_has_the_shape_of_whoever_asks() {
    let mut caller = openai().await;
    let (_, list) = caller.get("/v1/models").await;
    assert_eq!((&list["object"], &list["data"][0]["object"]), (&json!("list"), &json!("model")));
    caller.headers = ANTHROPIC.to_vec();
    let (_, list) = caller.get("/v1/models").await;
    assert_eq!((&list["has_more"], &list["data"][0]["type"]), (&json!(false), &json!("model")));
    let (status, _) = caller.get("/v1/models/unheard-of").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_status_that_is_asked_for_comes_in_the_vendors_shape() {
    let caller = openai().await;
    let body = chat("fake@status=429,retry_after=2", false).to_string();
    let response = caller.send(Method::POST, "/v1/chat/completions", body).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let (status, answer) = read(response).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer["error"]["code"], "rate_limit_exceeded");
    let calls = caller.provider.calls();
    assert_eq!((calls.arrived, calls.calls, calls.failed), (1, 0, 1));
}

#[tokio::test]
async fn the_first_calls_of_a_tag_fail_and_then_they_succeed() {
    let caller = openai().await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(caller.chat("fake@fail_first=2,tag=abc").await.0.as_u16());
    }
    assert_eq!(statuses, [500, 500, 200]);
    assert_eq!(caller.provider.calls().billed_to("tag=abc").count, 1);
}

#[tokio::test]
async fn a_reset_before_the_answer_is_a_reset_of_the_connection() {
    let caller = openai().await;
    let body = chat("fake@reset", false).to_string();
    let error = caller.send(Method::POST, "/v1/chat/completions", body).await.unwrap_err();
    assert!(chain(&error).contains("reset"), "{}", chain(&error));
}

#[tokio::test]
async fn a_reset_in_the_middle_comes_after_the_chunks_that_were_sent() {
    let caller = openai().await;
    let body = chat("fake@chunks=10,reset_after=3,output_tokens=100", true).to_string();
    let response = caller.send(Method::POST, "/v1/chat/completions", body).await.unwrap();
    let mut body = response.into_body();
    let mut text = String::new();
    let error = loop {
        match body.frame().await.expect("the stream must not end properly") {
            Ok(frame) => text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap()),
            Err(error) => break error,
        }
    };
    assert!(chain(&error).contains("reset"), "{}", chain(&error));
    assert_eq!(events(&text).len(), 4, "the role and three chunks: {text}");
    let books = caller.books_when(|books| books["failed"] == 1).await;
    assert_eq!((&books["bill"][0]["output"], &books["cancelled"]), (&json!(30), &json!(0)));
}

#[tokio::test]
async fn a_cut_event_ends_the_stream_properly_in_the_middle_of_an_event() {
    let caller = openai().await;
    let stream = caller.chat_stream("fake@chunks=10,cut_event=3").await.unwrap();
    assert_eq!(stream.matches("\n\n").count(), 4, "{stream}");
    assert!(!stream.ends_with('\n'), "{stream}");
}

#[tokio::test]
async fn an_error_in_the_middle_is_the_last_event() {
    let caller = openai().await;
    let stream = caller.chat_stream("fake@chunks=10,error_event=2").await.unwrap();
    let events = events(&stream);
    assert_eq!(events.len(), 4, "the role, two chunks and the error: {stream}");
    assert_eq!(events[3]["error"]["type"], "server_error");
}

#[tokio::test]
async fn html_and_garbage_are_what_they_say() {
    let caller = openai().await;
    let body = chat("fake@html", false).to_string();
    let response = caller.send(Method::POST, "/v1/chat/completions", body).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let (status, answer) = caller.chat("fake@garbage").await;
    assert_eq!((status, answer), (StatusCode::OK, Value::Null));
}

#[tokio::test]
async fn who_stops_listening_is_billed_what_was_sent() {
    let caller = openai().await;
    let body = chat("fake@chunks=10,stall_after=4,output_tokens=100,input_tokens=7", true);
    let path = "/v1/chat/completions";
    let response = caller.send(Method::POST, path, body.to_string()).await.unwrap();
    drop(response);
    let books = caller.books_when(|books| books["bill"][0]["count"] == 1).await;
    assert_eq!(books["bill"][0]["input"], 7);
    assert!(books["bill"][0]["output"].as_u64().unwrap() <= 40, "{books}");
}

#[tokio::test]
async fn who_hangs_up_on_a_provider_that_hangs_is_cancelled_and_not_billed() {
    let caller = openai().await;
    let body = chat("fake@hang", false).to_string();
    let sent = caller.send(Method::POST, "/v1/chat/completions", body);
    assert!(timeout(Duration::from_millis(50), sent).await.is_err(), "it must not answer");
    let books = caller.books_when(|books| books["cancelled"] == 1).await;
    assert_eq!((&books["calls"], &books["bill"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_paced_stream_takes_its_time() {
    let caller = openai().await;
    let started = std::time::Instant::now();
    caller.chat_stream("fake@chunks=5,gap_ms=10,latency_ms=20").await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(60), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_misspelt_directive_is_refused_and_named() {
    let caller = openai().await;
    let (status, answer) = caller.chat("fake@chunk=3").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(answer["error"]["message"].as_str().unwrap().contains("`chunk`"), "{answer}");
}

#[tokio::test]
async fn resetting_the_books_forgets_everything() {
    let caller = openai().await;
    caller.chat("fake").await;
    caller.post("/_reset", json!({})).await;
    let (_, books) = caller.get("/_calls").await;
    assert_eq!((&books["arrived"], &books["bill"]), (&json!(0), &json!([])));
}

/// An error with everything that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
