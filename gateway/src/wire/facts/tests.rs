//! What is read, and what is refused with which words.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[test]
fn the_governed_fields_are_read_and_the_rest_is_left_alone() {
    let body = br#"{"model":"m","stream":true,"stream_options":{"include_usage":true},
        "max_completion_tokens":7,"n":2,"messages":[],"x":{"model":"other"},"x":1}"#;
    let facts = RequestFacts::read(Dialect::OpenAiChat, body).unwrap();
    assert_eq!(facts.model, "m");
    assert!(facts.is_streaming && facts.asks_for_usage);
    assert_eq!((facts.output_limit, facts.choices), (Some(7), 2));
    assert_eq!(&body[facts.model_span.unwrap()], br#""m""#);
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let body = br#"{"mod\u0065l":"m","messages":[],"max\u005ftokens":5}"#;
    let facts = RequestFacts::read(Dialect::OpenAiChat, body).unwrap();
    assert_eq!((facts.model.as_str(), facts.output_limit), ("m", Some(5)));
}

#[test]
fn of_several_limits_the_largest_is_what_is_reserved() {
    for (limits, largest) in [
        (r#""max_tokens":1,"n_predict":9"#, Some(9)),
        (r#""max_tokens":9,"max_completion_tokens":1"#, Some(9)),
        (r#""max_tokens":null,"max_completion_tokens":4"#, Some(4)),
        (r#""max_tokens":null"#, None),
        (r#""n_predict":1"#, None),
    ] {
        let body = format!(r#"{{"model":"m","messages":[],{limits}}}"#);
        let facts = RequestFacts::read(Dialect::OpenAiChat, body.as_bytes()).unwrap();
        assert_eq!(facts.output_limit, largest, "{limits}");
    }
}

#[rstest]
#[case(r#"{"model":"m","messages":"#, None, "ends too early at line 1, column 24")]
#[case("{\"model\":\"m\",\n!}", None, "breaks at line 2, column 1")]
#[case(r#"{"model":"m","messages":[]} {}"#, None, "breaks at line 1")]
#[case(r"[]", None, "JSON object")]
#[case(r#"{"messages":[]}"#, Some("model"), "missing")]
#[case(r#"{"model":null,"messages":[]}"#, Some("model"), "missing")]
#[case(r#"{"model":7,"messages":[]}"#, Some("model"), "a string")]
#[case(r#"{"model":"\ud800","messages":[]}"#, Some("model"), "a string")]
#[case(r#"{"model":"","messages":[]}"#, Some("model"), "1 to 256")]
#[case(r#"{"model":"a\nb","messages":[]}"#, Some("model"), "control")]
#[case(r#"{"model":"a","model":"b","messages":[]}"#, Some("model"), "twice")]
#[case(r#"{"model":"a","mode\u006c":"b","messages":[]}"#, Some("model"), "twice")]
#[case(r#"{"model":"a","Model":"b","messages":[]}"#, Some("model"), "case only")]
#[case(r#"{"model":"a","messages":[],"max_tokenſ":9}"#, Some("max_tokens"), "case only")]
#[case(r#"{"model":"m","messages":{}}"#, Some("messages"), "list")]
#[case(r#"{"model":"m","messages":[],"messages":[]}"#, Some("messages"), "twice")]
#[case(r#"{"model":"m","messages":[],"stream":"yes"}"#, Some("stream"), "true or false")]
#[case(r#"{"model":"m","messages":[],"max_tokens":0}"#, Some("max_tokens"), "at least 1")]
#[case(r#"{"model":"m","messages":[],"max_tokens":-3}"#, Some("max_tokens"), "at least 1")]
#[case(r#"{"model":"m","messages":[],"max_tokens":1.5}"#, Some("max_tokens"), "whole number")]
#[case(r#"{"model":"m","messages":[],"n_predict":-1}"#, Some("n_predict"), "at least 1")]
#[case(r#"{"model":"m","messages":[],"n":1000}"#, Some("n"), "at most 128")]
#[case(r#"{"model":"m","messages":[],"n_cmpl":1000}"#, Some("n_cmpl"), "at most 128")]
#[case(r#"{"model":"m","messages":[],"stream_options":[]}"#, Some("stream_options"), "an object")]
#[case(
    r#"{"model":"m","messages":[],"stream_options":{"include_usage":1}}"#,
    Some("stream_options.include_usage"),
    "true or false"
)]
#[case(
    r#"{"model":"m","messages":[],"stream_options":{"include_usage":true,"include_usage":false}}"#,
    Some("include_usage"),
    "twice"
)]
fn a_wrong_body_is_refused_with_the_field(
    #[case] body: &str,
    #[case] pointer: Option<&str>,
    #[case] part: &str,
) {
    let error = RequestFacts::read(Dialect::OpenAiChat, body.as_bytes()).unwrap_err();
    assert_eq!(error.pointer(), pointer, "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn invalid_utf8_is_refused_with_its_place() {
    let error = RequestFacts::read(Dialect::OpenAiChat, b"{\"model\":\"\xff\"}").unwrap_err();
    assert!(error.to_string().contains("byte 10"), "{error}");
}

#[test]
fn a_model_name_may_have_256_bytes_and_no_more() {
    let read = |length: usize| {
        let body = format!(r#"{{"model":"{}","messages":[]}}"#, "m".repeat(length));
        RequestFacts::read(Dialect::OpenAiChat, body.as_bytes())
    };
    assert_eq!(read(256).unwrap().model.len(), 256);
    assert_eq!(read(257).unwrap_err().pointer(), Some("model"));
}

#[test]
fn anthropic_requires_a_limit_and_takes_a_zero() {
    let read = |limit: &str| {
        let body = format!(r#"{{"model":"m","messages":[]{limit}}}"#);
        RequestFacts::read(Dialect::AnthropicMessages, body.as_bytes())
    };
    assert_eq!(read("").unwrap_err().pointer(), Some("max_tokens"));
    assert_eq!(read(r#","max_tokens":null"#).unwrap_err().pointer(), Some("max_tokens"));
    assert_eq!(read(r#","max_tokens":-1"#).unwrap_err().pointer(), Some("max_tokens"));
    assert_eq!(read(r#","max_tokens":0"#).unwrap().output_limit, Some(0));
}

#[test]
fn embeddings_require_an_input() {
    let error = RequestFacts::read(Dialect::OpenAiEmbeddings, br#"{"model":"m"}"#).unwrap_err();
    assert_eq!(error.pointer(), Some("input"));
    let facts = RequestFacts::read(Dialect::OpenAiEmbeddings, br#"{"model":"m","input":[1]}"#);
    assert_eq!(facts.unwrap().output_limit, None);
}

#[rstest]
#[case(r#""input":"Hi""#, None)]
#[case(r#""input":"Hi","max_output_tokens":5"#, Some(5))]
#[case(r#""input":"Hi","max_output_tokens":5,"n_predict":9"#, Some(9))]
#[case(r#""input":"Hi","max_tokens":9"#, None)]
#[case(r#""input":[{"role":"user","content":"Hi"},{"type":"reasoning"}],"background":false"#, None)]
fn a_responses_request_is_limited_by_its_own_field(
    #[case] fields: &str,
    #[case] limit: Option<i64>,
) {
    let body = format!(r#"{{"model":"m",{fields}}}"#);
    let facts = RequestFacts::read(Dialect::OpenAiResponses, body.as_bytes()).unwrap();
    assert_eq!(facts.output_limit, limit);
}

#[rstest]
#[case("input", r#""instructions":"x""#)]
#[case("previous_response_id", r#""input":"Hi","previous_response_id":"resp_1""#)]
#[case("conversation", r#""input":"Hi","conversation":{"id":"conv_1"}"#)]
#[case("prompt", r#""input":"Hi","prompt":{"id":"pmpt_1"}"#)]
#[case("background", r#""input":"Hi","background":true"#)]
#[case("background", r#""input":"Hi","background":"yes""#)]
#[case("input", r#""input":[{"type":"item_reference","id":"msg_1"}]"#)]
#[case("input", r#""input":[{"role":"user","content":"Hi"},{"id":"msg_1"}]"#)]
#[case("input", r#""input":["Hi"]"#)]
#[case("max_output_tokens", r#""input":"Hi","max_output_tokens":0"#)]
#[case("previous_response_id", r#""input":"Hi","Previous_Response_ID":"resp_1""#)]
fn a_responses_request_for_what_a_provider_keeps_is_refused(
    #[case] field: &str,
    #[case] fields: &str,
) {
    let body = format!(r#"{{"model":"m",{fields}}}"#);
    let error = RequestFacts::read(Dialect::OpenAiResponses, body.as_bytes()).unwrap_err();
    assert_eq!(error.pointer(), Some(field), "{error}");
}

#[test]
fn the_limit_of_responses_means_nothing_to_chat_completions() {
    let body = r#"{"model":"m","messages":[],"max_output_tokens":"five"}"#;
    let facts = RequestFacts::read(Dialect::OpenAiChat, body.as_bytes()).unwrap();
    assert_eq!((facts.output_limit, facts.limits.len()), (None, 0));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for dialect in [
            Dialect::OpenAiChat,
            Dialect::OpenAiResponses,
            Dialect::OpenAiEmbeddings,
            Dialect::AnthropicMessages,
        ] {
            let _ = RequestFacts::read(dialect, &body);
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_refused(cut in 0..COMPLETE.len()) {
        prop_assert!(RequestFacts::read(Dialect::OpenAiChat, &COMPLETE.as_bytes()[..cut]).is_err());
    }
}

const COMPLETE: &str = r#"{"model":"m","messages":[{"role":"user","content":"ü"}],"n":1}"#;

#[test]
fn the_most_searches_are_units_of_the_request() {
    let searches =
        |dialect, body: &str| RequestFacts::read(dialect, body.as_bytes()).unwrap().units.searches;
    let tools = r#""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3}]"#;
    let anthropic = format!(r#"{{"model":"m","max_tokens":9,"messages":[],{tools}}}"#);
    assert_eq!(searches(Dialect::AnthropicMessages, &anthropic), 3);
    let chat = r#"{"model":"m","messages":[],"n":2,"web_search_options":{}}"#;
    assert_eq!(searches(Dialect::OpenAiChat, chat), 2);
    let responses =
        r#"{"model":"m","input":"Hi","max_tool_calls":4,"tools":[{"type":"web_search"}]}"#;
    assert_eq!(searches(Dialect::OpenAiResponses, responses), 4);
    assert_eq!(searches(Dialect::OpenAiChat, r#"{"model":"m","messages":[]}"#), 0);
}
