//! Cohere.

use http::StatusCode;
use serde_json::{Value, json};

use crate::caller::Caller;

fn hello(model: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "hello" }]);
    json!({ "model": model, "stream": stream, "messages": messages })
}

#[tokio::test]
async fn a_streams_events_are_named_as_they_are_typed() {
    let caller = Caller::with_key().await;
    let answer = caller.post("/v2/chat", &hello("fake@chunks=2", true)).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let names = answer.text.lines().filter_map(|line| line.strip_prefix("event: "));
    let events = answer.events();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(names.collect::<Vec<_>>(), kinds);
    assert_eq!(events[0]["delta"]["message"]["role"], "assistant");
    assert_eq!(events[1]["delta"]["message"]["content"], json!({ "type": "text", "text": "" }));
    assert!(answer.text.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn what_is_billed_is_not_what_the_model_has_read() {
    let caller = Caller::with_key().await;
    let model = "fake@input_tokens=100,output_tokens=50,cached_tokens=10";
    let answer = caller.post("/v2/chat", &hello(model, false)).await.json;
    let usage = &answer["usage"];
    assert_eq!(usage["billed_units"], json!({ "input_tokens": 100, "output_tokens": 50 }));
    assert_eq!(usage["tokens"], json!({ "input_tokens": 166, "output_tokens": 52 }));
    assert_eq!(usage["cached_tokens"], 10);
    assert_eq!(caller.billed(50).await.input, 100);
    let silent = caller.post("/v2/chat", &hello("fake@no_usage", false)).await.json;
    assert_eq!(silent.get("usage"), None);
}

#[tokio::test]
async fn an_error_has_an_id_and_a_message() {
    let caller = Caller::with_key().await;
    let answer = caller.post("/v2/chat", &hello("fake@status=429", false)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let body = &answer.json;
    assert_eq!(body["id"], answer.header("x-debug-trace-id"));
    assert!(body["message"].as_str().unwrap().contains("rate limit exceeded"));
    let anonymous = Caller::without_key().await;
    let answer = anonymous.post("/v2/chat", &hello("fake", false)).await;
    assert_eq!(
        (answer.status, &answer.json["message"]),
        (StatusCode::UNAUTHORIZED, &json!("no api key supplied"))
    );
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_a_reason_and_is_billed_in_part() {
    let caller = Caller::with_key().await;
    let model = "fake@chunks=10,output_tokens=100,error_event=3";
    let answer = caller.post("/v2/chat", &hello(model, true)).await;
    let events = answer.events();
    assert_eq!(events.last().unwrap()["delta"]["finish_reason"], "ERROR");
    assert!(!answer.text.contains("[DONE]"));
    assert_eq!(caller.billed(30).await.count, 1);
}

#[tokio::test]
async fn a_stream_may_be_cut_reset_or_never_begin() {
    let caller = Caller::with_key().await;
    let cut = caller.post("/v2/chat", &hello("fake@cut_event=2", true)).await;
    assert!(!cut.is_broken && !cut.text.ends_with('\n'));
    let reset = caller.post("/v2/chat", &hello("fake@reset_after=2", true)).await;
    assert!(reset.is_broken && reset.events().len() == 4);
    Caller::with_key().await.give_up_on("/v2/chat", &hello("fake@hang", true)).await;
}

#[tokio::test]
async fn the_models_are_below_cohere_and_openais_are_left_alone() {
    let caller = Caller::with_key().await;
    assert_eq!(caller.get("/cohere/v1/models").await.json["models"][0]["name"], "fake");
    assert_eq!(caller.get("/v1/models").await.json["object"], "list");
}

#[tokio::test]
async fn a_search_is_on_the_bill_without_tokens() {
    let caller = Caller::with_key().await;
    let request = json!({ "model": "fake", "query": "fox", "documents": ["a", "a fox"] });
    let answer = caller.post("/v2/rerank", &request).await.json;
    assert_eq!(answer["results"][0]["index"], 1);
    let line = caller.billed(0).await;
    assert_eq!((line.count, line.input), (1, 0));
}
