use rstest::rstest;
use serde_json::{Value, json};

use super::{super::indented, gemini, sent};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect::{self, AnthropicMessages, OpenAiChat, OpenAiResponses},
        WireError,
        translate::{Target, translate_request},
    },
};

macro_rules! request {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!("../", $from, "_requests/", $case, ".json")))
    };
}

macro_rules! own_request {
    ($from:literal, $case:literal) => {
        (
            $from,
            $case,
            include_str!(concat!("../gemini_provider_requests/", $from, "_", $case, ".json")),
        )
    };
}

fn dialect(name: &str) -> Dialect {
    match name {
        "openai" => OpenAiChat,
        "anthropic" => AnthropicMessages,
        _ => OpenAiResponses,
    }
}

/// The body as it is sent, and below it the names of what was dropped.
fn told(from: Dialect, body: &str, target: &Target<'_>) -> String {
    let told = translate_request(from, body.as_bytes(), target).unwrap();
    let dropped = told.dropped_fields.join(", ");
    let dropped =
        if dropped.is_empty() { String::new() } else { format!("\n--- without {dropped}") };
    format!("{}{dropped}", indented(&told.body))
}

fn refusal(from: Dialect, body: &str) -> WireError {
    translate_request(from, body.as_bytes(), &gemini("gemini-2.5-flash")).unwrap_err()
}

#[rstest]
#[case(request!("openai", "text"))]
#[case(request!("openai", "no_limit"))]
#[case(request!("openai", "stream"))]
#[case(request!("openai", "images"))]
#[case(request!("openai", "documents"))]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "tool_choice_named"))]
#[case(request!("openai", "tool_choice_none"))]
#[case(request!("openai", "answer_schema"))]
#[case(request!("openai", "nulls"))]
#[case(request!("openai", "hints"))]
#[case(request!("openai", "signed_thoughts"))]
#[case(own_request!("openai", "media"))]
#[case(own_request!("openai", "settings"))]
#[case(own_request!("openai", "large_seed"))]
#[case(own_request!("openai", "results"))]
#[case(own_request!("openai", "signed_calls"))]
#[case(request!("anthropic", "text"))]
#[case(request!("anthropic", "system_blocks"))]
#[case(request!("anthropic", "images"))]
#[case(request!("anthropic", "documents"))]
#[case(request!("anthropic", "failed_tool"))]
#[case(request!("anthropic", "tool_choice_any"))]
#[case(request!("anthropic", "answer_schema"))]
#[case(request!("anthropic", "cache_marks"))]
#[case(request!("anthropic", "hints"))]
#[case(request!("anthropic", "unicode"))]
#[case(own_request!("anthropic", "signed_thoughts"))]
#[case(own_request!("anthropic", "result_media"))]
#[case(request!("responses", "media"))]
#[case(request!("responses", "signed_thoughts"))]
fn a_request_is_told_to_gemini(#[case] (from, case, body): (&str, &str, &str)) {
    let target = Target { output_limit: Some(777), ..gemini("gemini-2.5-flash") };
    insta::assert_snapshot!(format!("from_{from}_{case}"), told(dialect(from), body, &target));
}

#[rstest]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "signed_thoughts"))]
#[case(own_request!("openai", "signed_calls"))]
#[case(own_request!("anthropic", "signed_thoughts"))]
fn a_model_that_demands_signatures_is_given_one_for_the_first_call_of_each_step(
    #[case] (from, case, body): (&str, &str, &str),
) {
    let told = told(dialect(from), body, &gemini("gemini-3-pro-preview"));
    insta::assert_snapshot!(format!("signed_from_{from}_{case}"), told);
}

#[rstest]
#[case("gemini-3-flash", None, true)]
#[case("gemini-3.1-pro-preview", None, true)]
#[case("gemini-10-pro", None, true)]
#[case("gemini-flash-latest", None, true)]
#[case("publishers/google/models/gemini-3.5-flash", None, true)]
#[case("gemini-2.5-pro", None, false)]
#[case("models/gemini-2.0-flash", Some(ReasoningControl::Budget), false)]
#[case("gemma-3-27b-it", None, false)]
#[case("our-tuned-model", None, false)]
#[case("our-tuned-model", Some(ReasoningControl::Effort), true)]
fn only_what_is_known_to_demand_signatures_and_ids_is_sent_them(
    #[case] model: &'static str,
    #[case] reasoning: Option<ReasoningControl>,
    #[case] demands: bool,
) {
    let (_, _, body) = request!("openai", "tools");
    let target = Target { reasoning, ..gemini(model) };
    let contents = &sent(OpenAiChat, body, &target)["contents"];
    let expected = |value: &str| if demands { json!(value) } else { Value::Null };
    let call = &contents[1]["parts"][0];
    assert_eq!(call["thoughtSignature"], expected("skip_thought_signature_validator"));
    assert_eq!(call["functionCall"]["id"], expected("call_1"));
    let result = &contents[2]["parts"][0]["functionResponse"];
    assert_eq!(result["id"], expected("call_1"));
}

#[rstest]
#[case(r#""reasoning_effort":"none""#, json!({"thinkingLevel":"LOW"}), json!({"thinkingBudget":0}))]
#[case(
    r#""reasoning_effort":"minimal""#,
    json!({"includeThoughts":true,"thinkingLevel":"LOW"}),
    json!({"includeThoughts":true,"thinkingBudget":1024})
)]
#[case(
    r#""reasoning_effort":"medium""#,
    json!({"includeThoughts":true,"thinkingLevel":"MEDIUM"}),
    json!({"includeThoughts":true,"thinkingBudget":8192})
)]
#[case(
    r#""reasoning_effort":"xhigh""#,
    json!({"includeThoughts":true,"thinkingLevel":"HIGH"}),
    json!({"includeThoughts":true,"thinkingBudget":24576})
)]
#[case(r#""seed":1"#, Value::Null, Value::Null)]
fn an_effort_is_told_as_the_model_takes_it(
    #[case] fragment: &str,
    #[case] as_effort: Value,
    #[case] as_budget: Value,
) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    assert_eq!(thinking(OpenAiChat, &body, ReasoningControl::Effort), as_effort);
    assert_eq!(thinking(OpenAiChat, &body, ReasoningControl::Budget), as_budget);
}

#[rstest]
#[case(r#"{"type":"adaptive"}"#, json!({}), json!({"thinkingBudget":-1}))]
#[case(
    r#"{"type":"enabled","budget_tokens":4096}"#,
    json!({"thinkingLevel":"LOW"}),
    json!({"thinkingBudget":4096})
)]
#[case(
    r#"{"type":"enabled","budget_tokens":16384}"#,
    json!({"thinkingLevel":"MEDIUM"}),
    json!({"thinkingBudget":16384})
)]
#[case(
    r#"{"type":"enabled","budget_tokens":64000}"#,
    json!({"thinkingLevel":"HIGH"}),
    json!({"thinkingBudget":24576})
)]
fn thinking_is_told_as_the_model_takes_it(
    #[case] asked: &str,
    #[case] mut as_effort: Value,
    #[case] mut as_budget: Value,
) {
    let body = format!(r#"{{"max_tokens":99,"messages":[],"thinking":{asked}}}"#);
    as_effort["includeThoughts"] = true.into();
    as_budget["includeThoughts"] = true.into();
    assert_eq!(thinking(AnthropicMessages, &body, ReasoningControl::Effort), as_effort);
    assert_eq!(thinking(AnthropicMessages, &body, ReasoningControl::Budget), as_budget);
}

fn thinking(from: Dialect, body: &str, reasoning: ReasoningControl) -> Value {
    let target = Target { reasoning: Some(reasoning), ..gemini("gemini-flash") };
    sent(from, body, &target)["generationConfig"]["thinkingConfig"].take()
}

#[test]
fn a_model_that_cannot_do_without_thought_is_given_the_least_of_it() {
    let body = r#"{"messages":[],"reasoning_effort":"none"}"#;
    let reasoning = Some(ReasoningControl::Budget);
    let target = Target { reasoning, ..gemini("gemini-2.5-pro") };
    let config = &sent(OpenAiChat, body, &target)["generationConfig"]["thinkingConfig"];
    assert_eq!(*config, json!({"thinkingBudget": 128}));
}

#[rstest]
#[case("parallel_tool_calls", OpenAiChat, request!("openai", "one_tool_at_a_time").2)]
#[case("parallel_tool_calls", OpenAiChat, request!("openai", "tool_choice_required").2)]
#[case(
    "tool_choice.disable_parallel_tool_use",
    AnthropicMessages,
    request!("anthropic", "tools").2
)]
#[case("parallel_tool_calls", OpenAiResponses, request!("responses", "conversation").2)]
#[case("stop", OpenAiChat, r#"{"messages":[],"stop":["1","2","3","4","5","6"]}"#)]
#[case("n", OpenAiChat, r#"{"messages":[],"n":2}"#)]
#[case("messages", AnthropicMessages, request!("anthropic", "only_thoughts").2)]
#[case(
    "messages",
    OpenAiChat,
    r#"{"messages":[{"role":"tool","tool_call_id":"c","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]}]}"#
)]
#[case(
    "messages",
    OpenAiChat,
    r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example.png/view?f=a.png"}}]}]}"#
)]
#[case(
    "messages",
    OpenAiChat,
    r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/a.pdf"}}]}]}"#
)]
#[case(
    "messages",
    AnthropicMessages,
    r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://a.example/a.png"}}]}]}"#
)]
fn what_gemini_cannot_be_asked_is_refused_by_its_name(
    #[case] field: &str,
    #[case] from: Dialect,
    #[case] body: &str,
) {
    let error = refusal(from, body);
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[test]
fn what_may_be_dropped_is_dropped_and_told_by_its_name() {
    let body = r#"{"messages":[{"role":"user","content":"Hi"}],"parallel_tool_calls":false,
        "tools":[{"type":"function","function":{"name":"now"}}],
        "stop":["1","2","3","4","5","6"]}"#;
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..gemini("gemini-2.5-flash") };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    assert_eq!(told.dropped_fields, ["parallel_tool_calls", "stop"]);
    let sent: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(sent["generationConfig"]["stopSequences"], json!(["1", "2", "3", "4", "5"]));
    assert_eq!(sent.get("toolConfig"), None);
}
