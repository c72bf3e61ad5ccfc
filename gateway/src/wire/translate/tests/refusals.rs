use rstest::rstest;

use super::target;
use crate::{
    kernel::config::UnsupportedFields,
    wire::{
        Dialect, WireError,
        translate::{Target, translate_request},
    },
};

fn refusal(from: Dialect, to: Dialect, body: &str) -> WireError {
    translate_request(from, body.as_bytes(), &target(to)).unwrap_err()
}

#[rstest]
#[case("n", r#""n":2"#)]
#[case("logprobs", r#""logprobs":true"#)]
#[case("top_logprobs", r#""top_logprobs":3"#)]
#[case("min_p", r#""min_p":0.1"#)]
#[case("logit_bias", r#""logit_bias":{"50256":-100}"#)]
#[case("frequency_penalty", r#""frequency_penalty":0.5"#)]
#[case("presence_penalty", r#""presence_penalty":-0.5"#)]
#[case("audio", r#""audio":{"voice":"alloy","format":"wav"}"#)]
#[case("modalities", r#""modalities":["text","audio"]"#)]
#[case("moderation", r#""moderation":{"model":"m"}"#)]
#[case("functions", r#""functions":[{"name":"f"}]"#)]
#[case("function_call", r#""function_call":"auto""#)]
#[case("response_format", r#""response_format":{"type":"json_object"}"#)]
#[case("temperature", r#""temperature":1.5"#)]
#[case("tools.custom", r#""tools":[{"type":"custom","custom":{"name":"c"}}]"#)]
#[case("tool_choice", r#""tool_choice":{"type":"custom","custom":{"name":"c"}}"#)]
#[case(
    "tool_choice",
    r#""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto",
        "tools":[{"type":"custom","custom":{"name":"c"}}]}}"#
)]
fn what_anthropic_cannot_be_asked_is_refused_by_its_name(
    #[case] field: &str,
    #[case] fragment: &str,
) {
    let body =
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let error = refusal(Dialect::OpenAiChat, Dialect::AnthropicMessages, &body);
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
    assert!(error.to_string().contains(field), "{error}");
}

#[test]
fn an_answer_of_nothing_is_asked_of_nobody_but_anthropic() {
    let body = r#"{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"Hi"}]}"#;
    for to in [Dialect::OpenAiChat, Dialect::Gemini, Dialect::BedrockConverse] {
        let error = refusal(Dialect::AnthropicMessages, to, body);
        assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
        assert_eq!(error.pointer(), Some("max_tokens"));
        assert!(error.to_string().contains("send 1 or more"), "{error}");
    }
}

#[rstest]
#[case(r#"{"mode":"auto","tools":[]}"#, "names no tool")]
#[case(r#"{"mode":"auto","tools":[{"type":"function","function":{"name":"g"}}]}"#, "names no tool")]
#[case(r#"{"mode":"any","tools":[{"type":"function","function":{"name":"f"}}]}"#, "the `mode`")]
fn a_choice_that_allows_nothing_is_refused(#[case] allowed: &str, #[case] expected: &str) {
    let choice = format!(r#"{{"type":"allowed_tools","allowed_tools":{allowed}}}"#);
    let body = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],"tool_choice":{choice},
            "tools":[{{"type":"function","function":{{"name":"f"}}}}]}}"#
    );
    let error = refusal(Dialect::OpenAiChat, Dialect::AnthropicMessages, &body);
    assert!(matches!(error, WireError::Invalid { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some("tool_choice"));
    assert!(error.to_string().contains(expected), "{error}");
}

#[rstest]
#[case("top_k", r#""top_k":40"#)]
#[case("container", r#""container":"c_1""#)]
#[case("mcp_servers", r#""mcp_servers":[{"type":"url"}]"#)]
#[case("inference_geo", r#""inference_geo":"eu""#)]
#[case("not_known_yet", r#""not_known_yet":{"a":1}"#)]
#[case("tools[0]", r#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#)]
#[case("tool_choice", r#""tool_choice":{"type":"tool"}"#)]
fn what_openai_cannot_be_asked_is_refused_by_its_name(#[case] field: &str, #[case] fragment: &str) {
    let body = format!(
        r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#
    );
    let error = refusal(Dialect::AnthropicMessages, Dialect::OpenAiChat, &body);
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[rstest]
#[case(Dialect::OpenAiChat, r#""n":3,"logprobs":true,"seed":5,"temperature":1.5,"min_p":0.1"#)]
#[case(Dialect::OpenAiChat, r#""response_format":{"type":"json_object"},"frequency_penalty":1"#)]
#[case(Dialect::AnthropicMessages, r#""top_k":4,"container":"c","thinking":{"type":"adaptive"}"#)]
fn what_may_be_dropped_is_dropped_and_told_by_its_name(
    #[case] from: Dialect,
    #[case] fragment: &str,
) {
    let body = format!(r#"{{"model":"m","max_tokens":9,"messages":[],{fragment}}}"#);
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..target(other(from)) };
    let told = translate_request(from, body.as_bytes(), &target).unwrap();
    let sent: serde_json::Map<_, _> = serde_json::from_slice(&told.body).unwrap();
    let asked: serde_json::Map<_, _> = serde_json::from_str(&format!("{{{fragment}}}")).unwrap();
    let mut dropped = told.dropped_fields.clone();
    dropped.sort_unstable();
    let mut expected: Vec<&str> = asked.keys().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(dropped, expected);
    assert!(asked.keys().all(|field| !sent.contains_key(field)), "{sent:?}");
}

#[rstest]
#[case(r#""n":1,"logprobs":false,"top_logprobs":0,"logit_bias":{},"frequency_penalty":0.0"#)]
#[case(r#""modalities":["text"],"audio":null,"functions":[ ],"response_format":{"type":"text"}"#)]
fn what_asks_for_what_happens_anyway_is_no_loss(#[case] fragment: &str) {
    let body = format!(r#"{{"messages":[],{fragment}}}"#);
    let target = target(Dialect::AnthropicMessages);
    let told = translate_request(Dialect::OpenAiChat, body.as_bytes(), &target).unwrap();
    assert!(told.dropped_fields.is_empty(), "{:?}", told.dropped_fields);
}

#[test]
fn a_field_with_a_hostile_name_is_named_harmlessly() {
    let body = r#"{"messages":[],"a\r\nx-evil: 1 ü":true}"#;
    let error = refusal(Dialect::OpenAiChat, Dialect::AnthropicMessages, body);
    assert_eq!(error.pointer(), Some("ax-evil1"));
}

#[test]
fn an_answer_of_no_tokens_is_refused() {
    let body = r#"{"model":"m","max_tokens":0,"messages":[]}"#;
    let error = refusal(Dialect::AnthropicMessages, Dialect::OpenAiChat, body);
    assert_eq!(error.pointer(), Some("max_tokens"));
}

#[rstest]
#[case(Dialect::OpenAiChat, r#"{"role":"user","content":[{"type":"file","file":{}}]}"#)]
#[case(Dialect::OpenAiChat, r#"{"role":"user","content":[{"type":"input_audio"}]}"#)]
#[case(
    Dialect::OpenAiChat,
    r#"{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}"#
)]
#[case(
    Dialect::OpenAiChat,
    r#"{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/zip;base64,AA=="}}]}"#
)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://a.example/a.pdf"}}]}"#
)]
#[case(Dialect::OpenAiChat, r#"{"role":"function","content":"x"}"#)]
#[case(
    Dialect::OpenAiChat,
    r#"{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{}}]}"#
)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"role":"user","content":[{"type":"search_result","source":"x","content":[]}]}"#
)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}"#
)]
fn a_message_that_cannot_be_carried_over_is_refused(#[case] from: Dialect, #[case] message: &str) {
    let to = other(from);
    let error = refusal(from, to, &format!(r#"{{"model":"m","messages":[{message}]}}"#));
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some("messages"));
}

#[rstest]
#[case(Dialect::OpenAiChat, r#"{"role":"tool","content":"x"}"#)]
#[case(
    Dialect::OpenAiChat,
    r#"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a"}}]}"#
)]
#[case(
    Dialect::OpenAiChat,
    r#"{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"[]"}}]}"#
)]
#[case(
    Dialect::OpenAiChat,
    r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,x"}}]}"#
)]
#[case(Dialect::AnthropicMessages, r#"{"role":"user","content":[{"type":"tool_result"}]}"#)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"role":"assistant","content":[{"type":"web_search_tool_result","content":{}}]}"#
)]
#[case(Dialect::AnthropicMessages, r#"{"role":"user","content":[{"type":"text"}]}"#)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":"x"}]}"#
)]
fn a_message_that_breaks_its_own_dialect_is_invalid(#[case] from: Dialect, #[case] message: &str) {
    let to = other(from);
    let error = refusal(from, to, &format!(r#"{{"model":"m","messages":[{message}]}}"#));
    assert!(matches!(error, WireError::Invalid { pointer: Some("messages"), .. }), "{error:?}");
}

#[rstest]
#[case(Dialect::OpenAiChat, "{}")]
#[case(Dialect::OpenAiChat, r#"{"messages":5}"#)]
#[case(Dialect::AnthropicMessages, r#"{"messages":[{"role":"user","content":7}]}"#)]
#[case(Dialect::AnthropicMessages, "nonsense")]
fn what_is_no_request_is_invalid_as_a_whole(#[case] from: Dialect, #[case] body: &str) {
    let error = refusal(from, other(from), body);
    assert!(matches!(error, WireError::Invalid { pointer: None, .. }), "{error:?}");
}

#[test]
fn embeddings_are_no_conversation() {
    let body = r#"{"model":"m","messages":[]}"#;
    for (from, to) in [
        (Dialect::OpenAiEmbeddings, Dialect::AnthropicMessages),
        (Dialect::OpenAiChat, Dialect::OpenAiEmbeddings),
    ] {
        assert_eq!(refusal(from, to, body).pointer(), Some("model"));
    }
}

fn other(dialect: Dialect) -> Dialect {
    match dialect {
        Dialect::AnthropicMessages => Dialect::OpenAiChat,
        _ => Dialect::AnthropicMessages,
    }
}
