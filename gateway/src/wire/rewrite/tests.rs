//! Only what is edited changes.

mod gemini;

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Map, Value};

use super::*;

fn apply(body: &str, edits: &Edits<'_>) -> String {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let facts = RequestFacts::read(Dialect::OpenAiChat, &body).unwrap();
    let out = rewrite(Dialect::OpenAiChat, &body, &facts, edits);
    String::from_utf8(out.to_vec()).unwrap()
}

fn limited(field: LimitField, limit: i64) -> Edits<'static> {
    Edits { output_limit: Some((field, limit)), ..Edits::default() }
}

const ODD: &str = "{ \"a\":1.50e+1 ,\"model\" :  \"m\",\n\"a\":2,\"messages\":[ ]}";

#[test]
fn only_the_model_changes_and_odd_spelling_survives() {
    let edits = Edits { model: Some("o\"dd"), ..Edits::default() };
    assert_eq!(apply(ODD, &edits), ODD.replace("\"m\"", "\"o\\\"dd\""));
}

#[test]
fn where_nothing_changes_the_body_is_not_copied() {
    let body = Bytes::from_static(
        br#"{"model":"m","messages":[],"max_tokens":5,"stream_options":{"include_usage":true}}"#,
    );
    let facts = RequestFacts::read(Dialect::OpenAiChat, &body).unwrap();
    let needless = Edits { include_usage: true, ..limited(LimitField::MaxTokens, 9) };
    for edits in [Edits::default(), needless] {
        let out = rewrite(Dialect::OpenAiChat, &body, &facts, &edits);
        assert_eq!(out.as_ptr(), body.as_ptr());
    }
}

#[rstest]
#[case(LimitField::MaxTokens, "", r#"{"max_tokens":9,"model":"m"}"#)]
#[case(LimitField::MaxTokens, r#","max_tokens":5"#, r#"{"model":"m","max_tokens":5}"#)]
#[case(LimitField::MaxTokens, r#","max_tokens":50"#, r#"{"model":"m","max_tokens":9}"#)]
#[case(LimitField::MaxTokens, r#","max_tokens":null"#, r#"{"model":"m","max_tokens":9}"#)]
#[case(
    LimitField::MaxTokens,
    r#","max_completion_tokens":4"#,
    r#"{"max_tokens":9,"model":"m","max_completion_tokens":4}"#
)]
#[case(
    LimitField::MaxTokens,
    r#","n_predict":70"#,
    r#"{"max_tokens":9,"model":"m","n_predict":9}"#
)]
#[case(
    LimitField::MaxCompletionTokens,
    r#","max_tokens":50,"max_completion_tokens":null"#,
    r#"{"model":"m","max_tokens":9,"max_completion_tokens":null}"#
)]
#[case(
    LimitField::MaxCompletionTokens,
    r#","max_tokens":null"#,
    r#"{"max_completion_tokens":9,"model":"m","max_tokens":null}"#
)]
fn what_is_sent_is_limited_to_what_is_paid_for(
    #[case] field: LimitField,
    #[case] rest: &str,
    #[case] expected: &str,
) {
    let out = apply(&format!(r#"{{"model":"m"{rest},"messages":[]}}"#), &limited(field, 9));
    assert_eq!(out.replace(",\"messages\":[]", ""), expected);
}

#[rstest]
#[case("", r#"{"stream_options":{"include_usage":true},"model":"m","messages":[]}"#)]
#[case(
    r#","stream_options":null"#,
    r#"{"model":"m","messages":[],"stream_options":{"include_usage":true}}"#
)]
#[case(
    r#","stream_options":{ }"#,
    r#"{"model":"m","messages":[],"stream_options":{"include_usage":true }}"#
)]
#[case(
    r#","stream_options":{ "x":1.0}"#,
    r#"{"model":"m","messages":[],"stream_options":{"include_usage":true, "x":1.0}}"#
)]
#[case(
    r#","stream_options":{"x":1,"include_usage":false,"x":2}"#,
    r#"{"model":"m","messages":[],"stream_options":{"x":1,"include_usage":true,"x":2}}"#
)]
fn usage_is_asked_for_whatever_the_stream_options_say(#[case] rest: &str, #[case] expected: &str) {
    let edits = Edits { include_usage: true, ..Edits::default() };
    assert_eq!(apply(&format!(r#"{{"model":"m","messages":[]{rest}}}"#), &edits), expected);
}

#[test]
fn anthropic_is_never_asked_for_openai_usage() {
    let body = Bytes::from_static(br#"{"model":"m","messages":[],"max_tokens":5}"#);
    let facts = RequestFacts::read(Dialect::AnthropicMessages, &body).unwrap();
    let edits = Edits { include_usage: true, ..Edits::default() };
    assert_eq!(rewrite(Dialect::AnthropicMessages, &body, &facts, &edits), body);
}

/// Any JSON, written with any amount of white space.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        Just("\"\\ud83d\\ude00\\/\"".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let space = "[ \n\t\r]{0,2}";
        let member = ("[a-z]{1,6}", space, inner.clone())
            .prop_map(|(name, space, value)| format!("\"{name}\":{space}{value}"));
        prop_oneof![
            (prop::collection::vec(inner, 0..4), space)
                .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(","))),
            (prop::collection::vec(member, 0..4), space)
                .prop_map(|(members, space)| format!("{{{space}{}{space}}}", members.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_not_edited_survives_byte_for_byte(
        before in prop::collection::vec(any_json(), 0..4),
        after in prop::collection::vec(any_json(), 0..4),
        limit in prop::option::of(1..100_000_i64),
        paid in prop::option::of(1..100_000_i64),
        model in prop::option::of("[a-z\"\\\\é]{1,9}"),
        include_usage in any::<bool>(),
    ) {
        let unknown = |prefix: &str, values: &[String]| -> String {
            let member = |(at, value): (usize, &String)| format!("\"{prefix}{at}\" : {value},\n");
            values.iter().enumerate().map(member).collect()
        };
        let limits = limit.map_or(String::new(), |limit| format!("\"max_tokens\": {limit},"));
        let (before, after) = (unknown("b", &before), unknown("a", &after));
        let body = format!("{{{before}\"model\": \"m\",{limits}{after}\"messages\":[]}}");
        let edits = Edits {
            model: model.as_deref(),
            output_limit: paid.map(|paid| (LimitField::MaxTokens, paid)),
            include_usage,
        };
        let out = apply(&body, &edits);
        prop_assert!(out.contains(&before) && out.contains(&after));
        let facts = RequestFacts::read(Dialect::OpenAiChat, out.as_bytes()).unwrap();
        prop_assert_eq!(facts.model, model.unwrap_or_else(|| "m".to_owned()));
        prop_assert_eq!(facts.asks_for_usage, include_usage);
        let expected = limit.into_iter().chain(paid).min();
        prop_assert_eq!(facts.output_limit, expected);
        let keys = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap().len();
        let added = usize::from(include_usage) + usize::from(limit.is_none() && paid.is_some());
        prop_assert_eq!(keys(&out), keys(&body) + added);
    }
}
