//! Ollama.

use http::StatusCode;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

fn hello(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] })
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_stream_is_an_object_a_line_and_nobody_is_asked_for_a_credential() {
    let caller = Caller::without_key().await;
    let answer = caller.post("/api/chat", &hello("fake@chunks=2,output_tokens=50")).await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines = lines(&answer);
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line["created_at"].is_string()));
    assert_eq!((&lines[2]["done"], &lines[2]["eval_count"]), (&json!(true), &json!(50)));
    assert_eq!(lines[0].get("eval_count"), None);
    assert_eq!(caller.billed(50).await.count, 1);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_not_found() {
    let caller = Caller::without_key().await;
    let answer = caller.post("/api/chat", &hello("unheard-of")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json, json!({ "error": "model 'unheard-of' not found" }));
    let nameless = caller.post("/api/chat", &json!({ "messages": [] })).await;
    assert_eq!(nameless.status, StatusCode::BAD_REQUEST);
    assert_eq!(nameless.json, json!({ "error": "model is required" }));
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_the_error_and_is_billed_in_part() {
    let caller = Caller::without_key().await;
    let model = "fake@chunks=10,output_tokens=100,error_event=3";
    let lines = lines(&caller.post("/api/chat", &hello(model)).await);
    assert_eq!(lines.len(), 4);
    assert!(lines[3]["error"].is_string() && lines[3].get("done").is_none());
    assert_eq!(caller.billed(30).await.count, 1);
}

#[tokio::test]
async fn a_stream_may_be_cut_reset_or_never_begin() {
    let caller = Caller::without_key().await;
    let cut = caller.post("/api/chat", &hello("fake@cut_event=2")).await;
    assert!(!cut.is_broken && !cut.text.ends_with('\n'));
    assert_eq!(cut.text.lines().count(), 3);
    let reset = caller.post("/api/chat", &hello("fake@reset_after=2")).await;
    assert!(reset.is_broken && lines(&reset).len() == 2);
    Caller::without_key().await.give_up_on("/api/chat", &hello("fake@hang")).await;
}

#[tokio::test]
async fn a_status_that_is_asked_for_is_an_error_in_one_word() {
    let caller = Caller::without_key().await;
    let answer = caller.post("/api/chat", &hello("fake@status=503")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.json["error"].as_str().unwrap().starts_with("server busy"));
    assert_eq!(caller.provider.calls().failed, 1);
}

#[tokio::test]
async fn what_is_shown_is_asked_for_by_post() {
    let caller = Caller::without_key().await;
    let shown = caller.post("/api/show", &json!({ "model": "fake:latest" })).await;
    assert_eq!(shown.json["details"]["format"], "gguf");
    assert_eq!(caller.get("/api/show").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(caller.get("/api/tags").await.json["models"][0]["name"], "fake:latest");
    assert_eq!(caller.provider.calls().arrived, 0, "none of it is billed");
}
