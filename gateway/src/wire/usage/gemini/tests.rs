//! Classes are disjoint, whatever Google tells.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn report(usage: &str) -> Option<UsageReport> {
    let body = format!(r#"{{"candidates":[],"usageMetadata":{usage}}}"#);
    of_response(body.as_bytes())
}

fn tokens(usage: &str) -> TokenCounts {
    report(usage).unwrap().tokens
}

fn counts(tokens: TokenCounts) -> [i64; 4] {
    let TokenCounts { input, cached_input, output, reasoning, .. } = tokens;
    [input, cached_input, output, reasoning]
}

#[test]
fn cached_tokens_are_within_the_prompt_and_thoughts_and_tools_beside() {
    let tokens = tokens(
        r#"{"promptTokenCount":100,"cachedContentTokenCount":70,"toolUsePromptTokenCount":7,
            "candidatesTokenCount":20,"thoughtsTokenCount":30,"totalTokenCount":157}"#,
    );
    assert_eq!(counts(tokens), [37, 70, 20, 30]);
    assert_eq!(tokens.total(), 157);
}

#[test]
fn thoughts_that_the_total_shows_within_the_candidates_are_not_owed_twice() {
    let within = r#"{"promptTokenCount":10,"candidatesTokenCount":50,"thoughtsTokenCount":30,
        "totalTokenCount":60}"#;
    assert_eq!(counts(tokens(within)), [10, 0, 20, 30]);
    let untold = r#"{"promptTokenCount":10,"candidatesTokenCount":50,"thoughtsTokenCount":30}"#;
    assert_eq!(counts(tokens(untold)), [10, 0, 50, 30]);
}

#[test]
fn audio_and_images_are_classes_of_their_own_and_other_media_are_not() {
    let tokens = tokens(
        r#"{"promptTokenCount":100,"cachedContentTokenCount":30,"candidatesTokenCount":40,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":10},
                {"modality":"AUDIO","tokenCount":50},{"modality":"IMAGE","tokenCount":20},
                {"modality":"VIDEO","tokenCount":15},{"modality":"DOCUMENT","tokenCount":5}],
            "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":30}],
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":25},
                {"modality":"AUDIO","tokenCount":5},{"modality":"TEXT","tokenCount":10}]}"#,
    );
    assert_eq!((tokens.audio_input, tokens.image_input), (20, 20));
    assert_eq!((tokens.audio_output, tokens.image_output), (5, 25));
    assert_eq!(counts(tokens), [30, 30, 10, 0]);
    assert_eq!(tokens.total(), 140);
}

#[rstest]
#[case(r#"{"promptTokenCount":7}"#, [7, 0, 0, 0])]
#[case(r#"{"promptTokenCount":7.0,"candidatesTokenCount":2,"promptTokensDetails":null}"#, [7, 0, 2, 0])]
#[case(r#"{"promptTokenCount":7,"candidatesTokenCount":2,"promptTokensDetails":{}}"#, [7, 0, 2, 0])]
#[case(
    r#"{"promptTokenCount":7,"promptTokensDetails":[{"modality":"AUDIO"},{"modality":7}]}"#,
    [7, 0, 0, 0]
)]
#[case(r#"{"promptTokenCount":7,"cachedContentTokenCount":9,"thoughtsTokenCount":"x"}"#, [0, 7, 0, 0])]
#[case(r#"{"promptTokenCount":-7,"candidatesTokenCount":-1,"serviceTier":7}"#, [0, 0, 0, 0])]
fn a_strange_detail_does_not_cost_the_report(#[case] usage: &str, #[case] expected: [i64; 4]) {
    assert_eq!(counts(tokens(usage)), expected);
}

#[rstest]
#[case("null")]
#[case("7")]
#[case("{}")]
#[case(r#"{"trafficType":"ON_DEMAND"}"#)]
#[case(r#"{"promptTokenCount":null,"candidatesTokenCount":2}"#)]
fn without_the_prompt_there_is_no_report(#[case] usage: &str) {
    assert_eq!(report(usage), None);
}

#[test]
fn the_object_is_kept_as_it_was_written() {
    let written = r#"{ "promptTokenCount" : 7, "later": [1.50] }"#;
    assert_eq!(report(written).unwrap().raw, written);
}

#[rstest]
#[case(r#""serviceTier":"flex""#, Some("flex"))]
#[case(r#""serviceTier":"PRIORITY""#, Some("priority"))]
#[case(r#""serviceTier":"standard""#, None)]
#[case(r#""serviceTier":"unspecified""#, None)]
#[case(r#""trafficType":"ON_DEMAND""#, None)]
#[case(r#""trafficType":"TRAFFIC_TYPE_UNSPECIFIED""#, None)]
#[case(r#""trafficType":"ON_DEMAND_PRIORITY""#, Some("priority"))]
#[case(r#""trafficType":"ON_DEMAND_FLEX""#, Some("flex"))]
#[case(r#""trafficType":"PROVISIONED_THROUGHPUT""#, Some("provisioned_throughput"))]
#[case(r#""trafficType":null"#, None)]
fn both_apis_name_the_tier_alike_and_the_ordinary_one_has_no_name(
    #[case] told: &str,
    #[case] tier: Option<&str>,
) {
    let report = report(&format!(r#"{{"promptTokenCount":1,{told}}}"#)).unwrap();
    assert_eq!(report.service_tier.as_deref(), tier);
}

proptest! {
    #[test]
    fn classes_are_never_negative_and_add_up_to_what_was_reported(
        prompt in 0..1_000_000_i64,
        cached in -5..2_000_000_i64,
        tools in 0..1_000_000_i64,
        candidates in 0..1_000_000_i64,
        thoughts in 0..1_000_000_i64,
        audio in -5..2_000_000_i64,
    ) {
        let total = prompt + tools + candidates + thoughts;
        let told = tokens(&format!(
            r#"{{"promptTokenCount":{prompt},"cachedContentTokenCount":{cached},
            "toolUsePromptTokenCount":{tools},"candidatesTokenCount":{candidates},
            "thoughtsTokenCount":{thoughts},"totalTokenCount":{total},
            "promptTokensDetails":[{{"modality":"AUDIO","tokenCount":{audio}}}],
            "candidatesTokensDetails":[{{"modality":"AUDIO","tokenCount":{audio}}}]}}"#
        ));
        prop_assert!(counts(told).iter().all(|count| *count >= 0));
        prop_assert_eq!(told.total(), total);
    }

    #[test]
    fn any_bytes_and_counts_are_read_without_a_panic(
        body in prop::collection::vec(any::<u8>(), 0..200), count: i64, total: u64,
    ) {
        let _ = of_response(&body);
        let told = tokens(&format!(
            r#"{{"promptTokenCount":{count},"toolUsePromptTokenCount":{count},
            "candidatesTokenCount":{count},"thoughtsTokenCount":{count},"totalTokenCount":{total}}}"#
        ));
        prop_assert!(told.total() >= 0);
    }
}
