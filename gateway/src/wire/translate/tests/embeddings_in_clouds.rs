//! Clients of OpenAI's embeddings, on models of Amazon's and Google's clouds.

use rstest::rstest;
use serde_json::{Value, json};

use super::target;
use crate::wire::{
    Dialect::{self, BedrockEmbeddings, OpenAiEmbeddings, VertexEmbeddings},
    WireError,
    translate::{Target, translate_embeddings, translate_request},
};

const TITAN_1: &str = "amazon.titan-embed-text-v1";
const TITAN_2: &str = "eu.amazon.titan-embed-text-v2:0";
const COHERE: &str = "cohere.embed-multilingual-v3";

fn told(to: Dialect, model: &str, body: &Value) -> Result<Value, WireError> {
    let target = Target { model, ..target(to) };
    let told = translate_request(OpenAiEmbeddings, body.to_string().as_bytes(), &target)?;
    Ok(serde_json::from_slice(&told.body).unwrap())
}

fn refusal(to: Dialect, model: &str, body: &Value) -> String {
    let error = told(to, model, body).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    error.pointer().unwrap().to_owned()
}

#[test]
fn a_text_is_told_in_the_words_of_each_model() {
    let body = json!({ "model": "m", "input": "one", "dimensions": 256 });
    let titan = told(BedrockEmbeddings, TITAN_2, &body).unwrap();
    assert_eq!(titan, json!({ "inputText": "one", "dimensions": 256 }));
    let cohere = json!({
        "texts": ["one"], "input_type": "search_document", "embedding_types": ["float"],
        "output_dimension": 256, "truncate": "NONE",
    });
    assert_eq!(told(BedrockEmbeddings, COHERE, &body).unwrap(), cohere);
    let vertex = json!({
        "instances": [{ "content": "one" }],
        "parameters": { "autoTruncate": false, "outputDimensionality": 256 },
    });
    assert_eq!(told(VertexEmbeddings, "text-embedding-005", &body).unwrap(), vertex);
}

#[test]
fn several_texts_are_told_where_a_model_takes_them() {
    let body = json!({ "model": "m", "input": ["one", "zwei"] });
    let cohere = told(BedrockEmbeddings, COHERE, &body).unwrap();
    assert_eq!(cohere["texts"], json!(["one", "zwei"]));
    let vertex = told(VertexEmbeddings, "text-embedding-005", &body).unwrap();
    assert_eq!(vertex["instances"], json!([{ "content": "one" }, { "content": "zwei" }]));
    assert_eq!(refusal(BedrockEmbeddings, TITAN_2, &body), "input");
    let one = json!({ "model": "m", "input": ["one"] });
    assert_eq!(told(BedrockEmbeddings, TITAN_2, &one).unwrap(), json!({ "inputText": "one" }));
}

#[rstest]
#[case(BedrockEmbeddings, TITAN_1, "dimensions", json!({ "input": "one", "dimensions": 256 }))]
#[case(BedrockEmbeddings, TITAN_2, "input_type", json!({ "input": "one", "input_type": "x" }))]
#[case(VertexEmbeddings, "m", "input_type", json!({ "input": "one", "input_type": "x" }))]
#[case(BedrockEmbeddings, COHERE, "input", json!({ "input": [1, 2] }))]
#[case(VertexEmbeddings, "m", "task", json!({ "input": "one", "task": "x" }))]
fn what_cannot_be_asked_is_refused_by_its_name(
    #[case] to: Dialect,
    #[case] model: &str,
    #[case] field: &str,
    #[case] body: Value,
) {
    assert_eq!(refusal(to, model, &body), field);
}

#[test]
fn cohere_is_told_what_a_text_is_embedded_for() {
    let body = json!({ "input": "one", "input_type": "search_query" });
    assert_eq!(told(BedrockEmbeddings, COHERE, &body).unwrap()["input_type"], "search_query");
}

#[rstest]
#[case(BedrockEmbeddings, 5, r#"{"embedding":[0.5,2e-1],"inputTextTokenCount":5}"#)]
#[case(
    BedrockEmbeddings, 5,
    r#"{"inputTextTokenCount":5,"embeddings":{"float":[[0.5,2e-1]]},"id":"1","response_type":"embeddings_by_type","texts":["a"]}"#
)]
#[case(
    BedrockEmbeddings,
    0,
    r#"{"embeddings":[[0.5,2e-1]],"id":"1","response_type":"embeddings_floats","texts":["a"]}"#
)]
#[case(
    VertexEmbeddings, 6,
    r#"{"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":6},"values":[0.5,2e-1]}}],"metadata":{"billableCharacterCount":3}}"#
)]
fn an_answer_is_told_in_openais_words(
    #[case] from: Dialect,
    #[case] tokens: i64,
    #[case] body: &str,
) {
    let told = translate_embeddings(from, body.as_bytes(), br#"{"input":"a"}"#, "house-model");
    let expected = format!(
        r#"{{"object":"list","data":[{{"object":"embedding","index":0,"embedding":[0.5,2e-1]}}],"model":"house-model","usage":{{"prompt_tokens":{tokens},"total_tokens":{tokens}}}}}"#
    );
    assert_eq!(String::from_utf8(told.unwrap()).unwrap(), expected);
}

#[test]
fn what_is_no_answer_is_nonsense() {
    for from in [BedrockEmbeddings, VertexEmbeddings] {
        for body in ["{}", "<html>", r#"{"embeddings":{"int8":[[1]]}}"#, r#"{"embeddings":7}"#] {
            let told = translate_embeddings(from, body.as_bytes(), b"{}", "m");
            assert!(matches!(told, Err(WireError::Nonsense(_))), "{from:?}: {body}: {told:?}");
        }
    }
}
