//! Clients of every dialect, on models of Cohere.

use rstest::rstest;

use super::{context, indented, requests::told, streams::snapshot_in, target};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect::{self, AnthropicMessages, CohereChat, OpenAiChat},
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
        ($case, include_str!(concat!("cohere_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($case:literal) => {
        ($case, include_str!(concat!("cohere_streams/", $case, ".sse")))
    };
}

const CLIENTS: [(&str, Dialect); 2] = [("openai", OpenAiChat), ("anthropic", AnthropicMessages)];

fn dialect(client: &str) -> Dialect {
    if client == "openai" { OpenAiChat } else { AnthropicMessages }
}

#[rstest]
#[case(request!("openai", "text"))]
#[case(request!("openai", "no_limit"))]
#[case(request!("openai", "stream"))]
#[case(request!("openai", "images"))]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "tool_choice_named"))]
#[case(request!("openai", "tool_choice_none"))]
#[case(request!("openai", "answer_schema"))]
#[case(request!("openai", "nulls"))]
#[case(request!("openai", "hints"))]
#[case(request!("openai", "signed_thoughts"))]
#[case(request!("openai", "settings", vendor))]
#[case(request!("openai", "text_files", vendor))]
#[case(request!("openai", "text_files_and_schema", vendor))]
#[case(request!("openai", "text_file_alone", vendor))]
#[case(request!("openai", "json_object", vendor))]
#[case(request!("openai", "strict_tools", vendor))]
#[case(request!("anthropic", "unsigned_thoughts", vendor))]
#[case(request!("anthropic", "system_blocks"))]
#[case(request!("anthropic", "cache_marks"))]
#[case(request!("anthropic", "failed_tool"))]
#[case(request!("anthropic", "unicode"))]
#[case(request!("anthropic", "only_thoughts"))]
#[case(request!("anthropic", "hints"))]
#[case(request!("anthropic", "tool_choice_any"))]
#[case(request!("anthropic", "results_with_media", vendor))]
#[case(request!("anthropic", "documents", vendor))]
#[case(request!("anthropic", "empty_result", vendor))]
fn a_request_is_told(#[case] (client, case, body): (&str, &str, &str)) {
    let target = Target { output_limit: Some(777), ..target(CohereChat) };
    let told = told(dialect(client), body, &target);
    insta::assert_snapshot!(format!("from_{client}_{case}"), told);
}

#[rstest]
#[case(
    "parallel_tool_calls",
    r#""parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f"}}]"#
)]
#[case("frequency_penalty", r#""frequency_penalty":1.5"#)]
#[case("presence_penalty", r#""presence_penalty":-0.5"#)]
#[case("top_logprobs", r#""logprobs":true,"top_logprobs":2"#)]
#[case("n", r#""n":2"#)]
fn what_cannot_be_asked_is_refused_by_its_name(#[case] field: &str, #[case] fragment: &str) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let error = translate_request(OpenAiChat, body.as_bytes(), &target(CohereChat)).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
    assert!(error.to_string().contains(field), "{error}");
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..target(CohereChat) };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    assert_eq!(told.dropped_fields, [field]);
}

#[rstest]
#[case("effort", r#""reasoning_effort":"medium","max_tokens":20000"#)]
#[case("effort_none", r#""reasoning_effort":"none","max_tokens":20000"#)]
#[case("effort_within_the_answer", r#""reasoning_effort":"high","max_tokens":3000"#)]
#[case("effort_without_room", r#""reasoning_effort":"high","max_tokens":500"#)]
fn an_effort_is_told_as_a_budget(#[case] case: &str, #[case] fragment: &str) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let both = [ReasoningControl::Effort, ReasoningControl::Budget].map(|reasoning| {
        let target = Target { reasoning: Some(reasoning), ..target(CohereChat) };
        told(OpenAiChat, &body, &target)
    });
    assert_eq!(both[0], both[1]);
    insta::assert_snapshot!(format!("reasoning_{case}"), both[0]);
}

#[rstest]
#[case(request!("anthropic", "hints"))]
#[case(request!("anthropic", "system_blocks"))]
#[case(request!("anthropic", "unsigned_thoughts", vendor))]
fn a_model_that_is_told_to_think_gets_its_thoughts_back(
    #[case] (client, case, body): (&str, &str, &str),
) {
    let reasoning = Some(ReasoningControl::Budget);
    let target = Target { reasoning, output_limit: Some(9_000), ..target(CohereChat) };
    let told = told(dialect(client), body, &target);
    insta::assert_snapshot!(format!("reasoning_from_{client}_{case}"), told);
}

#[test]
fn a_named_tool_has_to_be_there() {
    let body = r#"{"messages":[],"tools":[{"type":"function","function":{"name":"f"}}],
        "tool_choice":{"type":"function","function":{"name":"g"}}}"#;
    let error = translate_request(OpenAiChat, body.as_bytes(), &target(CohereChat)).unwrap_err();
    assert!(matches!(error, WireError::Invalid { pointer: Some("tool_choice"), .. }), "{error:?}");
}

#[test]
fn only_plain_text_can_be_read() {
    for body in [request!("openai", "documents").2, request!("anthropic", "documents").2] {
        let from = if body.contains("file_data") { OpenAiChat } else { AnthropicMessages };
        let target = Target { unsupported_fields: UnsupportedFields::Drop, ..target(CohereChat) };
        let error = translate_request(from, body.as_bytes(), &target).unwrap_err();
        assert_eq!(error.pointer(), Some("messages"), "{error}");
        assert!(error.to_string().contains("no plain text"), "{error}");
    }
}

#[rstest]
#[case(answer!("text"))]
#[case(answer!("tools"))]
#[case(answer!("thoughts"))]
#[case(answer!("thoughts_before_tools"))]
#[case(answer!("citations"))]
#[case(answer!("output_limit"))]
#[case(answer!("stop_sequence"))]
#[case(answer!("sparse"))]
fn an_answer_is_told_to_every_client(#[case] (case, body): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = translate_response(CohereChat, to, body.as_bytes(), &context()).unwrap();
        insta::assert_snapshot!(format!("to_{client}_{case}"), indented(&told));
    }
}

#[rstest]
#[case("<html>")]
#[case("{}")]
#[case(r#"{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{"}}]}}"#)]
#[case(r#"{"message":{"content":[{"type":"text","text":"It"}]},"finish_reason":"ERROR"}"#)]
#[case(r#"{"message":{"content":[]},"finish_reason":"TIMEOUT"}"#)]
fn an_answer_that_breaks_the_dialect_is_nonsense(#[case] body: &str) {
    for (_, to) in CLIENTS {
        let told = translate_response(CohereChat, to, body.as_bytes(), &context());
        let error = told.unwrap_err();
        assert!(matches!(error, WireError::Nonsense(_)), "{error:?}");
    }
}

#[rstest]
#[case(stream!("text"))]
#[case(stream!("tools"))]
#[case(stream!("thoughts"))]
#[case(stream!("error"))]
#[case(stream!("timeout"))]
#[case(stream!("not_open"))]
#[case(stream!("cut"))]
fn a_stream_is_told_to_every_client(#[case] (case, stream): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = snapshot_in(&context(), CohereChat, to, stream);
        insta::assert_snapshot!(format!("stream_to_{client}_{case}"), told);
    }
}
