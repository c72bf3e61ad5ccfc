//! Clients of other dialects, and of the Responses API itself, on a provider that is asked by the
//! Responses API.

use proptest::prelude::*;
use rstest::rstest;

use super::{
    context, indented,
    streams::{cut, snapshot_in, told_in},
    target,
};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect::{self, AnthropicMessages, OpenAiChat, OpenAiResponses},
        LimitField, WireError,
        translate::{Target, translate_request, translate_response},
    },
};

macro_rules! request {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!($from, "_requests/", $case, ".json")))
    };
}

macro_rules! answer {
    ($case:literal) => {
        ($case, include_str!(concat!("responses_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($case:literal) => {
        ($case, include_str!(concat!("responses_streams/", $case, ".sse")))
    };
}

const CLIENTS: [(&str, Dialect); 3] =
    [("openai", OpenAiChat), ("anthropic", AnthropicMessages), ("responses", OpenAiResponses)];

fn dialect(name: &str) -> Dialect {
    CLIENTS.into_iter().find(|client| client.0 == name).unwrap().1
}

/// The body as it is sent, and below it the names of what was dropped.
fn told(from: Dialect, body: &str, target: &Target<'_>) -> String {
    let told = translate_request(from, body.as_bytes(), target).unwrap();
    format!("{}\n--- without {}", indented(&told.body), told.dropped_fields.join(", "))
}

#[rstest]
#[case(request!("openai", "text"))]
#[case(request!("openai", "no_limit"))]
#[case(request!("openai", "stream"))]
#[case(request!("openai", "images"))]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "tool_choice_required"))]
#[case(request!("openai", "tool_choice_named"))]
#[case(request!("openai", "tool_choice_none"))]
#[case(request!("openai", "one_tool_at_a_time"))]
#[case(request!("openai", "answer_schema"))]
#[case(request!("openai", "nulls"))]
#[case(request!("openai", "hints"))]
#[case(request!("openai", "documents"))]
#[case(request!("openai", "signed_thoughts"))]
#[case(request!("openai", "encrypted_thoughts"))]
#[case(request!("anthropic", "text"))]
#[case(request!("anthropic", "system_blocks"))]
#[case(request!("anthropic", "images"))]
#[case(request!("anthropic", "tools"))]
#[case(request!("anthropic", "tool_choice_any"))]
#[case(request!("anthropic", "tool_choice_named"))]
#[case(request!("anthropic", "tool_choice_none"))]
#[case(request!("anthropic", "answer_schema"))]
#[case(request!("anthropic", "only_thoughts"))]
#[case(request!("anthropic", "encrypted_thoughts"))]
#[case(request!("anthropic", "hints"))]
#[case(request!("anthropic", "documents"))]
#[case(request!("anthropic", "cache_marks"))]
#[case(request!("anthropic", "failed_tool"))]
#[case(request!("anthropic", "unicode"))]
#[case(request!("responses", "text"))]
#[case(request!("responses", "conversation"))]
#[case(request!("responses", "media"))]
#[case(request!("responses", "schema"))]
#[case(request!("responses", "signed_thoughts"))]
#[case(request!("responses", "codex"))]
fn a_request_is_told(#[case] (from, case, body): (&str, &str, &str)) {
    // What stops an answer has no like here; that it is refused has a test of its own.
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { output_limit: Some(777), unsupported_fields, ..target(OpenAiResponses) };
    insta::assert_snapshot!(format!("from_{from}_{case}"), told(dialect(from), body, &target));
}

#[rstest]
#[case("effort", OpenAiChat, r#""reasoning_effort":"high""#)]
#[case("verbosity", OpenAiChat, r#""verbosity":"low","response_format":{"type":"json_object"}"#)]
#[case("budget", AnthropicMessages, r#""thinking":{"type":"enabled","budget_tokens":9000}"#)]
#[case("adaptive", AnthropicMessages, r#""thinking":{"type":"adaptive"}"#)]
#[case(
    "both",
    AnthropicMessages,
    r#""thinking":{"type":"adaptive"},"output_config":{"effort":"max"}"#
)]
fn how_hard_a_model_thinks_is_told_where_it_can_be(
    #[case] case: &str,
    #[case] from: Dialect,
    #[case] fragment: &str,
) {
    let body =
        format!(r#"{{"max_tokens":99,"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let ways = [Some(ReasoningControl::Effort), Some(ReasoningControl::Budget), None];
    let all =
        ways.map(|reasoning| told(from, &body, &Target { reasoning, ..target(OpenAiResponses) }));
    insta::assert_snapshot!(format!("thinks_{case}"), all.join("\n=== \n"));
}

#[rstest]
#[case(OpenAiChat, "stop", r#""stop":["END"]"#)]
#[case(OpenAiChat, "top_k", r#""top_k":4"#)]
#[case(OpenAiChat, "frequency_penalty", r#""frequency_penalty":0.5"#)]
#[case(OpenAiChat, "presence_penalty", r#""presence_penalty":0.5"#)]
#[case(OpenAiChat, "logit_bias", r#""logit_bias":{"1":1}"#)]
#[case(OpenAiChat, "n", r#""n":2"#)]
#[case(AnthropicMessages, "stop_sequences", r#""stop_sequences":["END"]"#)]
#[case(AnthropicMessages, "top_k", r#""top_k":4"#)]
fn what_this_api_cannot_be_asked_is_refused_by_its_name(
    #[case] from: Dialect,
    #[case] field: &str,
    #[case] fragment: &str,
) {
    let body = format!(r#"{{"max_tokens":99,"messages":[],{fragment}}}"#);
    let error = translate_request(from, body.as_bytes(), &target(OpenAiResponses)).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
    let unsupported_fields = UnsupportedFields::Drop;
    let lenient = Target { unsupported_fields, ..target(OpenAiResponses) };
    let told = translate_request(from, body.as_bytes(), &lenient).unwrap();
    assert_eq!(told.dropped_fields, [field]);
}

#[test]
fn audio_is_refused() {
    let body = r#"{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]}"#;
    let refused = translate_request(OpenAiChat, body.as_bytes(), &target(OpenAiResponses));
    assert_eq!(refused.unwrap_err().pointer(), Some("messages"));
}

#[test]
fn a_limit_is_an_upper_bound_and_never_raised() {
    for (asked, paid, expected) in [(9, 10, 9), (11, 10, 10), (1, 777, 1)] {
        let body = format!(r#"{{"messages":[],"max_tokens":{asked}}}"#);
        let limit_field = LimitField::MaxTokens;
        let target = Target { output_limit: Some(paid), limit_field, ..target(OpenAiResponses) };
        let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(told["max_output_tokens"], expected);
    }
}

#[test]
fn a_name_of_a_person_that_is_too_long_is_dropped_and_told() {
    for (length, is_sent) in [(128, true), (129, false)] {
        let name = "ü".repeat(length);
        let body = format!(r#"{{"messages":[],"user":"{name}"}}"#);
        let told =
            translate_request(OpenAiChat, body.as_bytes(), &target(OpenAiResponses)).unwrap();
        assert_eq!(told.dropped_fields.is_empty(), is_sent);
        assert_eq!(std::str::from_utf8(&told.body).unwrap().contains(&name), is_sent);
    }
}

#[rstest]
#[case(answer!("text"))]
#[case(answer!("tools"))]
#[case(answer!("thoughts"))]
#[case(answer!("refusal"))]
#[case(answer!("content_filter"))]
#[case(answer!("output_limit"))]
#[case(answer!("cut_in_a_tool_call"))]
#[case(answer!("sparse"))]
fn an_answer_is_told_to_each_client(#[case] (case, body): (&str, &str)) {
    for (name, to) in CLIENTS {
        let told = translate_response(OpenAiResponses, to, body.as_bytes(), &context());
        insta::assert_snapshot!(format!("to_{name}_{case}"), indented(&told.unwrap()));
    }
}

#[rstest]
#[case("<html>")]
#[case("{}")]
#[case(r#"{"status":"failed","error":{"code":"server_error","message":"It broke."},"output":[]}"#)]
#[case(r#"{"status":"queued","output":[]}"#)]
#[case(r#"{"status":"completed","output":[{"type":"function_call","name":"f","arguments":"{"}]}"#)]
#[case(r#"{"status":"completed","output":[{"type":"function_call"}]}"#)]
fn what_is_no_finished_answer_is_nonsense(#[case] body: &str) {
    for (_, to) in CLIENTS {
        let told = translate_response(OpenAiResponses, to, body.as_bytes(), &context());
        assert!(matches!(told, Err(WireError::Nonsense(_))), "{told:?}");
    }
}

#[rstest]
#[case(stream!("text"))]
#[case(stream!("tools"))]
#[case(stream!("interleaved"))]
#[case(stream!("never_done"))]
#[case(stream!("thoughts"))]
#[case(stream!("open_thoughts"))]
#[case(stream!("only_done"))]
#[case(stream!("refusal"))]
#[case(stream!("output_limit"))]
#[case(stream!("content_filter"))]
#[case(stream!("cut_in_a_tool_call"))]
#[case(stream!("failed"))]
#[case(stream!("error"))]
#[case(stream!("error_object"))]
#[case(stream!("cut"))]
#[case(stream!("no_call"))]
#[case(stream!("other_tools"))]
fn a_stream_is_told_to_each_client(#[case] (case, stream): (&str, &str)) {
    for (name, to) in CLIENTS {
        let told = snapshot_in(&context(), OpenAiResponses, to, stream);
        insta::assert_snapshot!(format!("stream_to_{name}_{case}"), told);
    }
}

/// The items of an answer, as the client of each dialect sends them back.
fn sent_back(client: Dialect, answer: &[u8]) -> String {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    let said = match client {
        OpenAiResponses => return format!(r#"{{"input":{}}}"#, answer["output"]),
        AnthropicMessages => answer,
        _ => answer["choices"][0]["message"].clone(),
    };
    format!(r#"{{"max_tokens":9,"messages":[{said}]}}"#)
}

#[test]
fn what_openai_has_encrypted_goes_back_byte_for_byte_with_its_id_from_each_client() {
    let (_, body) = answer!("thoughts");
    for (name, client) in CLIENTS {
        let told = translate_response(OpenAiResponses, client, body.as_bytes(), &context());
        let request = sent_back(client, &told.unwrap());
        let target =
            Target { unsupported_fields: UnsupportedFields::Drop, ..target(OpenAiResponses) };
        let again = translate_request(client, request.as_bytes(), &target).unwrap();
        let again: serde_json::Value = serde_json::from_slice(&again.body).unwrap();
        let thoughts: Vec<_> = again["input"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|item| {
                let is_thought = item["type"] == "reasoning";
                is_thought.then(|| (item["id"].clone(), item["encrypted_content"].clone()))
            })
            .collect();
        let expected = [("rs_1", "gAAAAABo+/=:1"), ("rs_2", "gAAAAABp")]
            .map(|(id, content)| (id.into(), content.into()));
        assert_eq!(thoughts, expected, "{name}");
    }
}

#[test]
fn a_client_of_this_api_keeps_what_openai_has_encrypted_as_it_came() {
    let (_, body) = answer!("thoughts");
    let told = translate_response(OpenAiResponses, OpenAiResponses, body.as_bytes(), &context());
    let told: serde_json::Value = serde_json::from_slice(&told.unwrap()).unwrap();
    assert_eq!(told["output"][0]["id"], "rs_1");
    assert_eq!(told["output"][0]["encrypted_content"], "gAAAAABo+/=:1");
}

#[test]
fn a_streamed_thought_of_openais_goes_back_under_its_own_id() {
    let (_, stream) = stream!("thoughts");
    let told = snapshot_in(&context(), OpenAiResponses, OpenAiResponses, stream);
    let last = told.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    let request = format!(r#"{{"input":{}}}"#, last["response"]["output"]);
    let again = translate_request(OpenAiResponses, request.as_bytes(), &target(OpenAiResponses));
    let again: serde_json::Value = serde_json::from_slice(&again.unwrap().body).unwrap();
    assert_eq!(again["input"][0]["id"], "rs_0");
    assert_eq!(again["input"][0]["encrypted_content"], "gAAAAABo+/=:1");
    assert_eq!(again["input"][1]["id"], "rs_1");
    assert_eq!(again["input"][1]["encrypted_content"], "gAAAAABp");
}

const STREAMS: [&str; 6] = [
    include_str!("responses_streams/text.sse"),
    include_str!("responses_streams/tools.sse"),
    include_str!("responses_streams/interleaved.sse"),
    include_str!("responses_streams/thoughts.sse"),
    include_str!("responses_streams/only_done.sse"),
    include_str!("responses_streams/failed.sse"),
];

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        stream in proptest::sample::select(&STREAMS[..]),
        client in 0..CLIENTS.len(),
        lengths in proptest::collection::vec(1..200_usize, 1..40),
    ) {
        let to = CLIENTS[client].1;
        let chunks = cut(stream, lengths);
        prop_assert_eq!(
            told_in(&context(), OpenAiResponses, to, chunks),
            told_in(&context(), OpenAiResponses, to, [stream.as_bytes()])
        );
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        kind in "response\\.(output_item\\.(added|done)|output_text\\.delta|completed)",
        rest in "\"(item|delta|response|output_index)\":.{0,40}",
    ) {
        let event = format!("data: {{\"type\":\"{kind}\",{rest}}}\n\n");
        for (_, to) in CLIENTS {
            let (told, _) = told_in(&context(), OpenAiResponses, to, [event.as_bytes(), &bytes]);
            prop_assert!(told.is_empty() || told.ends_with("\n\n"));
            let _ = translate_response(OpenAiResponses, to, &bytes, &context());
        }
    }
}
