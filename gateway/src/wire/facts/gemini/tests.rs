use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn read(body: &str) -> Result<RequestFacts, WireError> {
    let path = ModelPath { model: "house".to_owned(), is_streaming: true };
    RequestFacts::read_at(&path, body.as_bytes())
}

#[test]
fn the_path_names_the_model_and_the_body_has_the_limits() {
    let body = r#"{"contents":[],"generationConfig":{"maxOutputTokens":7,"candidateCount":2,
        "thinkingConfig":{"thinkingBudget":5}},"x":{"generationConfig":{"maxOutputTokens":9}}}"#;
    let facts = read(body).unwrap();
    assert_eq!(facts.model, "house");
    assert!(facts.is_streaming && !facts.asks_for_usage);
    assert_eq!((facts.output_limit, facts.choices, facts.thinking_tokens), (Some(7), 2, 5));
    assert_eq!(&body[facts.limits[0].span.clone()], "7");
    assert_eq!(facts.model_span, None);
}

#[rstest]
#[case(r#""generation_config":{"max_output_tokens":7}"#, Some(7))]
#[case(r#""generation_config":{"maxOutputTokens":7}"#, Some(7))]
#[case(r#""generationConfig":{"max\u005foutput_tokens":7}"#, Some(7))]
#[case(r#""generationConfig":{"maxOutputTokens":null}"#, None)]
#[case(r#""generationConfig":null"#, None)]
#[case(r#""max_tokens":5,"maxOutputTokens":6"#, None)]
fn a_limit_is_read_by_either_name(#[case] fields: &str, #[case] limit: Option<i64>) {
    let facts = read(&format!(r#"{{"contents":[],{fields}}}"#)).unwrap();
    assert_eq!(facts.output_limit, limit);
}

#[rstest]
#[case(r#"{"thinkingBudget":-1}"#, 0)]
#[case(r#"{"thinkingLevel":"LOW"}"#, 0)]
#[case(r#"{"thinking_budget":512}"#, 512)]
#[case("[]", 0)]
fn a_budget_for_thoughts_is_read_where_there_is_one(#[case] config: &str, #[case] tokens: i64) {
    let body = format!(r#"{{"contents":[],"generationConfig":{{"thinkingConfig":{config}}}}}"#);
    assert_eq!(read(&body).unwrap().thinking_tokens, tokens);
}

#[rstest]
#[case(r#""model":"models/house""#, true)]
#[case(r#""model":"house""#, true)]
#[case(r#""model":null"#, false)]
fn a_body_may_repeat_the_model(#[case] field: &str, #[case] is_there: bool) {
    let facts = read(&format!(r#"{{"contents":[],{field}}}"#)).unwrap();
    assert_eq!(facts.model_span.is_some(), is_there);
}

#[rstest]
#[case("contents", "{}", "list")]
#[case("contents", r#"{"contents":"Hi"}"#, "list")]
#[case("contents", r#"{"contents":[],"contents":[]}"#, "twice")]
#[case("contents", r#"{"contents":[],"Contents":[]}"#, "case only")]
#[case("model", r#"{"contents":[],"model":"models/other"}"#, "path")]
#[case("generationConfig", r#"{"contents":[],"generationConfig":[]}"#, "an object")]
#[case(
    "generationConfig",
    r#"{"contents":[],"generationConfig":{},"generation_config":{}}"#,
    "twice"
)]
#[case("generationConfig", r#"{"contents":[],"generationconfig":{}}"#, "case only")]
#[case(
    "maxOutputTokens",
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}"#,
    "twice"
)]
#[case(
    "maxOutputTokens",
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":9}}"#,
    "twice"
)]
#[case(
    "maxOutputTokens",
    r#"{"contents":[],"generationConfig":{"MaxOutputTokens":9}}"#,
    "case only"
)]
#[case(
    "generationConfig.maxOutputTokens",
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":0}}"#,
    "at least 1"
)]
#[case(
    "generationConfig.maxOutputTokens",
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":"9"}}"#,
    "whole number"
)]
#[case(
    "generationConfig.candidateCount",
    r#"{"contents":[],"generationConfig":{"candidateCount":1000}}"#,
    "at most 128"
)]
#[case(
    "candidateCount",
    r#"{"contents":[],"generationConfig":{"candidateCount":1,"candidate_count":1}}"#,
    "twice"
)]
#[case(
    "thinkingBudget",
    r#"{"contents":[],"generationConfig":{"thinkingConfig":{"thinkingBudget":1,"thinking_budget":2}}}"#,
    "twice"
)]
#[case("cachedContent", r#"{"contents":[],"cached_content":"cachedContents/1"}"#, "keeps")]
fn a_wrong_body_is_refused_with_the_field(
    #[case] field: &str,
    #[case] body: &str,
    #[case] part: &str,
) {
    let error = read(body).unwrap_err();
    assert_eq!(error.pointer(), Some(field), "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn a_path_without_a_usable_model_is_refused() {
    for model in [String::new(), "a\nb".to_owned(), "m".repeat(257)] {
        let path = ModelPath { model, is_streaming: false };
        let error = RequestFacts::read_at(&path, br#"{"contents":[]}"#).unwrap_err();
        assert_eq!(error.pointer(), Some("model"));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let path = ModelPath { model: "m".to_owned(), is_streaming: false };
        let _ = RequestFacts::read_at(&path, &body);
    }
}
