//! Amazon Bedrock. Signatures are tried by Amazon's own SDK, elsewhere.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{Buf, Bytes};
use http::StatusCode;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

fn hello() -> Value {
    json!({ "messages": [{ "role": "user", "content": [{ "text": "hello" }] }] })
}

/// Each frame's type and payload, and whether bytes are left that make no frame.
fn frames(answer: &Answer) -> (Vec<(String, Value)>, bool) {
    let mut bytes = Bytes::copy_from_slice(&answer.bytes);
    let mut decoder = MessageFrameDecoder::new();
    let mut frames = Vec::new();
    while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut bytes).unwrap() {
        let header = |name: &str| {
            let header = message.headers().iter().find(|header| header.name().as_str() == name);
            header.map(|header| header.value().as_string().unwrap().as_str().to_owned())
        };
        let kind = header(":event-type").or_else(|| header(":exception-type")).unwrap();
        frames.push((kind, serde_json::from_slice(message.payload()).unwrap_or(Value::Null)));
    }
    (frames, bytes.has_remaining())
}

fn kinds(answer: &Answer) -> Vec<String> {
    frames(answer).0.into_iter().map(|(kind, _)| kind).collect()
}

#[tokio::test]
async fn a_stream_is_of_amazons_frames_and_text_has_no_start() {
    let caller = Caller::with_key().await;
    let path = "/model/fake%40chunks%3D2%2Canswer_bytes%3D20/converse-stream";
    let answer = caller.post(path, &hello()).await;
    assert_eq!(answer.header("content-type"), "application/vnd.amazon.eventstream");
    assert!(!answer.header("x-amzn-requestid").is_empty());
    let (events, is_rest) = frames(&answer);
    assert!(!is_rest);
    let kinds: Vec<_> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "messageStart",
            "contentBlockDelta",
            "contentBlockDelta",
            "contentBlockStop",
            "messageStop",
            "metadata"
        ]
    );
    assert_eq!(events[1].1["delta"]["text"], "The quick ");
    assert_eq!(events[5].1["usage"]["outputTokens"], 5);
}

#[tokio::test]
async fn several_calls_come_one_after_the_other() {
    let caller = Caller::with_key().await;
    let tool = |name: &str| json!({ "toolSpec": { "name": name, "inputSchema": { "json": {} } } });
    let mut request = hello();
    request["messages"][0]["content"][0]["text"] = json!("tools in parallel");
    request["toolConfig"] = json!({ "tools": [tool("a"), tool("b")] });
    let answer = caller.post("/model/fake@chunks=1/converse-stream", &request).await;
    let starts: Vec<_> = frames(&answer)
        .0
        .into_iter()
        .filter(|(kind, _)| kind == "contentBlockStart")
        .map(|(_, event)| (event["contentBlockIndex"].clone(), event["start"]["toolUse"].clone()))
        .collect();
    assert_eq!((&starts[0].0, &starts[0].1["name"]), (&json!(0), &json!("a")));
    assert_eq!((&starts[1].0, &starts[1].1["name"]), (&json!(1), &json!("b")));
    assert_ne!(starts[0].1["toolUseId"], starts[1].1["toolUseId"]);
}

#[tokio::test]
async fn a_refusal_names_its_exception_in_a_header() {
    let caller = Caller::with_key().await;
    let answer = caller.post("/model/fake@status=429,retry_after=2/converse", &hello()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("x-amzn-errortype"), "ThrottlingException");
    assert_eq!(answer.header("retry-after"), "2");
    let message = "Too many requests, please wait before trying again.";
    assert_eq!(answer.json, json!({ "message": message }));
    let unknown = caller.post("/model/fake/count-tokens", &hello()).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.header("x-amzn-errortype"), "UnknownOperationException");
}

#[tokio::test]
async fn an_exception_is_the_last_frame_and_what_was_sent_is_billed() {
    let caller = Caller::with_key().await;
    let path = "/model/fake@chunks=10,output_tokens=100,error_event=3/converse-stream";
    let answer = caller.post(path, &hello()).await;
    let (events, _) = frames(&answer);
    assert_eq!(events.len(), 5, "the start, three pieces and the exception");
    assert_eq!(events[4].0, "throttlingException");
    assert!(events[4].1["message"].is_string());
    assert_eq!(caller.billed(30).await.count, 1);
    assert_eq!(caller.provider.calls().failed, 1);
}

#[tokio::test]
async fn a_frame_may_be_cut_and_a_connection_reset() {
    let caller = Caller::with_key().await;
    let cut = caller.post("/model/fake@cut_event=2/converse-stream", &hello()).await;
    let (events, is_rest) = frames(&cut);
    assert!(events.len() == 3 && is_rest && !cut.is_broken);
    let reset = caller.post("/model/fake@reset_after=2/converse-stream", &hello()).await;
    assert!(reset.is_broken && kinds(&reset).len() == 3);
    let garbage = caller.post("/model/fake@garbage/converse-stream", &hello()).await;
    assert_eq!(frames(&garbage).0, [("contentBlockDelta".to_owned(), Value::Null)]);
}

#[tokio::test]
async fn who_leaves_a_provider_that_hangs_is_not_billed() {
    Caller::with_key().await.give_up_on("/model/fake@hang/converse", &hello()).await;
}

#[tokio::test]
async fn nobody_is_let_in_without_a_credential() {
    let caller = Caller::without_key().await;
    let answer = caller.post("/model/fake/converse", &hello()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.header("x-amzn-errortype"), "MissingAuthenticationTokenException");
    let caller = Caller::with("Bearer another").await;
    let answer = caller.post("/model/fake/converse", &hello()).await;
    assert_eq!(answer.header("x-amzn-errortype"), "AccessDeniedException");
    let message = "Authentication failed: Please make sure your API Key is valid.";
    assert_eq!(answer.json, json!({ "Message": message }));
    assert_eq!(caller.provider.calls().calls, 0);
}

#[tokio::test]
async fn a_cache_write_is_told_by_how_long_it_is_kept() {
    let caller = Caller::with_key().await;
    let model = "fake@input_tokens=100,cached_tokens=60,cache_write_tokens=10,output_tokens=50";
    let mut request = hello();
    request["system"] = json!([
        { "text": "Be brief." }, { "cachePoint": { "type": "default", "ttl": "1h" } },
    ]);
    let answer = caller.post(&format!("/model/{model}/converse"), &request).await.json;
    let details = json!([{ "ttl": "1h", "inputTokens": 10 }]);
    assert_eq!(answer["usage"]["cacheDetails"], details);
    let line = caller.billed(50).await;
    assert_eq!((line.input, line.cached, line.cache_write), (100, 60, 10));
}

#[tokio::test]
async fn an_invocations_chunks_carry_anthropics_events() {
    let caller = Caller::with_key().await;
    let request = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let path = "/model/anthropic.fake-v1%3A0%40chunks%3D2/invoke-with-response-stream";
    let answer = caller.post(path, &request).await;
    assert_eq!(answer.header("x-amzn-bedrock-content-type"), "application/json");
    let (events, is_rest) = frames(&answer);
    assert!(!is_rest && events.iter().all(|(kind, _)| kind == "chunk"));
    assert!(events.iter().all(|(_, payload)| payload["bytes"].is_string()));
    assert_eq!(caller.provider.calls().bill[0].model, "anthropic.fake-v1:0@chunks=2");
}

#[tokio::test]
async fn no_usage_means_none_in_headers_and_metrics_either() {
    let caller = Caller::with_key().await;
    let request = json!({
        "anthropic_version": "bedrock-2023-05-31", "max_tokens": 100,
        "messages": [{ "role": "user", "content": "hello" }],
    });
    let told = caller.post("/model/fake@output_tokens=5/invoke", &request).await;
    assert_eq!(told.header("x-amzn-bedrock-output-token-count"), "5");
    let silent = caller.post("/model/fake@no_usage/invoke", &request).await;
    assert_eq!(silent.header("x-amzn-bedrock-output-token-count"), "");
    let path = "/model/fake@no_usage/invoke-with-response-stream";
    let (events, _) = frames(&caller.post(path, &request).await);
    let last = events.last().unwrap().1["bytes"].as_str().unwrap().to_owned();
    assert_eq!(STANDARD.decode(last).unwrap(), br#"{"type":"message_stop"}"#);
}
