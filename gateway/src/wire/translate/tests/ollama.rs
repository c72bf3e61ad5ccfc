//! Clients of every dialect, on models of Ollama.

use rstest::rstest;

use super::{context, indented, requests::told, streams::snapshot_in, target};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect::{self, AnthropicMessages, OllamaChat, OpenAiChat},
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
        ($case, include_str!(concat!("ollama_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($case:literal) => {
        ($case, include_str!(concat!("ollama_streams/", $case, ".sse")))
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
#[case(request!("openai", "tools"))]
#[case(request!("openai", "tool_choice_none"))]
#[case(request!("openai", "answer_schema"))]
#[case(request!("openai", "nulls"))]
#[case(request!("openai", "hints", vendor))]
#[case(request!("openai", "signed_thoughts"))]
#[case(request!("openai", "settings", vendor))]
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
#[case(request!("anthropic", "documents", vendor))]
#[case(request!("anthropic", "empty_result", vendor))]
fn a_request_is_told(#[case] (client, case, body): (&str, &str, &str)) {
    let target = Target { output_limit: Some(777), ..target(OllamaChat) };
    let told = told(dialect(client), body, &target);
    insta::assert_snapshot!(format!("from_{client}_{case}"), told);
}

#[rstest]
#[case(
    "parallel_tool_calls",
    r#""parallel_tool_calls":false,"tools":[{"type":"function","function":{"name":"f"}}]"#
)]
#[case(
    "tool_choice",
    r#""tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}]"#
)]
#[case("tool_choice", r#""tool_choice":{"type":"function","function":{"name":"f"}},"tools":[{"type":"function","function":{"name":"f"}}]"#)]
#[case("logit_bias", r#""logit_bias":{"5":1}"#)]
fn what_cannot_be_asked_is_refused_by_its_name(#[case] field: &str, #[case] fragment: &str) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let error = translate_request(OpenAiChat, body.as_bytes(), &target(OllamaChat)).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
    assert!(error.to_string().contains(field), "{error}");
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..target(OllamaChat) };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    assert_eq!(told.dropped_fields, [field]);
}

#[rstest]
#[case(ReasoningControl::Effort, "none", "false")]
#[case(ReasoningControl::Effort, "minimal", r#""low""#)]
#[case(ReasoningControl::Effort, "medium", r#""medium""#)]
#[case(ReasoningControl::Effort, "xhigh", r#""high""#)]
#[case(ReasoningControl::Budget, "none", "false")]
#[case(ReasoningControl::Budget, "low", "true")]
fn an_effort_is_told_as_the_model_takes_it(
    #[case] reasoning: ReasoningControl,
    #[case] effort: &str,
    #[case] think: &str,
) {
    let body = format!(r#"{{"messages":[],"reasoning_effort":"{effort}"}}"#);
    let target = Target { reasoning: Some(reasoning), ..target(OllamaChat) };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    let sent = String::from_utf8(told.body).unwrap();
    assert!(sent.contains(&format!(r#""think":{think}"#)), "{sent}");
    assert!(told.dropped_fields.is_empty());
}

#[rstest]
#[case(r#"{"type":"adaptive"}"#, "true")]
#[case(r#"{"type":"enabled","budget_tokens":4096}"#, r#""low""#)]
#[case(r#"{"type":"enabled","budget_tokens":16384}"#, r#""medium""#)]
#[case(r#"{"type":"enabled","budget_tokens":16385}"#, r#""high""#)]
fn a_budget_for_thoughts_is_an_effort(#[case] thinking: &str, #[case] think: &str) {
    let body = format!(r#"{{"max_tokens":9,"messages":[],"thinking":{thinking}}}"#);
    let target = Target { reasoning: Some(ReasoningControl::Effort), ..target(OllamaChat) };
    let told = told(AnthropicMessages, &body, &target);
    assert!(told.contains(&format!(r#""think":{think}"#)), "{told}");
}

#[test]
fn what_it_cannot_fetch_or_read_is_refused() {
    for (body, words) in [
        (request!("openai", "images").2, "image by its URL"),
        (request!("openai", "documents").2, "no plain text"),
    ] {
        let target = Target { unsupported_fields: UnsupportedFields::Drop, ..target(OllamaChat) };
        let error = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap_err();
        assert_eq!(error.pointer(), Some("messages"));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[rstest]
#[case(answer!("text"))]
#[case(answer!("tools"))]
#[case(answer!("thoughts"))]
#[case(answer!("output_limit"))]
#[case(answer!("load"))]
fn an_answer_is_told_to_every_client(#[case] (case, body): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = translate_response(OllamaChat, to, body.as_bytes(), &context()).unwrap();
        insta::assert_snapshot!(format!("to_{client}_{case}"), indented(&told));
    }
}

#[rstest]
#[case("<html>")]
#[case("{}")]
#[case(r#"{"error":"model 'x' not found"}"#)]
#[case(r#"{"message":{"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}"#)]
fn an_answer_that_breaks_the_dialect_is_nonsense(#[case] body: &str) {
    for (_, to) in CLIENTS {
        let told = translate_response(OllamaChat, to, body.as_bytes(), &context());
        let error = told.unwrap_err();
        assert!(matches!(error, WireError::Nonsense(_)), "{error:?}");
    }
}

#[rstest]
#[case(stream!("text"))]
#[case(stream!("tools"))]
#[case(stream!("thoughts"))]
#[case(stream!("error"))]
#[case(stream!("cut"))]
fn a_stream_is_told_to_every_client(#[case] (case, stream): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = snapshot_in(&context(), OllamaChat, to, stream);
        insta::assert_snapshot!(format!("stream_to_{client}_{case}"), told);
    }
}
