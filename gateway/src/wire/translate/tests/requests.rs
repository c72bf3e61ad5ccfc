use rstest::rstest;

use super::indented;
use crate::wire::{Dialect, LimitField, translate::translate_request};

macro_rules! openai {
    ($case:literal) => {
        ($case, include_str!(concat!("openai_requests/", $case, ".json")))
    };
}

macro_rules! anthropic {
    ($case:literal) => {
        ($case, include_str!(concat!("anthropic_requests/", $case, ".json")))
    };
}

#[rstest]
#[case(openai!("text"))]
#[case(openai!("no_limit"))]
#[case(openai!("stream"))]
#[case(openai!("images"))]
#[case(openai!("tools"))]
#[case(openai!("tool_choice_required"))]
#[case(openai!("tool_choice_named"))]
#[case(openai!("tool_choice_none"))]
#[case(openai!("one_tool_at_a_time"))]
#[case(openai!("answer_schema"))]
#[case(openai!("nulls"))]
fn an_openai_request_is_told_to_anthropic(#[case] (case, body): (&str, &str)) {
    let told = translate_request(
        Dialect::OpenAiChat,
        Dialect::AnthropicMessages,
        body.as_bytes(),
        "claude-upstream",
        Some(777),
        LimitField::MaxCompletionTokens,
    );
    insta::assert_snapshot!(format!("openai_to_anthropic_{case}"), indented(&told.unwrap()));
}

#[rstest]
#[case(anthropic!("text"))]
#[case(anthropic!("system_blocks"))]
#[case(anthropic!("images"))]
#[case(anthropic!("tools"))]
#[case(anthropic!("tool_choice_any"))]
#[case(anthropic!("tool_choice_named"))]
#[case(anthropic!("tool_choice_none"))]
#[case(anthropic!("answer_schema"))]
#[case(anthropic!("only_thoughts"))]
fn an_anthropic_request_is_told_to_openai(#[case] (case, body): (&str, &str)) {
    let told = translate_request(
        Dialect::AnthropicMessages,
        Dialect::OpenAiChat,
        body.as_bytes(),
        "gpt-upstream",
        Some(777),
        LimitField::MaxCompletionTokens,
    );
    insta::assert_snapshot!(format!("anthropic_to_openai_{case}"), indented(&told.unwrap()));
}

#[test]
fn a_limit_above_what_is_paid_for_is_lowered() {
    for (asked, expected) in [(9, 9), (10, 10), (11, 10)] {
        let body = format!(r#"{{"messages":[],"max_tokens":{asked}}}"#);
        for (from, to) in [
            (Dialect::OpenAiChat, Dialect::AnthropicMessages),
            (Dialect::AnthropicMessages, Dialect::OpenAiChat),
        ] {
            let told =
                translate_request(from, to, body.as_bytes(), "m", Some(10), LimitField::MaxTokens);
            let told: serde_json::Value = serde_json::from_slice(&told.unwrap()).unwrap();
            assert_eq!(told["max_tokens"], expected);
        }
    }
}

#[test]
fn without_any_limit_anthropic_is_sent_one_that_every_model_takes() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;
    let told = translate_request(
        Dialect::OpenAiChat,
        Dialect::AnthropicMessages,
        body,
        "claude",
        None,
        LimitField::MaxCompletionTokens,
    );
    assert!(String::from_utf8(told.unwrap()).unwrap().contains(r#""max_tokens":4096"#));
}

#[rstest]
#[case(
    Dialect::OpenAiChat,
    Dialect::AnthropicMessages,
    include_str!("openai_requests/tools.json"),
)]
#[case(
    Dialect::AnthropicMessages,
    Dialect::OpenAiChat,
    include_str!("anthropic_requests/text.json"),
)]
fn a_request_told_there_and_back_is_what_its_own_dialect_makes_of_it(
    #[case] own: Dialect,
    #[case] other: Dialect,
    #[case] body: &str,
) {
    let there =
        translate_request(own, other, body.as_bytes(), "m", None, LimitField::MaxCompletionTokens)
            .unwrap();
    let back =
        translate_request(other, own, &there, "m", None, LimitField::MaxCompletionTokens).unwrap();
    let there_again =
        translate_request(own, other, &back, "m", None, LimitField::MaxCompletionTokens).unwrap();
    assert_eq!(indented(&there), indented(&there_again));
}

#[test]
fn an_older_server_is_sent_the_limit_under_the_name_that_it_heeds() {
    let body = br#"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}"#;
    let (from, to) = (Dialect::AnthropicMessages, Dialect::OpenAiChat);
    let told = translate_request(from, to, body, "m", None, LimitField::MaxTokens).unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains(r#""max_tokens":5"#) && !told.contains("max_completion_tokens"));
}
