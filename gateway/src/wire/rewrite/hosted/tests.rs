//! A host is sent what it takes, and the rest of a body stays byte for byte.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;

const CONTEXT: &str = "context-2025";

/// A host like those that there are.
fn rules(form: HostedForm) -> HostedRules {
    let mut fields = AllowedFields::default();
    for name in [
        "messages",
        "max_tokens",
        "stream",
        "system",
        "tools",
        "tools.name",
        "tools.input_schema",
        "tools.type",
        "tools.cache_control",
        "cache_control.type",
        "output_config",
        "output_config.effort",
    ] {
        fields.allow(name, &[]);
    }
    let needs = [CONTEXT.to_owned()];
    for name in ["context_management", "context_management.clear"] {
        fields.allow(name, &needs);
    }
    HostedRules { form, betas: AllowedBetas::everything(), fields }
}

fn fit_with(rules: &HostedRules, body: &str, sent: &[&str]) -> (String, Vec<String>) {
    let sent: Vec<String> = sent.iter().map(|beta| (*beta).to_owned()).collect();
    let fitted = rules.fit(&Bytes::copy_from_slice(body.as_bytes()), &sent);
    (String::from_utf8(fitted.body.to_vec()).unwrap(), fitted.dropped)
}

/// What becomes of a body without the members that the form adds.
fn fit(body: &str, sent: &[&str]) -> (String, Vec<String>) {
    fit_with(&rules(HostedForm::ANTHROPIC), body, sent)
}

#[test]
fn the_model_is_in_the_address_and_the_version_in_the_body() {
    let body = r#"{ "model":"claude" ,"max_tokens":1.0e1, "stream":true,"messages":[ ]}"#;
    let (vertex, dropped) = fit_with(&rules(HostedForm::VERTEX), body, &["a"]);
    assert_eq!(
        vertex,
        r#"{"anthropic_version":"vertex-2023-10-16", "max_tokens":1.0e1, "stream":true,"messages":[ ]}"#
    );
    assert_eq!(dropped, [""; 0]);
    let (bedrock, _) = fit_with(&rules(HostedForm::BEDROCK), body, &["a", "b"]);
    assert_eq!(
        bedrock,
        r#"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["a","b"], "max_tokens":1.0e1, "messages":[ ]}"#
    );
}

#[test]
fn a_body_of_which_nothing_is_left_is_an_object_still() {
    let (body, dropped) =
        fit_with(&rules(HostedForm::VERTEX), r#"{"model":"m","speed":"fast"}"#, &[]);
    assert_eq!(body, r#"{"anthropic_version":"vertex-2023-10-16"}"#);
    assert_eq!(dropped, ["speed"]);
    let (body, _) = fit_with(&rules(HostedForm::VERTEX), "{}", &[]);
    assert_eq!(body, r#"{"anthropic_version":"vertex-2023-10-16"}"#);
}

#[test]
fn a_version_that_the_client_wrote_gives_way() {
    let body = r#"{"anthropic_version":"mine","max_tokens":1}"#;
    let (body, dropped) = fit_with(&rules(HostedForm::BEDROCK), body, &[]);
    assert_eq!(body, r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":1}"#);
    assert!(dropped.is_empty());
}

#[test]
fn a_body_that_the_host_takes_is_not_copied() {
    let body = Bytes::from_static(
        br#"{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"\u0022"}]}]}"#,
    );
    let fitted = rules(HostedForm::ANTHROPIC).fit(&body, &[]);
    assert_eq!(fitted.body.as_ptr(), body.as_ptr());
}

#[rstest]
#[case(r#"{"speed":"fast","max_tokens":1}"#, r#"{"max_tokens":1}"#, &["speed"])]
#[case(r#"{"max_tokens":1,"speed":null}"#, r#"{"max_tokens":1}"#, &[])]
#[case(
    r#"{"output_config":{"effort":"low" ,"task_budget":{}},"max_tokens":1}"#,
    r#"{"output_config":{"effort":"low"},"max_tokens":1}"#,
    &["output_config.task_budget"]
)]
#[case(
    r#"{"output_config":{"task_budget":{}},"max_tokens":1}"#,
    r#"{"max_tokens":1}"#,
    &["output_config.task_budget"]
)]
#[case(
    r#"{"tools":[{"name":"a","defer_loading":true,"input_schema":{"strict":1}},{"name":"b"}]}"#,
    r#"{"tools":[{"name":"a","input_schema":{"strict":1}},{"name":"b"}]}"#,
    &["tools.defer_loading"]
)]
#[case(
    r#"{"tools":[{"type":"custom","name":"a","strict":true},{"type":"web_1","name":"w","max_uses":1}]}"#,
    r#"{"tools":[{"type":"custom","name":"a"},{"type":"web_1","name":"w","max_uses":1}]}"#,
    &["tools.strict"]
)]
#[case(
    r#"{"tools":[{"name":"a","cache_control":{"type":"e","scope":"g"}},{"name":"b","cache_control":{"scope":"g"}}]}"#,
    r#"{"tools":[{"name":"a","cache_control":{"type":"e"}},{"name":"b"}]}"#,
    &["cache_control.scope"]
)]
#[case(
    r#"{"system":[{"type":"text","cache_control":{"scope":"g","type":"e"}}]}"#,
    r#"{"system":[{"type":"text","cache_control":{"type":"e"}}]}"#,
    &["cache_control.scope"]
)]
#[case(
    r#"{"messages":[{"role":"user","content":[{"content":[{"cache_control":{"type":"e","scope":1}}],"type":"tool_result"}]}]}"#,
    r#"{"messages":[{"role":"user","content":[{"content":[{"cache_control":{"type":"e"}}],"type":"tool_result"}]}]}"#,
    &["cache_control.scope"]
)]
#[case(
    r#"{"messages":[{"content":"a","role":"user"},{"role":"system","content":"b"}]}"#,
    r#"{"messages":[{"content":"a","role":"user"},{"role":"user","content":"b"}]}"#,
    &["messages.system"]
)]
fn what_is_not_taken_is_cut_and_told(
    #[case] body: &str,
    #[case] expected: &str,
    #[case] told: &[&str],
) {
    let (fitted, dropped) = fit(body, &[]);
    assert_eq!(fitted, expected);
    assert_eq!(dropped, told);
}

#[test]
fn what_the_client_says_in_its_own_words_stays() {
    let body = r#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":
        {"cache_control":{"scope":"mine"},"role":"system","speed":1}}]},
        {"role":"user","content":"\"system\" \"cache_control\""}],
        "tools":[{"name":"a","input_schema":{"properties":{"cache_control":{"scope":1},"defer_loading":{}}}}]}"#;
    assert_eq!(fit(body, &[]), (body.to_owned(), Vec::new()));
}

#[rstest]
#[case(&[], r#"{"max_tokens":1}"#, &["context_management"])]
#[case(
    &[CONTEXT],
    r#"{"max_tokens":1,"context_management":{"edits":[{"type":"clear","keep":1}]}}"#,
    &["context_management.other"]
)]
fn a_field_goes_with_the_beta_that_it_needs(
    #[case] sent: &[&str],
    #[case] expected: &str,
    #[case] told: &[&str],
) {
    let body = r#"{"max_tokens":1,"context_management":{"edits":[{"type":"other"}, {"type":"clear","keep":1}]}}"#;
    let (fitted, dropped) = fit(body, sent);
    assert_eq!(
        (fitted.as_str(), dropped),
        (expected, told.iter().map(ToString::to_string).collect())
    );
}

#[test]
fn context_management_goes_with_its_last_edit() {
    let body = r#"{"context_management":{"edits":[{"type":"other"}]},"max_tokens":1}"#;
    let (fitted, dropped) = fit(body, &[CONTEXT]);
    assert_eq!(
        (fitted.as_str(), dropped),
        (r#"{"max_tokens":1}"#, vec!["context_management.other".into()])
    );
    let body = r#"{"context_management":{"edits":[]},"max_tokens":1}"#;
    assert_eq!(fit(body, &[CONTEXT]).0, body);
}

#[test]
fn what_is_allowed_or_denied_by_name_is() {
    let mut rules = rules(HostedForm::ANTHROPIC);
    rules.fields.allow("speed", &[]);
    rules.fields.deny("system");
    let (body, dropped) = fit_with(&rules, r#"{"speed":"fast","system":"x","max_tokens":1}"#, &[]);
    assert_eq!(
        (body.as_str(), dropped),
        (r#"{"speed":"fast","max_tokens":1}"#, vec!["system".into()])
    );
    rules.fields.allow("*", &[]);
    let (body, _) = fit_with(&rules, r#"{"new":1,"system":"x"}"#, &[]);
    assert_eq!(body, r#"{"new":1}"#);
}

#[test]
fn odd_bodies_do_no_harm() {
    for body in [
        "[]",
        "{",
        r#"{"tools":{},"messages":5,"system":{},"context_management":[],"output_config":1}"#,
        r#"{"tools":[1,[],null],"messages":["a",{"role":"system"},{"content":[{"content":{}}]}]}"#,
        r#"{"output_config":{},"tools":[{}],"system":[{"cache_control":{}},{"cache_control":5}]}"#,
    ] {
        for form in [HostedForm::ANTHROPIC, HostedForm::BEDROCK] {
            let (fitted, _) = fit_with(&rules(form), body, &[CONTEXT]);
            let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
            assert_eq!(is_json(&fitted), is_json(body), "{fitted}");
        }
    }
}

#[test]
fn whatever_is_cut_the_rest_is_as_a_tree_would_have_it() {
    let all = json!({ "speed": 1, "max_tokens": 2, "new": [1], "stream": true, "mcp_servers": [] });
    let names: Vec<&String> = all.as_object().unwrap().keys().collect();
    for mask in 0_u32..32 {
        let chosen = names.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
        let members: Vec<String> = chosen
            .clone()
            .map(|(_, name)| format!("\"{name}\" : {}", all[name.as_str()]))
            .collect();
        let (fitted, _) = fit(&format!("{{ {} }}", members.join(" , ")), &[]);
        let fitted: Value = serde_json::from_str(&fitted).unwrap();
        let left: Vec<&str> = chosen
            .map(|(_, name)| name.as_str())
            .filter(|name| ["max_tokens", "stream"].contains(name))
            .collect();
        let got: Vec<&String> = fitted.as_object().unwrap().keys().collect();
        assert_eq!(got, left, "{mask}");
    }
}

#[rstest]
#[case(r#"{"max_tokens":1,"\ud800":2,"speed":3}"#, r#"{"max_tokens":1}"#)]
#[case(r#"{"tools":[{"\udc00":2,"name":"t","new":3}]}"#, r#"{"tools":[{"name":"t"}]}"#)]
#[case(r#"{"tools":[{"name":"t","\udc00":2,"new":3}]}"#, r#"{"tools":[{"name":"t"}]}"#)]
fn a_name_that_is_no_text_is_a_name_that_no_host_takes(#[case] body: &str, #[case] left: &str) {
    assert_eq!(fit(body, &[]).0, left);
}
