//! Gemini of AI Studio.

use bench::fake_provider::Options;
use http::StatusCode;
use serde_json::{Value, json};

use crate::caller::Caller;

async fn gemini() -> Caller {
    Caller::new(Options::default(), &[("x-goog-api-key", "any")]).await
}

fn path(model: &str, verb: &str) -> String {
    format!("/v1beta/models/{model}:{verb}")
}

fn hello() -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }] })
}

/// The JSON of each event.
fn events(stream: &str) -> Vec<Value> {
    let events = stream.split("\r\n\r\n").filter(|event| !event.is_empty());
    let data = events.map(|event| event.strip_prefix("data: ").unwrap());
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn an_answer_has_geminis_shape_and_is_billed_under_its_decoded_name() {
    let caller = gemini().await;
    let model = "fake%40input_tokens%3D100%2Coutput_tokens%3D50%2Creasoning_tokens%3D50";
    let answer = caller.post(&path(model, "generateContent"), &hello()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let candidate = &answer.json["candidates"][0];
    assert_eq!((&candidate["finishReason"], &candidate["index"]), (&json!("STOP"), &json!(0)));
    assert_eq!(candidate["content"]["role"], "model");
    assert!(candidate["content"]["parts"][0]["thoughtSignature"].is_string());
    assert_eq!(
        answer.json["usageMetadata"],
        json!({
            "promptTokenCount": 100, "totalTokenCount": 150, "thoughtsTokenCount": 50,
            "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": 100 }],
        })
    );
    let bill = &caller.provider.calls().bill[0];
    assert_eq!(bill.model, "fake@input_tokens=100,output_tokens=50,reasoning_tokens=50");
    assert_eq!((bill.input, bill.output, bill.reasoning), (100, 50, 50));
}

#[tokio::test]
async fn a_stream_of_events_has_googles_line_ends() {
    let caller = gemini().await;
    let path = path("fake@chunks=4,output_tokens=40", "streamGenerateContent?alt=sse");
    let answer = caller.post(&path, &hello()).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert!(answer.text.ends_with("}\r\n\r\n"), "{}", answer.text);
    let events = events(&answer.text);
    assert_eq!(events.len(), 5);
    let count = |event: &Value| event["usageMetadata"]["candidatesTokenCount"].clone();
    assert_eq!(events.iter().map(count).collect::<Vec<_>>(), [10, 20, 30, 40, 40]);
    assert_eq!(events[4]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(events[0]["candidates"][0].get("finishReason"), None);
}

#[tokio::test]
async fn without_events_a_stream_is_one_array() {
    let caller = gemini().await;
    let path = path("fake@chunks=3", "streamGenerateContent");
    let answer = caller.post(&path, &hello()).await;
    assert_eq!(answer.headers["content-type"], "application/json; charset=UTF-8");
    let elements = answer.json.as_array().unwrap();
    assert_eq!(elements.len(), 4);
    assert_eq!(elements[3]["candidates"][0]["finishReason"], "STOP");
    let calls = caller.provider.calls();
    assert_eq!((calls.streamed, calls.bill[0].output), (1, 125));
}

#[tokio::test]
async fn an_array_of_one_call_or_of_a_blocked_prompt_is_whole_too() {
    let caller = gemini().await;
    let mut asked = hello();
    asked["tools"] = json!([{ "functionDeclarations": [{ "name": "look" }] }]);
    asked["toolConfig"] = json!({ "functionCallingConfig": { "mode": "ANY" } });
    let made = caller.post(&path("fake", "streamGenerateContent"), &asked).await.json;
    let part = &made[0]["candidates"][0]["content"]["parts"][0];
    assert_eq!(part["functionCall"]["name"], "look");
    assert_eq!(made.as_array().unwrap().len(), 2);
    let blocked = caller.post(&path("fake@block", "streamGenerateContent"), &hello()).await.json;
    assert_eq!(blocked[0]["promptFeedback"]["blockReason"], "PROHIBITED_CONTENT");
    assert_eq!(blocked.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stream_that_is_reset_is_billed_what_its_last_chunk_told() {
    let caller = gemini().await;
    let model = "fake@chunks=10,reset_after=3,input_tokens=7,output_tokens=100,reasoning_tokens=50";
    let path = path(model, "streamGenerateContent?alt=sse");
    let text = caller.post(&path, &hello()).await.text;
    let usage = events(&text).pop().unwrap()["usageMetadata"].clone();
    assert_eq!(
        (&usage["candidatesTokenCount"], &usage["thoughtsTokenCount"]),
        (&json!(15), &json!(15))
    );
    caller.billed(30).await;
    let bill = &caller.provider.calls().bill[0];
    assert_eq!((bill.input, bill.reasoning), (7, 15));
}

#[tokio::test]
async fn an_error_breaks_off_a_stream_as_google_does() {
    let caller = gemini().await;
    let model = "fake@chunks=10,error_event=2";
    let answer = caller.post(&path(model, "streamGenerateContent?alt=sse"), &hello()).await;
    let (chunks, error) = answer.text.split_at(answer.text.rfind("\r\n\r\n").unwrap() + 4);
    assert_eq!(events(chunks).len(), 2);
    assert!(error.starts_with("{\n  \"error\": {\n"), "it comes in lines: {error}");
    let error: Value = serde_json::from_str(error).unwrap();
    assert_eq!(error["error"]["status"], "UNAVAILABLE");
    let array = caller.post(&path(model, "streamGenerateContent"), &hello()).await.json;
    assert_eq!(array.as_array().unwrap().len(), 3);
    assert_eq!(array[2]["error"]["code"], 503);
}

#[tokio::test]
async fn a_cut_event_and_garbage_are_no_json() {
    let caller = gemini().await;
    let cut = path("fake@chunks=10,cut_event=2", "streamGenerateContent?alt=sse");
    let answer = caller.post(&cut, &hello()).await;
    assert!(answer.text.matches("\r\n\r\n").count() == 2 && !answer.text.ends_with('\n'));
    for verb in ["generateContent", "streamGenerateContent", "streamGenerateContent?alt=sse"] {
        let answer = caller.post(&path("fake@garbage", verb), &hello()).await;
        assert_eq!((answer.status, answer.json), (StatusCode::OK, Value::Null), "{verb}");
    }
}

#[tokio::test]
async fn an_unknown_field_is_refused_at_its_place_and_costs_nothing() {
    let caller = gemini().await;
    let mut asked = hello();
    let parameters = json!({ "type": "OBJECT", "additionalProperties": false });
    asked["tools"] =
        json!([{ "function_declarations": [{ "name": "a", "parameters": parameters }] }]);
    let answer = caller.post(&path("fake", "generateContent"), &asked).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let place = "tools[0].function_declarations[0].parameters";
    let description = format!(
        "Invalid JSON payload received. Unknown name \"additionalProperties\" at '{place}': Cannot \
         find field."
    );
    assert_eq!(
        answer.json,
        json!({ "error": {
            "code": 400, "message": description, "status": "INVALID_ARGUMENT",
            "details": [{
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{ "field": place, "description": description }],
            }],
        } })
    );
    let calls = caller.provider.calls();
    assert_eq!((calls.arrived, calls.bill.len()), (1, 0));
}

#[tokio::test]
async fn when_to_try_again_is_in_the_body_and_in_no_header() {
    let caller = gemini().await;
    let path = path("fake@status=429,retry_after=2", "generateContent");
    let answer = caller.post(&path, &hello()).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers.get("retry-after"), None);
    assert_eq!(answer.json["error"]["details"][0]["retryDelay"], "2s");
}

#[tokio::test]
async fn one_content_is_embedded_as_the_same_in_a_batch() {
    let caller = gemini().await;
    let content = json!({ "parts": [{ "text": "hello" }] });
    let one = json!({ "content": content, "outputDimensionality": 4 });
    let alone = caller.post(&path("fake", "embedContent"), &one).await.json;
    let mut member = one;
    member["model"] = json!("models/fake");
    let batch = json!({ "requests": [member] });
    let together = caller.post(&path("fake", "batchEmbedContents"), &batch).await.json;
    assert_eq!(alone["embedding"]["values"].as_array().unwrap().len(), 4);
    assert_eq!(alone["embedding"], together["embeddings"][0]);
    assert_eq!(alone["usageMetadata"]["promptTokenCount"], 2);
    let other = json!({ "requests": [{ "model": "models/other", "content": content }] });
    let refused = caller.post(&path("fake", "batchEmbedContents"), &other).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_list_of_models_is_geminis_for_who_brings_its_key() {
    let caller = gemini().await;
    for path in ["/v1/models", "/v1beta/models"] {
        let list = caller.get(path).await.json;
        assert_eq!(list["models"][0]["name"], "models/fake", "{path}");
    }
    let missing = caller.get("/v1beta/models/unheard-of").await;
    assert_eq!(
        (missing.status, &missing.json["error"]["status"]),
        (StatusCode::NOT_FOUND, &json!("NOT_FOUND"))
    );
}
