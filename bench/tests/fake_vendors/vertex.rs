//! Vertex AI, and the tokens of Google Cloud.

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bench::fake_provider::Options;
use http::StatusCode;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

const PLACE: &str = "/v1/projects/p/locations/europe-west1";
const METADATA: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const HELLO: &str = r#"{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}"#;

fn google(model: &str, verb: &str) -> String {
    format!("{PLACE}/publishers/google/models/{model}:{verb}")
}

fn claude(model: &str) -> String {
    format!("{PLACE}/publishers/anthropic/models/{model}:rawPredict")
}

fn message() -> Value {
    json!({
        "anthropic_version": "vertex-2023-10-16", "max_tokens": 100,
        "messages": [{ "role": "user", "content": "hello" }],
    })
}

/// A caller with a token of the metadata server's.
async fn vertex() -> Caller {
    let mut caller = Caller::new(Options::default(), &[("metadata-flavor", "Google")]).await;
    let token = caller.get(METADATA).await.json;
    let token = token["access_token"].as_str().unwrap();
    caller.headers.push(("authorization", format!("Bearer {token}")));
    caller
}

async fn generate(caller: &Caller) -> Answer {
    let hello = serde_json::from_str(HELLO).unwrap();
    caller.post(&google("fake", "generateContent"), &hello).await
}

#[tokio::test]
async fn only_a_token_that_was_handed_out_opens_vertex_until_its_time_is_over() {
    let mut caller = vertex().await;
    let answer = generate(&caller).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json["usageMetadata"]["trafficType"], "ON_DEMAND");
    assert_eq!(answer.json["candidates"][0].get("index"), None);
    let reason = |answer: &Answer| answer.json["error"]["details"][0]["reason"].clone();
    caller.provider.expire_tokens();
    let expired = generate(&caller).await;
    assert_eq!(expired.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reason(&expired), "ACCESS_TOKEN_EXPIRED");
    caller.headers = vec![("authorization", "Bearer ya29.guessed".to_owned())];
    assert_eq!(reason(&generate(&caller).await), "ACCESS_TOKEN_TYPE_UNSUPPORTED");
    caller.headers.clear();
    assert_eq!(reason(&generate(&caller).await), "CREDENTIALS_MISSING");
    let calls = caller.provider.calls();
    assert_eq!((calls.arrived, calls.calls, calls.tokens), (4, 1, 1));
}

#[tokio::test]
async fn a_token_may_be_born_old() {
    let options = Options { token_lifetime: Some(Duration::ZERO), ..Options::default() };
    let mut caller = Caller::new(options, &[("metadata-flavor", "Google")]).await;
    let token = caller.get(METADATA).await.json;
    assert_eq!(token["expires_in"], 0);
    let token = token["access_token"].as_str().unwrap();
    caller.headers.push(("authorization", format!("Bearer {token}")));
    assert_eq!(generate(&caller).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_metadata_server_talks_to_nobody_who_does_not_mean_it() {
    let caller = Caller::new(Options::default(), &[]).await;
    let answer = caller.get(METADATA).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.headers["metadata-flavor"], "Google");
    assert_eq!(answer.text, "Missing Metadata-Flavor:Google header.");
}

#[tokio::test]
async fn an_assertion_is_good_for_a_token_if_its_account_signed_it() {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let encoded = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n");
    let options = Options { google_public_key: Some(pem), ..Options::default() };
    let caller = Caller::new(options, &[]).await;
    let ask = async |key: &RsaKeyPair| {
        let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        let assertion = assertion(key, &format!("{}/token", caller.provider.url()));
        caller.post_form("/token", &format!("grant_type={grant}&assertion={assertion}")).await
    };
    let token = ask(&key).await.json;
    assert_eq!((&token["token_type"], &token["expires_in"]), (&json!("Bearer"), &json!(3599)));
    let refused = ask(&RsaKeyPair::generate(KeySize::Rsa2048).unwrap()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json,
        json!({ "error": "invalid_grant", "error_description": "Invalid JWT Signature." })
    );
    let other = caller.post_form("/token", "grant_type=password").await.json;
    assert_eq!(other["error"], "unsupported_grant_type");
}

fn assertion(key: &RsaKeyPair, audience: &str) -> String {
    let now_seconds = clock_gettime(ClockId::Realtime).tv_sec;
    let claims = json!({
        "iss": "bot@fake.iam.gserviceaccount.com", "aud": audience, "iat": now_seconds,
        "exp": now_seconds + 3_600, "scope": "https://www.googleapis.com/auth/cloud-platform",
    });
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(json!({ "alg": "RS256" })), part(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn anthropics_refusals_are_its_own_and_those_in_front_of_it_googles() {
    let caller = vertex().await;
    let answer = caller.post(&claude("fake@tag=a"), &message()).await;
    assert_eq!((answer.status, &answer.json["type"]), (StatusCode::OK, &json!("message")));
    assert_eq!(caller.provider.calls().billed_to("fake@tag=a").count, 1);
    let mut without = message();
    without.as_object_mut().unwrap().remove("anthropic_version");
    let mut with_model = message();
    with_model["model"] = json!("fake");
    for (body, said) in [
        (without, "anthropic_version: Field required"),
        (with_model, "model: Extra inputs are not permitted"),
    ] {
        let refused = caller.post(&claude("fake"), &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json["error"]["message"], said);
        assert_eq!(refused.json["error"]["type"], "invalid_request_error");
    }
    let busy = caller.post(&claude("fake@status=429"), &message()).await.json;
    assert_eq!(busy["error"]["status"], "RESOURCE_EXHAUSTED");
    let overloaded = caller.post(&claude("fake@status=529"), &message()).await.json;
    assert_eq!(overloaded["error"]["type"], "overloaded_error");
}

#[tokio::test]
async fn a_streamed_message_fails_with_anthropics_event() {
    let caller = vertex().await;
    let mut body = message();
    body["stream"] = json!(true);
    let path = claude("fake@chunks=8,error_event=3").replace(":rawPredict", ":streamRawPredict");
    let text = caller.post(&path, &body).await.text;
    assert!(text.contains("event: error\ndata: {\"type\":\"error\""), "{text}");
}

#[tokio::test]
async fn openais_dialect_is_refused_with_a_list_of_one() {
    let caller = vertex().await;
    let path = format!("{PLACE}/endpoints/openapi/chat/completions");
    let body =
        |model: &str| json!({ "model": model, "messages": [{ "role": "user", "content": "hi" }] });
    let answer = caller.post(&path, &body("google/fake")).await;
    assert_eq!(answer.json["object"], "chat.completion");
    let refused = caller.post(&path, &body("google/fake@status=403")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json[0]["error"]["status"], "PERMISSION_DENIED");
}

#[tokio::test]
async fn the_tokens_of_several_embeddings_come_to_what_is_billed() {
    let caller = vertex().await;
    let body = json!({
        "instances": [{ "content": "a b" }, { "content": "c" }],
        "parameters": { "outputDimensionality": 4 },
    });
    let answer = caller.post(&google("fake@input_tokens=7", "predict"), &body).await.json;
    let tokens = |index: usize| {
        answer["predictions"][index]["embeddings"]["statistics"]["token_count"].as_u64().unwrap()
    };
    assert_eq!((tokens(0), tokens(1)), (3, 4));
    assert_eq!(answer["metadata"]["billableCharacterCount"], 3);
    assert_eq!(caller.provider.calls().bill[0].input, 7);
}

#[tokio::test]
async fn a_field_of_ai_studio_is_none_of_vertex() {
    let caller = vertex().await;
    let mut body: Value = serde_json::from_str(HELLO).unwrap();
    body["store"] = json!(true);
    let refused = caller.post(&google("fake", "generateContent"), &body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let message = refused.json["error"]["message"].as_str().unwrap();
    assert!(message.contains("Unknown name \"store\""), "{message}");
    body.as_object_mut().unwrap().remove("store");
    body["labels"] = json!({ "team": "a" });
    assert_eq!(
        caller.post(&google("fake", "countTokens"), &body).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(caller.post(&google("fake", "generateContent"), &body).await.status, StatusCode::OK);
}
