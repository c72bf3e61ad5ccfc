//! Azure OpenAI, and the tokens of Entra.

use bench::fake_provider::Options;
use http::StatusCode;
use serde_json::{Value, json};

use crate::caller::Caller;

const ENTRA: &str = "/tenant/oauth2/v2.0/token";
const SCOPE: &str = "https%3A%2F%2Fcognitiveservices.azure.com%2F.default";
const IDENTITY: &str = "/metadata/identity/oauth2/token?api-version=2018-02-01";

fn chat(deployment: &str) -> String {
    format!("/openai/deployments/{deployment}/chat/completions?api-version=2024-10-21")
}

fn hello(stream: bool) -> Value {
    json!({ "messages": [{ "role": "user", "content": "hello" }], "stream": stream })
}

async fn azure() -> Caller {
    Caller::new(Options::default(), &[("api-key", "any")]).await
}

#[tokio::test]
async fn the_deployment_is_the_model_whatever_the_body_says() {
    let caller = azure().await;
    let mut body = hello(false);
    body["model"] = json!("other");
    let path = chat("fake%40output_tokens%3D9%2Ctag%3Da");
    let answer = caller.post(&path, &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json["usage"]["completion_tokens"], 9);
    assert!(answer.json["choices"][0]["content_filter_results"]["violence"].is_object());
    assert!(answer.headers.contains_key("x-request-id"));
    let bill = &caller.provider.calls().bill[0];
    assert_eq!((bill.model.as_str(), bill.output), ("fake@output_tokens=9,tag=a", 9));
}

#[tokio::test]
async fn a_stream_begins_with_what_the_filter_found_in_the_prompt() {
    let caller = azure().await;
    let text = caller.post(&chat("fake@chunks=3"), &hello(true)).await.text;
    let first = text.lines().next().unwrap().strip_prefix("data: ").unwrap();
    let first: Value = serde_json::from_str(first).unwrap();
    assert_eq!((&first["choices"], &first["model"]), (&json!([]), &json!("")));
    assert_eq!(first["prompt_filter_results"][0]["prompt_index"], 0);
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn a_stream_that_is_reset_is_billed_what_was_sent() {
    let caller = azure().await;
    let path = chat("fake@chunks=10,reset_after=3,output_tokens=100");
    let text = caller.post(&path, &hello(true)).await.text;
    assert_eq!(text.matches("data: ").count(), 5, "the filter's, the role's and three chunks");
    caller.billed(30).await;
    assert_eq!(caller.provider.calls().failed, 1);
}

#[tokio::test]
async fn without_a_version_there_is_nothing_there() {
    let caller = azure().await;
    let path = "/openai/deployments/fake/chat/completions";
    let refused = caller.post(path, &hello(false)).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let error = json!({ "code": "404", "message": "Resource not found" });
    assert_eq!(refused.json, json!({ "error": error }));
}

#[tokio::test]
async fn a_filtered_prompt_is_refused_and_costs_nothing() {
    let caller = azure().await;
    let refused = caller.post(&chat("fake@block"), &hello(false)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json["error"]["code"], "content_filter");
    let inner = &refused.json["error"]["innererror"]["code"];
    assert_eq!(inner, "ResponsibleAIPolicyViolation");
    assert!(caller.provider.calls().bill.is_empty());
}

#[tokio::test]
async fn who_shows_nothing_is_told_of_tokens_and_who_shows_a_wrong_key_of_keys() {
    let options = Options { key: Some("right".to_owned()), ..Options::default() };
    let mut caller = Caller::new(options, &[]).await;
    let nothing = caller.post(&chat("fake"), &hello(false)).await;
    assert_eq!(
        (nothing.status, &nothing.json["statusCode"]),
        (StatusCode::UNAUTHORIZED, &json!(401))
    );
    caller.headers = vec![("api-key", "wrong".to_owned())];
    let wrong = caller.post(&chat("fake"), &hello(false)).await;
    assert_eq!(
        (wrong.status, &wrong.json["error"]["code"]),
        (StatusCode::UNAUTHORIZED, &json!("401"))
    );
    caller.headers = vec![("api-key", "right".to_owned())];
    assert_eq!(caller.post(&chat("fake"), &hello(false)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_of_entra_opens_the_door_until_its_time_is_over() {
    let mut caller = Caller::new(Options::default(), &[]).await;
    let form = format!("grant_type=client_credentials&client_id=a&client_secret=s&scope={SCOPE}");
    let token = caller.post_form(ENTRA, &form).await.json;
    assert_eq!((&token["expires_in"], &token["ext_expires_in"]), (&json!(3599), &json!(3599)));
    let token = token["access_token"].as_str().unwrap();
    caller.headers = vec![("authorization", format!("Bearer {token}"))];
    assert_eq!(caller.post(&chat("fake"), &hello(false)).await.status, StatusCode::OK);
    caller.provider.expire_tokens();
    let expired = caller.post(&chat("fake"), &hello(false)).await;
    assert_eq!(
        (expired.status, &expired.json["statusCode"]),
        (StatusCode::UNAUTHORIZED, &json!(401))
    );
}

#[tokio::test]
async fn an_assertion_may_stand_for_the_secret() {
    let caller = Caller::new(Options::default(), &[]).await;
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let ask = async |claims: &str| {
        let form = format!(
            "grant_type=client_credentials&client_id=a&scope={SCOPE}&client_assertion_type={kind}\
             &client_assertion=e30.{claims}.sig"
        );
        caller.post_form(ENTRA, &form).await
    };
    // {"exp":99999999999} and {"exp":1}
    assert!(ask("eyJleHAiOjk5OTk5OTk5OTk5fQ").await.json["access_token"].is_string());
    let late = ask("eyJleHAiOjF9").await;
    assert_eq!(
        (late.status, &late.json["error_codes"]),
        (StatusCode::UNAUTHORIZED, &json!([700_024]))
    );
}

#[tokio::test]
async fn the_managed_identity_wants_its_header_and_counts_in_texts() {
    let mut caller = Caller::new(Options::default(), &[]).await;
    let path = format!("{IDENTITY}&resource=https%3A%2F%2Fcognitiveservices.azure.com%2F");
    let refused = caller.get(&path).await;
    assert_eq!(
        (refused.status, &refused.json["error_description"]),
        (StatusCode::BAD_REQUEST, &json!("Required metadata header not specified"))
    );
    caller.headers = vec![("metadata", "true".to_owned())];
    let token = caller.get(&path).await.json;
    assert_eq!((&token["expires_in"], &token["token_type"]), (&json!("3599"), &json!("Bearer")));
    assert_eq!(caller.get(IDENTITY).await.status, StatusCode::BAD_REQUEST);
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    caller.headers = vec![("authorization", bearer)];
    assert_eq!(caller.post(&chat("fake"), &hello(false)).await.status, StatusCode::OK);
}
