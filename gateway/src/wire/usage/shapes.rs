//! The usage objects of compatible providers, as they document them, in disjoint classes.

use rstest::rstest;

use super::*;
use crate::kernel::config::Preset;

/// Input, cached input, output and reasoning of a usage object of this kind of provider.
fn counts(kind: &str, usage: &str) -> [i64; 4] {
    let body = format!(r#"{{"usage":{usage}}}"#);
    let shape = Preset::find(kind).unwrap().usage;
    let report = usage_of_response(Dialect::OpenAiChat, shape, body.as_bytes()).unwrap();
    assert_eq!(report.raw, usage);
    let TokenCounts { input, cached_input, output, reasoning, .. } = report.tokens;
    [input, cached_input, output, reasoning]
}

#[rstest]
#[case::deepseek(
    "deepseek",
    r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":30},"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#,
    [36, 64, 20, 30]
)]
#[case::deepseek_without_details(
    "deepseek",
    r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#,
    [36, 64, 50, 0]
)]
#[case::moonshot(
    "moonshot",
    r#"{"prompt_tokens":2989,"completion_tokens":12,"total_tokens":3001,"cached_tokens":1792}"#,
    [1197, 1792, 12, 0]
)]
#[case::moonshot_both_ways(
    "moonshot",
    r#"{"prompt_tokens":2989,"completion_tokens":12,"total_tokens":3001,"cached_tokens":2989,"prompt_tokens_details":{"cached_tokens":2989}}"#,
    [0, 2989, 12, 0]
)]
#[case::xai(
    "xai",
    r#"{"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428,"prompt_tokens_details":{"text_tokens":10120,"audio_tokens":0,"image_tokens":0,"cached_tokens":128},"completion_tokens_details":{"reasoning_tokens":2809,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"num_sources_used":0}"#,
    [9992, 128, 1499, 2809]
)]
#[case::xai_without_a_total(
    "xai",
    r#"{"prompt_tokens":32,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":94}}"#,
    [32, 0, 9, 94]
)]
#[case::google(
    "google-ai-studio",
    r#"{"completion_tokens":11,"prompt_tokens":8,"total_tokens":520}"#,
    [8, 0, 11, 501]
)]
#[case::groq(
    "groq",
    r#"{"queue_time":0.05,"prompt_tokens":4641,"prompt_time":0.04,"completion_tokens":1817,"completion_time":1.0,"total_tokens":6458,"total_time":1.1,"prompt_tokens_details":{"cached_tokens":4608},"completion_tokens_details":{"reasoning_tokens":100}}"#,
    [33, 4608, 1717, 100]
)]
#[case::mistral(
    "mistral",
    r#"{"prompt_tokens":16,"total_tokens":50,"completion_tokens":34}"#,
    [16, 0, 34, 0]
)]
#[case::perplexity_deep_research(
    "perplexity",
    r#"{"prompt_tokens":33,"completion_tokens":7163,"total_tokens":7196,"citation_tokens":20016,"num_search_queries":18,"reasoning_tokens":73997,"search_context_size":"low"}"#,
    [20049, 0, 7163, 73997]
)]
#[case::perplexity(
    "perplexity",
    r#"{"prompt_tokens":14,"completion_tokens":70,"total_tokens":84,"search_context_size":"medium"}"#,
    [14, 0, 70, 0]
)]
#[case::openrouter(
    "openrouter",
    r#"{"prompt_tokens":194,"completion_tokens":2,"total_tokens":196,"cost":0.95,"prompt_tokens_details":{"cached_tokens":100},"completion_tokens_details":{"reasoning_tokens":0}}"#,
    [94, 100, 2, 0]
)]
fn every_token_is_in_one_class(
    #[case] kind: &str,
    #[case] usage: &str,
    #[case] expected: [i64; 4],
) {
    assert_eq!(counts(kind, usage), expected);
}

#[test]
fn the_costs_that_perplexity_tells_are_those_of_its_classes() {
    // Its documented example bills 20,049 tokens at $2, 7,163 at $8 and 73,997 at $3 a million.
    let usage = r#"{"prompt_tokens":33,"completion_tokens":7163,"total_tokens":7196,"citation_tokens":20016,"reasoning_tokens":73997}"#;
    let [input, _, output, reasoning] = counts("perplexity", usage);
    let micros = input * 2 + output * 8 + reasoning * 3;
    assert_eq!(micros, 66 + 40_032 + 57_304 + 221_991);
}

#[test]
fn voyage_tells_the_total_alone_and_that_is_the_prompt() {
    let shape = Preset::find("voyage").unwrap().usage;
    let body = br#"{"object":"list","data":[],"model":"voyage-3.5","usage":{"total_tokens":10}}"#;
    let report = usage_of_response(Dialect::OpenAiEmbeddings, shape, body).unwrap();
    assert_eq!((report.tokens.input, report.tokens.total()), (10, 10));
    let plain = usage_of_response(Dialect::OpenAiEmbeddings, UsageShape::default(), body);
    assert_eq!(plain, None);
}

#[rstest]
#[case("perplexity", r#""num_search_queries":18"#, 18)]
#[case("openrouter", r#""server_tool_use":{"tool_calls_requested":3,"web_search_requests":2}"#, 2)]
#[case("openrouter", r#""server_tool_use":null"#, 0)]
#[case("openrouter", r#""num_search_queries":18"#, 0)]
#[case("openai", r#""num_search_queries":18,"server_tool_use":{"web_search_requests":2}"#, 0)]
fn searches_are_counted_where_their_vendor_documents_it(
    #[case] kind: &str,
    #[case] told: &str,
    #[case] expected: i64,
) {
    let body = format!(r#"{{"usage":{{"prompt_tokens":1,{told}}}}}"#);
    let shape = Preset::find(kind).map(|preset| preset.usage).unwrap_or_default();
    let report = usage_of_response(Dialect::OpenAiChat, shape, body.as_bytes()).unwrap();
    assert_eq!(report.units.searches, expected);
}
