//! A body of Google's dialect, relayed to a model of Google's.

use bytes::Bytes;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;

use crate::wire::{Dialect, Edits, LimitField, ModelPath, RequestFacts, rewrite};

fn facts(body: &Bytes) -> RequestFacts {
    let path = ModelPath { model: "house".to_owned(), is_streaming: false };
    RequestFacts::read_at(&path, body).unwrap()
}

fn apply(body: &str, edits: &Edits<'_>) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let out = rewrite(Dialect::Gemini, &body, &facts(&body), edits);
    String::from_utf8(out.to_vec()).unwrap()
}

fn limited(limit: i64) -> Edits<'static> {
    let output_limit = Some((LimitField::GenerationConfig, limit));
    Edits { output_limit, ..Edits::default() }
}

#[test]
fn where_nothing_changes_the_body_is_not_copied() {
    let body = Bytes::from_static(br#"{"contents":[],"generationConfig":{"maxOutputTokens":5}}"#);
    let renamed = Edits { model: Some("upstream"), ..limited(9) };
    for edits in [Edits::default(), limited(5), renamed] {
        let out = rewrite(Dialect::Gemini, &body, &facts(&body), &edits);
        assert_eq!(out.as_ptr(), body.as_ptr());
    }
}

#[rstest]
#[case("", r#"{"generationConfig":{"maxOutputTokens":9},"contents":[]}"#)]
#[case(
    r#","generationConfig":null"#,
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":9}}"#
)]
#[case(
    r#","generation_config":{ }"#,
    r#"{"contents":[],"generation_config":{"maxOutputTokens":9 }}"#
)]
#[case(
    r#","generationConfig":{ "topK":1.0}"#,
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":9, "topK":1.0}}"#
)]
#[case(
    r#","generationConfig":{"maxOutputTokens":50,"topK":1}"#,
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":9,"topK":1}}"#
)]
#[case(
    r#","generationConfig":{"max_output_tokens": null}"#,
    r#"{"contents":[],"generationConfig":{"max_output_tokens": 9}}"#
)]
#[case(
    r#","generationConfig":{"maxOutputTokens":4}"#,
    r#"{"contents":[],"generationConfig":{"maxOutputTokens":4}}"#
)]
fn what_is_sent_is_limited_to_what_is_paid_for(#[case] rest: &str, #[case] expected: &str) {
    assert_eq!(apply(&format!(r#"{{"contents":[]{rest}}}"#), &limited(9)), expected);
}

#[test]
fn a_model_that_the_body_repeats_is_replaced() {
    let edits = Edits { model: Some("upstream"), ..Edits::default() };
    let told = apply(r#"{"model":"models/house","contents":[]}"#, &edits);
    assert_eq!(told, r#"{"model":"models/upstream","contents":[]}"#);
}

proptest! {
    #[test]
    fn what_is_sent_is_read_as_what_is_paid_for(
        asked in prop::option::of(1..100_000_i64),
        paid in 1..100_000_i64,
        has_config in any::<bool>(),
        space in "[ \n]{0,2}",
    ) {
        let limit = asked.map_or(String::new(), |asked| format!("\"maxOutputTokens\":{asked}"));
        let config = format!(",{space}\"generationConfig\":{space}{{{space}{limit}{space}}}");
        let config = if has_config || asked.is_some() { config } else { String::new() };
        let out = apply(&format!("{{{space}\"contents\":[]{config}}}"), &limited(paid));
        let read = facts(&Bytes::from(out.clone()));
        prop_assert_eq!(read.output_limit, asked.into_iter().chain([paid]).min());
        prop_assert!(serde_json::from_str::<Value>(&out).is_ok());
    }
}
