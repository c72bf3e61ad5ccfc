//! A client of the Responses API, on models of other dialects.

use rstest::rstest;

use super::{context, indented, streams::snapshot_in, target};
use crate::wire::{
    Dialect::{self, AnthropicMessages, OpenAiChat, OpenAiResponses},
    WireError,
    translate::{Echo, TranslationContext, translate_request, translate_response},
};

macro_rules! request {
    ($case:literal) => {
        ($case, include_str!(concat!("responses_requests/", $case, ".json")))
    };
}

macro_rules! answer {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!($from, "_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!($from, "_streams/", $case, ".sse")))
    };
}

fn answering(request: &str) -> TranslationContext {
    TranslationContext { echo: Some(Echo::read(request.as_bytes())), ..context() }
}

fn dialect(name: &str) -> Dialect {
    if name == "openai" { OpenAiChat } else { AnthropicMessages }
}

#[rstest]
#[case(request!("text"))]
#[case(request!("conversation"))]
#[case(request!("media"))]
#[case(request!("schema"))]
#[case(request!("signed_thoughts"))]
#[case(request!("codex"))]
fn a_request_is_told_to_each_dialect(#[case] (case, body): (&str, &str)) {
    for to in ["openai", "anthropic"] {
        let told = translate_request(OpenAiResponses, body.as_bytes(), &target(dialect(to)));
        let told = told.unwrap();
        let text =
            format!("{}\n--- without {}", indented(&told.body), told.dropped_fields.join(", "));
        insta::assert_snapshot!(format!("to_{to}_{case}"), text);
    }
}

#[rstest]
#[case("tools[0]", r#""tools":[{"type":"file_search"}]"#)]
#[case("tools[0]", r#""tools":[{"type":"custom","name":"apply_patch"}]"#)]
#[case("truncation", r#""truncation":"auto""#)]
#[case("top_logprobs", r#""top_logprobs":2"#)]
#[case("input", r#""input":[{"type":"file_search_call","id":"fs_1"}]"#)]
#[case(
    "input",
    r#""input":[{"role":"user","content":[{"type":"input_file","file_id":"file_1"}]}]"#
)]
fn what_no_other_dialect_can_be_asked_is_refused_by_its_name(
    #[case] field: &str,
    #[case] fragment: &str,
) {
    let body = format!(r#"{{"model":"m",{fragment}}}"#);
    let told = translate_request(OpenAiResponses, body.as_bytes(), &target(AnthropicMessages));
    let error = told.unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[rstest]
#[case(r#"{"type":"function_call","name":"f"}"#)]
#[case(r#"{"type":"function_call","call_id":"c","name":"f","arguments":"[]"}"#)]
#[case(r#"{"type":"function_call_output","output":"x"}"#)]
#[case(r#"{"role":"user","content":[{"type":"input_image","image_url":"data:image/png,x"}]}"#)]
#[case(r#"{"content":"x"}"#)]
fn an_item_that_breaks_the_dialect_is_invalid(#[case] item: &str) {
    let body = format!(r#"{{"model":"m","input":[{item}]}}"#);
    let told = translate_request(OpenAiResponses, body.as_bytes(), &target(OpenAiChat));
    let error = told.unwrap_err();
    assert!(matches!(error, WireError::Invalid { pointer: Some("input"), .. }), "{error:?}");
}

#[rstest]
#[case(answer!("anthropic", "text"))]
#[case(answer!("anthropic", "tools"))]
#[case(answer!("anthropic", "thoughts"))]
#[case(answer!("anthropic", "output_limit"))]
#[case(answer!("anthropic", "refusal"))]
#[case(answer!("openai", "tools"))]
#[case(answer!("openai", "thoughts"))]
fn an_answer_of_each_dialect_is_told(#[case] (from, case, body): (&str, &str, &str)) {
    let context = answering(request!("codex").1);
    let told = translate_response(dialect(from), OpenAiResponses, body.as_bytes(), &context);
    insta::assert_snapshot!(format!("from_{from}_{case}"), indented(&told.unwrap()));
}

#[test]
fn a_call_of_a_tool_in_a_namespace_is_told_by_both_names() {
    let context = answering(request!("codex").1);
    let body = r#"{"content":[{"type":"tool_use","id":"t","name":"agents__close","input":{}}],
        "stop_reason":"tool_use"}"#;
    let told = translate_response(AnthropicMessages, OpenAiResponses, body.as_bytes(), &context);
    let told: serde_json::Value = serde_json::from_slice(&told.unwrap()).unwrap();
    let call = &told["output"][0];
    assert_eq!((&call["namespace"], &call["name"]), (&"agents".into(), &"close".into()));

    let stream = anthropic_call("agents__close");
    let told = snapshot_in(&context, AnthropicMessages, OpenAiResponses, &stream);
    let named = told.matches(r#""namespace":"agents","name":"close""#).count();
    assert_eq!(named, 3, "added, done and in the whole answer: {told}");
}

fn anthropic_call(name: &str) -> String {
    let event = |data: &str| format!("data: {data}\n\n");
    let block = format!(r#"{{"type":"tool_use","id":"t","name":"{name}","input":{{}}}}"#);
    [
        event(r#"{"type":"message_start","message":{}}"#),
        event(&format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#)),
        event(r#"{"type":"content_block_stop","index":0}"#),
        event(r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#),
        event(r#"{"type":"message_stop"}"#),
    ]
    .concat()
}

#[rstest]
#[case(stream!("anthropic", "text"))]
#[case(stream!("anthropic", "tools"))]
#[case(stream!("anthropic", "thoughts"))]
#[case(stream!("anthropic", "error"))]
#[case(stream!("anthropic", "cut"))]
#[case(stream!("openai", "tools"))]
#[case(stream!("openai", "thoughts"))]
#[case(stream!("openai", "refusal"))]
fn a_stream_of_each_dialect_is_told(#[case] (from, case, stream): (&str, &str, &str)) {
    let context = answering(r#"{"temperature":0.50,"tools":null}"#);
    let told = snapshot_in(&context, dialect(from), OpenAiResponses, stream);
    insta::assert_snapshot!(format!("stream_from_{from}_{case}"), told);
}
