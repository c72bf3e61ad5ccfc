//! Cloudflare Workers AI.

use http::StatusCode;
use serde_json::{Value, json};

use crate::caller::Caller;

fn run(model: &str) -> String {
    format!("/client/v4/accounts/0123/ai/run/@cf/acme/{model}")
}

fn hello(stream: bool) -> Value {
    json!({ "stream": stream, "messages": [{ "role": "user", "content": "hello" }] })
}

#[tokio::test]
async fn an_answer_is_wrapped_and_billed_under_the_whole_name() {
    let caller = Caller::with_key().await;
    let path = run("fake@input_tokens=100,output_tokens=50");
    let answer = caller.post(&path, &hello(false)).await.json;
    assert_eq!((&answer["success"], &answer["errors"]), (&json!(true), &json!([])));
    assert_eq!(answer["result"]["usage"]["total_tokens"], 150);
    let line = caller.billed(50).await;
    assert_eq!(line.model, "@cf/acme/fake@input_tokens=100,output_tokens=50");
}

#[tokio::test]
async fn a_name_may_be_encoded_in_the_path() {
    let caller = Caller::with_key().await;
    let path = run("fake%40chunks%3D2").replace("@cf/acme/", "%40cf%2Facme%2F");
    let answer = caller.post(&path, &hello(true)).await;
    assert_eq!(answer.events().len(), 3, "two pieces and the usage");
}

#[tokio::test]
async fn a_stream_ends_with_usage_and_done() {
    let caller = Caller::with_key().await;
    let answer = caller.post(&run("fake@chunks=2,output_tokens=50"), &hello(true)).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert!(answer.text.ends_with("data: [DONE]\n\n"));
    let events = answer.events();
    assert_eq!(events[2]["usage"]["completion_tokens"], 50);
    assert_eq!((events[2]["response"].as_str(), events[0].get("usage")), (Some(""), None));
}

#[tokio::test]
async fn an_error_has_a_number() {
    let caller = Caller::with_key().await;
    let answer = caller.post(&run("fake@status=429"), &hello(false)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let body = &answer.json;
    assert_eq!((&body["success"], &body["errors"][0]["code"]), (&json!(false), &json!(3040)));
    assert_eq!(body["result"], Value::Null);
    let unknown = caller.post(&run("unheard-of"), &hello(false)).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert_eq!(unknown.json["errors"][0]["code"], 5007);
    let lost = caller.post("/client/v4/accounts/0123/ai/walk/x", &hello(false)).await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert_eq!(lost.json["errors"][0]["code"], 7003);
}

#[tokio::test]
async fn nobody_is_let_in_without_a_token() {
    let caller = Caller::without_key().await;
    let answer = caller.post(&run("fake"), &hello(false)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json["errors"][0]["code"], 10_000);
}

#[tokio::test]
async fn a_stream_may_fail_be_cut_reset_or_never_begin() {
    let caller = Caller::with_key().await;
    let failed = run("fake@chunks=10,output_tokens=100,error_event=3");
    let events = caller.post(&failed, &hello(true)).await.events();
    assert!(events.len() == 4 && events[3]["success"] == false);
    assert_eq!(caller.billed(30).await.count, 1);
    let cut = caller.post(&run("fake@cut_event=2"), &hello(true)).await;
    assert!(!cut.is_broken && !cut.text.ends_with('\n'));
    let reset = caller.post(&run("fake@reset_after=2"), &hello(true)).await;
    assert!(reset.is_broken && reset.events().len() == 2);
    Caller::with_key().await.give_up_on(&run("fake@hang"), &hello(true)).await;
}

#[tokio::test]
async fn pages_after_the_first_are_empty() {
    let caller = Caller::with_key().await;
    let path = "/client/v4/accounts/0123/ai/models/search";
    assert_eq!(caller.get(path).await.json["result"][0]["name"], "@cf/fake");
    let second = caller.get(&format!("{path}?per_page=50&page=2")).await.json;
    assert_eq!(second["result"], json!([]));
}
