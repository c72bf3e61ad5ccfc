//! Classes are disjoint, whatever is reported.

use proptest::prelude::*;
use rstest::rstest;

use super::{usage_of_response as usage_in_shape, *};

fn usage_of_response(dialect: Dialect, body: &[u8]) -> Option<UsageReport> {
    usage_in_shape(dialect, UsageShape::default(), body)
}

fn openai(usage: &str) -> TokenCounts {
    let body = format!(r#"{{"usage":{usage}}}"#);
    usage_of_response(Dialect::OpenAiChat, body.as_bytes()).unwrap().tokens
}

fn anthropic(usage: &str) -> TokenCounts {
    let body = format!(r#"{{"usage":{usage}}}"#);
    usage_of_response(Dialect::AnthropicMessages, body.as_bytes()).unwrap().tokens
}

fn counts(tokens: TokenCounts) -> [i64; 5] {
    let TokenCounts { input, cached_input, cache_write, output, reasoning, .. } = tokens;
    [input, cached_input, cache_write, output, reasoning]
}

#[test]
fn openai_counts_cache_and_reasoning_tokens_within_and_we_apart() {
    let tokens = openai(
        r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
            "prompt_tokens_details":{"cached_tokens":70,"cache_write_tokens":10},
            "completion_tokens_details":{"reasoning_tokens":30}}"#,
    );
    assert_eq!(counts(tokens), [20, 70, 10, 20, 30]);
}

#[test]
fn responses_count_cache_and_reasoning_tokens_within_and_we_apart() {
    let body = r#"{"service_tier":"flex","usage":{"input_tokens":100,"output_tokens":50,
        "input_tokens_details":{"cached_tokens":70,"cache_write_tokens":40},
        "output_tokens_details":{"reasoning_tokens":30},"total_tokens":150}}"#;
    let report = usage_of_response(Dialect::OpenAiResponses, body.as_bytes()).unwrap();
    assert_eq!(counts(report.tokens), [0, 70, 30, 20, 30]);
    assert_eq!(report.service_tier.as_deref(), Some("flex"));
    let silent = br#"{"usage":{"output_tokens":5}}"#;
    assert_eq!(usage_of_response(Dialect::OpenAiResponses, silent), None);
}

#[test]
fn anthropic_counts_cache_tokens_beside_and_thinking_within() {
    let tokens = anthropic(
        r#"{"input_tokens":10,"output_tokens":50,"cache_read_input_tokens":80,
            "cache_creation_input_tokens":7,"output_tokens_details":{"thinking_tokens":20},
            "cache_creation":{"ephemeral_5m_input_tokens":7,"ephemeral_1h_input_tokens":0}}"#,
    );
    assert_eq!(counts(tokens), [10, 80, 7, 30, 20]);
}

#[test]
fn openai_counts_audio_and_images_within_and_we_apart() {
    let tokens = openai(
        r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
            "prompt_tokens_details":{"cached_tokens":10,"audio_tokens":30,"image_tokens":20},
            "completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":25,"image_tokens":1}}"#,
    );
    assert_eq!((tokens.audio_input, tokens.image_input), (30, 20));
    assert_eq!((tokens.audio_output, tokens.image_output), (25, 1));
    assert_eq!(counts(tokens), [40, 10, 0, 19, 5]);
    assert_eq!(tokens.total(), 150);
}

#[test]
fn what_anthropic_keeps_for_an_hour_is_a_class_of_its_own() {
    let tokens = anthropic(
        r#"{"input_tokens":10,"output_tokens":50,"cache_creation_input_tokens":7,
            "cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}"#,
    );
    assert_eq!((tokens.cache_write, tokens.cache_write_1h), (3, 4));
}

#[rstest]
#[case(Dialect::OpenAiChat, r#"{"usage":{"prompt_tokens":1},"service_tier":"flex"}"#, Some("flex"))]
#[case(Dialect::OpenAiChat, r#"{"usage":{"prompt_tokens":1},"service_tier":"default"}"#, None)]
#[case(Dialect::OpenAiChat, r#"{"usage":{"prompt_tokens":1},"service_tier":null}"#, None)]
#[case(Dialect::OpenAiChat, r#"{"usage":{"prompt_tokens":1},"service_tier":7}"#, None)]
#[case(Dialect::OpenAiChat, r#"{"usage":{"prompt_tokens":1},"service_tier":"fl\u0000ex"}"#, None)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"priority"}}"#,
    Some("priority")
)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"standard"}}"#,
    None
)]
fn the_service_tier_is_read_and_the_ordinary_one_has_no_name(
    #[case] dialect: Dialect,
    #[case] body: &str,
    #[case] tier: Option<&str>,
) {
    let report = usage_of_response(dialect, body.as_bytes()).unwrap();
    assert_eq!(report.service_tier.as_deref(), tier);
}

#[test]
fn reasoning_that_is_counted_beside_the_completion_is_owed_too() {
    let beside = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,
        "completion_tokens_details":{"reasoning_tokens":20}}"#;
    assert_eq!(counts(openai(beside)), [10, 0, 0, 5, 20]);
    let untold = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35}"#;
    assert_eq!(counts(openai(untold)), [10, 0, 0, 5, 20]);
}

#[test]
fn embeddings_have_a_prompt_and_no_answer() {
    let body = br#"{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let report = usage_of_response(Dialect::OpenAiEmbeddings, body).unwrap();
    assert_eq!(counts(report.tokens), [8, 0, 0, 0, 0]);
    assert_eq!(report.raw, r#"{"prompt_tokens":8,"total_tokens":8}"#);
}

#[rstest]
#[case(r#"{"prompt_tokens":7.0,"completion_tokens":2}"#, [7, 0, 0, 2, 0])]
#[case(r#"{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":null}"#, [7, 0, 0, 2, 0])]
#[case(r#"{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":[]}"#, [7, 0, 0, 2, 0])]
#[case(
    r#"{"prompt_tokens":7,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":"x"}}"#,
    [7, 0, 0, 2, 0]
)]
#[case(r#"{"prompt_tokens":7,"completion_tokens":null}"#, [7, 0, 0, 0, 0])]
#[case(r#"{"prompt_tokens":-7,"completion_tokens":2}"#, [0, 0, 0, 2, 0])]
#[case(r#"{"prompt_tokens":1e300,"completion_tokens":2}"#, [TOKENS_LIMIT, 0, 0, 2, 0])]
fn a_strange_detail_does_not_cost_the_report(#[case] usage: &str, #[case] expected: [i64; 5]) {
    assert_eq!(counts(openai(usage)), expected);
}

#[rstest]
#[case(Dialect::OpenAiChat, r#"{"usage":null}"#)]
#[case(Dialect::OpenAiChat, r#"{"usage":{}}"#)]
#[case(Dialect::OpenAiChat, r#"{"usage":7}"#)]
#[case(Dialect::OpenAiChat, r"{}")]
#[case(Dialect::OpenAiChat, "<html>")]
#[case(Dialect::AnthropicMessages, r#"{"usage":{"input_tokens":7}}"#)]
fn without_the_counts_there_is_no_report(#[case] dialect: Dialect, #[case] body: &str) {
    assert_eq!(usage_of_response(dialect, body.as_bytes()), None);
}

#[test]
fn what_anthropic_tells_later_replaces_and_what_it_leaves_out_stands() {
    let mut usage = AnthropicUsage::default();
    usage.lay(r#"{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":1,"speed":"fast"}"#);
    usage.lay(r#"{"output_tokens":7,"input_tokens":11,"cache_read_input_tokens":null}"#);
    let report = usage.report().unwrap();
    assert_eq!(counts(report.tokens), [11, 4, 0, 7, 0]);
    assert_eq!(
        report.raw,
        r#"{"input_tokens":11,"cache_read_input_tokens":4,"output_tokens":7,"speed":"fast"}"#
    );
}

proptest! {
    #[test]
    fn classes_are_never_negative_and_add_up_to_what_was_reported(
        prompt in 0..1_000_000_i64,
        cached in -5..2_000_000_i64,
        written in -5..2_000_000_i64,
        completion in 0..1_000_000_i64,
        reasoning in -5..2_000_000_i64,
        beside in 0..1_000_000_i64,
    ) {
        let total = prompt + completion + beside;
        let tokens = openai(&format!(
            r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{total},
            "prompt_tokens_details":{{"cached_tokens":{cached},"cache_write_tokens":{written}}},
            "completion_tokens_details":{{"reasoning_tokens":{reasoning}}}}}"#
        ));
        prop_assert!(counts(tokens).iter().all(|count| *count >= 0));
        prop_assert!((prompt + completion..=total).contains(&tokens.total()));
    }

    #[test]
    fn anthropic_classes_are_never_negative_and_add_up_to_what_was_reported(
        input in 0..1_000_000_i64,
        read in 0..1_000_000_i64,
        written in 0..1_000_000_i64,
        output in 0..1_000_000_i64,
        thinking in -5..2_000_000_i64,
    ) {
        let tokens = anthropic(&format!(
            r#"{{"input_tokens":{input},"output_tokens":{output},"cache_read_input_tokens":{read},
            "cache_creation_input_tokens":{written},
            "output_tokens_details":{{"thinking_tokens":{thinking}}}}}"#
        ));
        prop_assert!(counts(tokens).iter().all(|count| *count >= 0));
        prop_assert_eq!(tokens.total(), input + output + read + written);
    }

    #[test]
    fn any_counts_can_be_added_without_overflow(prompt: u64, completion: i64, total: u64) {
        let tokens = openai(&format!(
            r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{total}}}"#
        ));
        prop_assert!(tokens.total() >= 0);
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for dialect in
            [Dialect::OpenAiChat, Dialect::OpenAiEmbeddings, Dialect::AnthropicMessages]
        {
            let _ = usage_of_response(dialect, &body);
        }
    }
}

#[rstest]
#[case(
    Dialect::AnthropicMessages,
    r#"{"usage":{"input_tokens":1,"output_tokens":2,"server_tool_use":{"web_search_requests":3}}}"#,
    3
)]
#[case(
    Dialect::AnthropicMessages,
    r#"{"usage":{"input_tokens":1,"output_tokens":2,"server_tool_use":null}}"#,
    0
)]
#[case(
    Dialect::OpenAiResponses,
    r#"{"output":[{"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call"},
        {"type":"web_search_call","action":{"type":"open_page"}},{"type":"message"}],
        "usage":{"input_tokens":1,"output_tokens":2}}"#,
    2
)]
#[case(
    Dialect::Gemini,
    r#"{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}},{}],
        "usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}"#,
    2
)]
#[case(
    Dialect::Gemini,
    r#"{"candidates":{"groundingMetadata":1},"usageMetadata":{"promptTokenCount":1}}"#,
    0
)]
fn searches_are_counted_where_they_are_told(
    #[case] dialect: Dialect,
    #[case] body: &str,
    #[case] searches: i64,
) {
    let report = usage_of_response(dialect, body.as_bytes()).unwrap();
    assert_eq!(report.units, Units { searches, ..Units::default() });
}
