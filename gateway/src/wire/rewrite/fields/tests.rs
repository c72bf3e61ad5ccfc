//! What a provider does not take is found, and nothing else is touched.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

fn rules() -> FieldRules {
    let one: &'static Value = Box::leak(Box::new(json!(1)));
    FieldRules {
        unsupported: vec![("logit_bias", None), ("logprobs", None), ("n", Some(one))],
        renamed: vec![("max_completion_tokens", "max_tokens"), ("seed", "random_seed")],
        needless: vec!["stream_options"],
    }
}

fn fit(body: &str, drops: bool) -> Result<(String, Vec<&'static str>), WireError> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let FittedBody { body, dropped } = rules().fit(&body, "Acme", drops)?;
    Ok((String::from_utf8(body.to_vec()).unwrap(), dropped))
}

#[rstest]
#[case(r#"{"model":"m","logit_bias":{"5":1}}"#, "logit_bias")]
#[case(r#"{"n":2,"model":"m"}"#, "n")]
#[case(r#"{"model":"m","logprobs":true,"logit_bias":{"5":1}}"#, "logprobs")]
#[case(r#"{"model":"m","logit\u005fbias":{"5":1}}"#, "logit_bias")]
fn a_field_that_asks_for_something_is_refused_by_name(#[case] body: &str, #[case] field: &str) {
    let error = fit(body, false).unwrap_err();
    assert_eq!(error.pointer(), Some(field));
    let text = error.to_string();
    assert!(text.contains(&format!("`{field}` is not taken by Acme")), "{text}");
    assert!(text.contains("unsupported_fields: drop"), "{text}");
}

#[rstest]
#[case(r#"{ "logit_bias" : {"5":1} , "model":"m"}"#, r#"{ "model":"m"}"#)]
#[case(r#"{"model":"m" , "logit_bias":{"5":1} }"#, r#"{"model":"m" }"#)]
#[case(r#"{"model":"m","logit_bias":{"5":1},"a":1.50}"#, r#"{"model":"m","a":1.50}"#)]
#[case(r#"{"a":1,"logit_bias":{"5":1},"logit_bias":7}"#, r#"{"a":1}"#)]
#[case(r#"{"logit_bias":{"5":1}}"#, "{}")]
fn a_dropped_field_goes_with_its_comma_and_is_told(#[case] body: &str, #[case] expected: &str) {
    assert_eq!(fit(body, true).unwrap(), (expected.to_owned(), vec!["logit_bias"]));
}

#[test]
fn several_fields_are_told_in_the_order_of_the_body() {
    let body = r#"{"n":3,"model":"m","logprobs":true,"logit_bias":{"5":1}}"#;
    let (body, dropped) = fit(body, true).unwrap();
    assert_eq!((&*body, &*dropped.join(", ")), (r#"{"model":"m"}"#, "n, logprobs, logit_bias"));
}

#[rstest]
#[case("logprobs", "false")]
#[case("logprobs", "null")]
#[case("logit_bias", "{ }")]
#[case("n", "1")]
#[case("n", "1.0")]
#[case("stream_options", r#"{"include_usage":true}"#)]
fn what_asks_for_nothing_goes_without_a_word(#[case] field: &str, #[case] value: &str) {
    let body = format!(r#"{{"model":"m","{field}":{value},"messages":[]}}"#);
    let expected = (r#"{"model":"m","messages":[]}"#.to_owned(), vec![]);
    assert_eq!(fit(&body, false).unwrap(), expected);
}

#[rstest]
#[case(r#"{"seed": 7,"model":"m"}"#, r#"{"random_seed": 7,"model":"m"}"#)]
#[case(r#"{"seed":null,"model":"m"}"#, r#"{"model":"m"}"#)]
#[case(r#"{"max_completion_tokens":9,"max_tokens":null}"#, r#"{"max_tokens":9}"#)]
#[case(r#"{"max_tokens":5,"max_completion_tokens":9}"#, r#"{"max_tokens":5}"#)]
fn a_field_is_renamed_unless_the_providers_own_is_there(
    #[case] body: &str,
    #[case] expected: &str,
) {
    assert_eq!(fit(body, false).unwrap(), (expected.to_owned(), vec![]));
}

#[test]
fn a_body_without_such_fields_is_not_copied() {
    let body = Bytes::from_static(br#"{"model":"m","messages":[{"n":2,"seed":1}]}"#);
    let fitted = rules().fit(&body, "Acme", false).unwrap();
    assert_eq!(fitted.body.as_ptr(), body.as_ptr());
}

proptest! {
    #[test]
    fn the_other_members_stay_in_order_and_the_rest_is_json(
        fields in prop::collection::vec(
            ("(a|b|c|n|seed|logprobs|logit_bias|stream_options|max_completion_tokens)", 0..3_i64, "[ \n]{0,2}"),
            0..9,
        ),
    ) {
        let member = |(name, value, space): &(String, i64, String)| {
            format!("\"{name}\"{space}:{space}{value}{space}")
        };
        let members: Vec<String> = fields.iter().map(member).collect();
        let (body, _) = fit(&format!("{{{}}}", members.join(",")), true).unwrap();
        serde_json::from_str::<Value>(&body).unwrap();
        let kept = |text: &str| -> Vec<(String, String)> {
            let members = members_of(text).unwrap();
            let plain = members.iter().filter(|member| matches!(&*member.name, "a" | "b" | "c"));
            plain.map(|member| (member.name.to_string(), member.value.to_string())).collect()
        };
        prop_assert_eq!(kept(&body), kept(&format!("{{{}}}", members.join(","))));
        for gone in ["logprobs", "logit_bias", "stream_options", "\"n\"", "\"seed\""] {
            prop_assert!(!body.contains(gone), "{}", body);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let body = Bytes::from(bytes);
        prop_assert!(rules().fit(&body, "Acme", true).is_ok());
    }
}
