//! Clients of OpenAI's embeddings, on models of providers with their own.

use base64::{Engine, engine::general_purpose::STANDARD};
use rstest::rstest;
use serde_json::{Value, json};

use super::target;
use crate::{
    kernel::config::UnsupportedFields,
    wire::{
        Dialect::{
            self, CohereEmbed, GeminiEmbeddings, OllamaEmbed, OpenAiEmbeddings, WorkersAiEmbeddings,
        },
        WireError,
        translate::{Target, translate_embeddings, translate_request},
    },
};

const ALL: [Dialect; 4] = [CohereEmbed, OllamaEmbed, GeminiEmbeddings, WorkersAiEmbeddings];

fn sent(to: Dialect, body: &Value) -> Value {
    let told = translate_request(OpenAiEmbeddings, body.to_string().as_bytes(), &target(to));
    serde_json::from_slice(&told.unwrap().body).unwrap()
}

fn refusal(to: Dialect, body: &Value) -> WireError {
    translate_request(OpenAiEmbeddings, body.to_string().as_bytes(), &target(to)).unwrap_err()
}

#[test]
fn texts_are_told_in_each_provider_s_words() {
    let body = json!({
        "model": "m", "input": ["one", "zwei 😀"], "encoding_format": "base64", "dimensions": null,
    });
    assert_eq!(
        sent(CohereEmbed, &body),
        json!({
            "model": "upstream-model", "texts": ["one", "zwei 😀"],
            "input_type": "search_document", "embedding_types": ["float"], "truncate": "NONE",
        })
    );
    assert_eq!(
        sent(OllamaEmbed, &body),
        json!({ "model": "upstream-model", "input": ["one", "zwei 😀"], "truncate": false })
    );
    let of = |text: &str| json!({ "model": "models/upstream-model", "content": { "parts": [{ "text": text }] } });
    assert_eq!(sent(GeminiEmbeddings, &body), json!({ "requests": [of("one"), of("zwei 😀")] }));
    assert_eq!(sent(WorkersAiEmbeddings, &body), json!({ "text": ["one", "zwei 😀"] }));
}

#[test]
fn one_text_is_a_list_of_one_and_dimensions_are_asked_where_they_can_be() {
    let body = json!({ "model": "m", "input": "one", "dimensions": 256 });
    assert_eq!(sent(CohereEmbed, &body)["output_dimension"], 256);
    assert_eq!(sent(CohereEmbed, &body)["texts"], json!(["one"]));
    assert_eq!(sent(OllamaEmbed, &body)["dimensions"], 256);
    assert_eq!(sent(GeminiEmbeddings, &body)["requests"][0]["outputDimensionality"], 256);
    assert_eq!(refusal(WorkersAiEmbeddings, &body).pointer(), Some("dimensions"));
}

#[test]
fn what_a_text_is_embedded_for_is_said_to_cohere_alone() {
    let body = json!({ "model": "m", "input": "one", "input_type": "search_query" });
    assert_eq!(sent(CohereEmbed, &body)["input_type"], "search_query");
    for to in [OllamaEmbed, GeminiEmbeddings, WorkersAiEmbeddings] {
        assert_eq!(refusal(to, &body).pointer(), Some("input_type"));
    }
}

#[rstest]
#[case("input", json!({ "model": "m", "input": [1, 2, 3] }))]
#[case("input", json!({ "model": "m", "input": [[1, 2], [3]] }))]
#[case("task", json!({ "model": "m", "input": "one", "task": "x" }))]
fn what_cannot_be_asked_is_refused_by_its_name(#[case] field: &str, #[case] body: Value) {
    for to in ALL {
        let error = refusal(to, &body);
        assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
        assert_eq!(error.pointer(), Some(field));
    }
}

#[test]
fn who_asks_is_dropped_and_what_may_be_is_too() {
    let body = json!({ "model": "m", "input": "one", "user": "u", "dimensions": 5, "task": "x" });
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..target(WorkersAiEmbeddings) };
    let body = body.to_string();
    let told = translate_request(OpenAiEmbeddings, body.as_bytes(), &target).unwrap();
    assert_eq!(told.dropped_fields, ["task", "user", "dimensions"]);
    assert_eq!(told.body, br#"{"text":["one"]}"#);
}

#[test]
fn what_is_no_request_is_invalid() {
    for body in ["{}", r#"{"input":7}"#, "nonsense"] {
        let told = translate_request(OpenAiEmbeddings, body.as_bytes(), &target(OllamaEmbed));
        assert!(matches!(told, Err(WireError::Invalid { pointer: None, .. })), "{told:?}");
    }
}

#[rstest]
#[case(
    CohereEmbed, 12,
    r#"{"id":"x","response_type":"embeddings_by_type","embeddings":{"float":[[0.5,-1.0],[0.25,2e-1]]},"texts":["one","zwei"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":12}}}"#
)]
#[case(
    OllamaEmbed, 14,
    r#"{"model":"m","embeddings":[[0.5,-1.0],[0.25,2e-1]],"total_duration":9,"prompt_eval_count":14}"#
)]
#[case(GeminiEmbeddings, 0, r#"{"embeddings":[{"values":[0.5,-1.0]},{"values":[0.25,2e-1]}]}"#)]
#[case(
    WorkersAiEmbeddings, 0,
    r#"{"result":{"shape":[2,2],"data":[[0.5,-1.0],[0.25,2e-1]],"pooling":"mean"},"success":true,"errors":[],"messages":[]}"#
)]
fn embeddings_are_told_in_the_form_that_the_client_asked_for(
    #[case] from: Dialect,
    #[case] tokens: i64,
    #[case] body: &str,
) {
    let tell = |asked: &[u8]| {
        let told = translate_embeddings(from, body.as_bytes(), asked, "house-model").unwrap();
        String::from_utf8(told).unwrap()
    };
    let item = |index: usize, embedding: &str| {
        format!(r#"{{"object":"embedding","index":{index},"embedding":{embedding}}}"#)
    };
    let list = |first: &str, second: &str| {
        let data = [item(0, first), item(1, second)].join(",");
        format!(
            r#"{{"object":"list","data":[{data}],"model":"house-model","usage":{{"prompt_tokens":{tokens},"total_tokens":{tokens}}}}}"#
        )
    };
    assert_eq!(tell(br#"{"input":["a","b"]}"#), list("[0.5,-1.0]", "[0.25,2e-1]"));
    assert_eq!(tell(br#"{"encoding_format":"float"}"#), list("[0.5,-1.0]", "[0.25,2e-1]"));
    let packed = |numbers: [f32; 2]| {
        let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
        format!("\"{}\"", STANDARD.encode(bytes))
    };
    assert_eq!(
        tell(br#"{"encoding_format":"base64"}"#),
        list(&packed([0.5, -1.0]), &packed([0.25, 0.2]))
    );
}

#[test]
fn what_is_no_list_of_embeddings_is_nonsense() {
    let asked = br#"{"encoding_format":"base64"}"#;
    for from in ALL {
        for body in ["{}", "<html>", r#"{"embeddings":[["x"]],"result":{"data":[["x"]]}}"#] {
            let told = translate_embeddings(from, body.as_bytes(), asked, "m");
            assert!(matches!(told, Err(WireError::Nonsense(_))), "{from:?}: {told:?}");
        }
    }
}
