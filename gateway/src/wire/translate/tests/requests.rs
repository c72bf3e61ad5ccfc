use rstest::rstest;

use super::{indented, target};
use crate::{
    kernel::config::ReasoningControl,
    wire::{
        Dialect, LimitField,
        translate::{Target, translate_request},
    },
};

/// The body as it is sent, and below it the names of what was dropped.
pub(super) fn told(from: Dialect, body: &str, target: &Target<'_>) -> String {
    let told = translate_request(from, body.as_bytes(), target).unwrap();
    let dropped = told.dropped_fields.join(", ");
    let dropped =
        if dropped.is_empty() { String::new() } else { format!("\n--- without {dropped}") };
    format!("{}{dropped}", indented(&told.body))
}

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
#[case(openai!("hints"))]
#[case(openai!("documents"))]
#[case(openai!("signed_thoughts"))]
fn an_openai_request_is_told_to_anthropic(#[case] (case, body): (&str, &str)) {
    let target = Target { output_limit: Some(777), ..target(Dialect::AnthropicMessages) };
    let told = told(Dialect::OpenAiChat, body, &target);
    insta::assert_snapshot!(format!("openai_to_anthropic_{case}"), told);
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
#[case(anthropic!("hints"))]
#[case(anthropic!("documents"))]
#[case(anthropic!("cache_marks"))]
#[case(anthropic!("failed_tool"))]
#[case(anthropic!("unicode"))]
fn an_anthropic_request_is_told_to_openai(#[case] (case, body): (&str, &str)) {
    let target = Target { output_limit: Some(777), ..target(Dialect::OpenAiChat) };
    let told = told(Dialect::AnthropicMessages, body, &target);
    insta::assert_snapshot!(format!("anthropic_to_openai_{case}"), told);
}

#[test]
fn a_limit_above_what_is_paid_for_is_lowered() {
    for (asked, expected) in [(9, 9), (10, 10), (11, 10)] {
        let body = format!(r#"{{"messages":[],"max_tokens":{asked}}}"#);
        for (from, to) in [
            (Dialect::OpenAiChat, Dialect::AnthropicMessages),
            (Dialect::AnthropicMessages, Dialect::OpenAiChat),
        ] {
            let output_limit = Some(10);
            let limit_field = LimitField::MaxTokens;
            let target = Target { output_limit, limit_field, ..target(to) };
            let told: serde_json::Value =
                serde_json::from_str(&told(from, &body, &target)).unwrap();
            assert_eq!(told["max_tokens"], expected);
        }
    }
}

#[test]
fn without_any_limit_anthropic_is_sent_one_that_every_model_takes() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]}"#;
    let told = told(Dialect::OpenAiChat, body, &target(Dialect::AnthropicMessages));
    assert!(told.contains(r#""max_tokens":4096"#), "{told}");
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
    let tell = |from, to, body: &[u8]| translate_request(from, body, &target(to)).unwrap().body;
    let there = tell(own, other, body.as_bytes());
    let back = tell(other, own, &there);
    let there_again = tell(own, other, &back);
    assert_eq!(indented(&there), indented(&there_again));
}

#[test]
fn an_older_server_is_sent_the_limit_under_the_name_that_it_heeds() {
    let body = r#"{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}"#;
    let limit_field = LimitField::MaxTokens;
    let target = Target { limit_field, ..target(Dialect::OpenAiChat) };
    let told = told(Dialect::AnthropicMessages, body, &target);
    assert!(told.contains(r#""max_tokens":5"#) && !told.contains("max_completion_tokens"));
}

#[rstest]
#[case("effort_alone", ReasoningControl::Effort, r#""reasoning_effort":"high""#)]
#[case("effort_none", ReasoningControl::Effort, r#""reasoning_effort":"none""#)]
#[case("effort_minimal", ReasoningControl::Effort, r#""reasoning_effort":"minimal""#)]
#[case(
    "effort_and_sampling",
    ReasoningControl::Effort,
    r#""reasoning_effort":"low","temperature":0.5,"top_p":0.9,"top_k":5"#
)]
#[case("effort_and_a_forced_tool", ReasoningControl::Effort, r#""reasoning_effort":"low","tool_choice":"required","tools":[{"type":"function","function":{"name":"f"}}]"#)]
#[case(
    "budget_medium",
    ReasoningControl::Budget,
    r#""reasoning_effort":"medium","max_tokens":20000"#
)]
#[case(
    "budget_within_the_answer",
    ReasoningControl::Budget,
    r#""reasoning_effort":"high","max_tokens":3000"#
)]
#[case(
    "budget_without_room",
    ReasoningControl::Budget,
    r#""reasoning_effort":"high","max_tokens":2000"#
)]
fn an_effort_is_told_as_the_model_takes_it(
    #[case] case: &str,
    #[case] reasoning: ReasoningControl,
    #[case] fragment: &str,
) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    let target = Target { reasoning: Some(reasoning), ..target(Dialect::AnthropicMessages) };
    insta::assert_snapshot!(format!("reasoning_{case}"), told(Dialect::OpenAiChat, &body, &target));
}

#[rstest]
#[case(1_024, "low")]
#[case(4_096, "low")]
#[case(4_097, "medium")]
#[case(16_384, "medium")]
#[case(16_385, "high")]
fn a_budget_for_thoughts_is_an_effort(#[case] budget: i64, #[case] effort: &str) {
    let body = format!(
        r#"{{"max_tokens":99,"messages":[],"thinking":{{"type":"enabled","budget_tokens":{budget}}}}}"#
    );
    let reasoning = Some(ReasoningControl::Effort);
    let target = Target { reasoning, ..target(Dialect::OpenAiChat) };
    let told = told(Dialect::AnthropicMessages, &body, &target);
    assert!(told.contains(&format!(r#""reasoning_effort":"{effort}""#)), "{told}");
}

#[test]
fn a_budget_is_not_sent_where_the_thought_behind_a_tool_call_is_lost() {
    let call = r#"{"id":"c","type":"function","function":{"name":"f","arguments":""}}"#;
    let detail =
        r#"{"type":"reasoning.text","text":"Hm","signature":"s","format":"anthropic-claude-v1"}"#;
    for (details, thinks) in [("", false), (detail, true)] {
        let body = format!(
            r#"{{"reasoning_effort":"low","max_tokens":9000,"messages":[{{"role":"assistant","reasoning_details":[{details}],"tool_calls":[{call}]}},{{"role":"tool","tool_call_id":"c","content":"x"}}]}}"#
        );
        let reasoning = Some(ReasoningControl::Budget);
        let target = Target { reasoning, ..target(Dialect::AnthropicMessages) };
        let told = told(Dialect::OpenAiChat, &body, &target);
        assert_eq!(told.contains("budget_tokens"), thinks, "{told}");
        assert_eq!(told.contains("--- without reasoning_effort"), !thinks, "{told}");
    }
}
