//! Clients of every dialect, on models of Workers AI.

use rstest::rstest;

use super::{context, indented, requests::told, streams::snapshot_in, target};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect::{self, AnthropicMessages, OpenAiChat, WorkersAi},
        WireError,
        translate::{Target, translate_request, translate_response},
    },
};

macro_rules! request {
    ($client:literal, $case:literal) => {
        ($client, $case, include_str!(concat!($client, "_requests/", $case, ".json")))
    };
    ($client:literal, $case:literal, vendor) => {
        ($client, $case, include_str!(concat!("vendor_requests/", $client, "_", $case, ".json")))
    };
}

macro_rules! answer {
    ($case:literal) => {
        ($case, include_str!(concat!("workers_ai_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($case:literal) => {
        ($case, include_str!(concat!("workers_ai_streams/", $case, ".sse")))
    };
}

const CLIENTS: [(&str, Dialect); 2] = [("openai", OpenAiChat), ("anthropic", AnthropicMessages)];

fn dialect(client: &str) -> Dialect {
    if client == "openai" { OpenAiChat } else { AnthropicMessages }
}

#[rstest]
#[case(request!("openai", "no_limit"))]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "tool_choice_none"))]
#[case(request!("openai", "answer_schema"))]
#[case(request!("openai", "nulls"))]
#[case(request!("openai", "hints", vendor))]
#[case(request!("openai", "signed_thoughts"))]
#[case(request!("openai", "sampling", vendor))]
#[case(request!("openai", "images", vendor))]
#[case(request!("openai", "text_files", vendor))]
#[case(request!("openai", "json_object", vendor))]
#[case(request!("openai", "strict_tools", vendor))]
#[case(request!("anthropic", "unsigned_thoughts", vendor))]
#[case(request!("anthropic", "system_blocks"))]
#[case(request!("anthropic", "cache_marks"))]
#[case(request!("anthropic", "failed_tool"))]
#[case(request!("anthropic", "unicode"))]
#[case(request!("anthropic", "only_thoughts"))]
#[case(request!("anthropic", "results_with_media", vendor))]
#[case(request!("anthropic", "empty_result", vendor))]
fn a_request_is_told(#[case] (client, case, body): (&str, &str, &str)) {
    let target = Target { output_limit: Some(777), ..target(WorkersAi) };
    let told = told(dialect(client), body, &target);
    insta::assert_snapshot!(format!("from_{client}_{case}"), told);
}

#[rstest]
#[case("stop", r#""stop":"END""#)]
#[case(
    "parallel_tool_calls",
    r#""parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f"}}]"#
)]
#[case(
    "tool_choice",
    r#""tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}]"#
)]
#[case("tool_choice", r#""tool_choice":{"type":"function","function":{"name":"f"}},"tools":[{"type":"function","function":{"name":"f"}}]"#)]
#[case("response_format", r#""stream":true,"response_format":{"type":"json_object"}"#)]
#[case("logprobs", r#""logprobs":true"#)]
fn what_cannot_be_asked_is_refused_by_its_name(#[case] field: &str, #[case] fragment: &str) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let error = translate_request(OpenAiChat, body.as_bytes(), &target(WorkersAi)).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
    assert!(error.to_string().contains(field), "{error}");
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..target(WorkersAi) };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    assert_eq!(told.dropped_fields, [field]);
}

#[rstest]
#[case(ReasoningControl::Effort, "minimal", Some("low"))]
#[case(ReasoningControl::Effort, "medium", Some("medium"))]
#[case(ReasoningControl::Effort, "max", Some("high"))]
#[case(ReasoningControl::Effort, "none", None)]
#[case(ReasoningControl::Budget, "low", None)]
fn an_effort_is_told_where_the_model_takes_one(
    #[case] reasoning: ReasoningControl,
    #[case] effort: &str,
    #[case] expected: Option<&str>,
) {
    let body = format!(r#"{{"messages":[],"reasoning_effort":"{effort}"}}"#);
    let target = Target { reasoning: Some(reasoning), ..target(WorkersAi) };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(sent["reasoning_effort"].as_str(), expected);
    assert_eq!(told.dropped_fields.is_empty(), expected.is_some(), "{:?}", told.dropped_fields);
}

#[test]
fn what_it_cannot_fetch_or_read_is_refused() {
    for (body, words) in [
        (request!("openai", "images").2, "image by its URL"),
        (request!("openai", "documents").2, "no plain text"),
    ] {
        let target = Target { unsupported_fields: UnsupportedFields::Drop, ..target(WorkersAi) };
        let error = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap_err();
        assert_eq!(error.pointer(), Some("messages"));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[rstest]
#[case(answer!("text"))]
#[case(answer!("tools"))]
#[case(answer!("schema"))]
#[case(answer!("chat"))]
fn an_answer_is_told_to_every_client(#[case] (case, body): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = translate_response(WorkersAi, to, body.as_bytes(), &context()).unwrap();
        insta::assert_snapshot!(format!("to_{client}_{case}"), indented(&told));
    }
}

#[rstest]
#[case("<html>")]
#[case("{}")]
#[case(r#"{"result":null,"success":false,"errors":[{"code":5006,"message":"Bad input"}]}"#)]
#[case(r#"{"result":{"output":[]},"success":true,"errors":[],"messages":[]}"#)]
#[case(r#"{"result":{"response":"","tool_calls":[{"name":"f","arguments":"{"}]}}"#)]
#[case(r#"{"result":{"response":"","tool_calls":[{"name":"f","arguments":[]}]}}"#)]
#[case(r#"{"result":{"response":"","tool_calls":[{"arguments":{}}]}}"#)]
fn an_answer_that_breaks_the_dialect_is_nonsense(#[case] body: &str) {
    for (_, to) in CLIENTS {
        let told = translate_response(WorkersAi, to, body.as_bytes(), &context());
        let error = told.unwrap_err();
        assert!(matches!(error, WireError::Nonsense(_)), "{error:?}");
    }
}

#[rstest]
#[case(stream!("text"))]
#[case(stream!("tools"))]
#[case(stream!("tool_deltas"))]
#[case(stream!("chat"))]
#[case(stream!("error"))]
#[case(stream!("error_text"))]
#[case(stream!("not_open"))]
#[case(stream!("cut"))]
#[case(stream!("closed"))]
fn a_stream_is_told_to_every_client(#[case] (case, stream): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = snapshot_in(&context(), WorkersAi, to, stream);
        insta::assert_snapshot!(format!("stream_to_{client}_{case}"), told);
    }
}
