use rstest::rstest;
use serde_json::{Map, Value, json};
use shared::Money;

use super::*;
use crate::kernel::config::Price;

const SAMPLE: &[u8] = include_bytes!("../samples/litellm.json");

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

fn sample() -> Reading {
    litellm(SAMPLE).unwrap()
}

fn price(reading: &Reading, kind: &str, model: &str) -> Option<Price> {
    reading.snapshot.find(&Place::kind(kind), model)?.price.clone()
}

/// The price of one model of OpenAI's with these fields.
fn read(fields: Value) -> (Option<Price>, Vec<String>) {
    let mut entry =
        json!({ "litellm_provider": "openai", "mode": "chat", "supports_reasoning": true });
    entry.as_object_mut().unwrap().extend(serde_json::from_value::<Map<_, _>>(fields).unwrap());
    let reading = litellm(json!({ "m": entry }).to_string().as_bytes()).unwrap();
    (price(&reading, "openai", "m"), reading.remarks.kept().to_vec())
}

#[test]
fn a_price_is_read_class_by_class_to_the_nano_dollar() {
    let reading = sample();
    let sonnet = price(&reading, "anthropic", "claude-sonnet-4-5").unwrap();
    assert_eq!((sonnet.input, sonnet.output), (dollars("3"), dollars("15")));
    assert_eq!(sonnet.cached_input, Some(dollars("0.3")));
    assert_eq!(sonnet.cache_write, Some(dollars("3.75")));
    assert_eq!(sonnet.cache_write_1h, Some(dollars("6")));
    assert_eq!(sonnet.search, dollars("0.01"));
    let batch = &sonnet.service_tiers["batch"];
    assert_eq!((batch.input, batch.output), (Some(dollars("1.5")), Some(dollars("7.5"))));
    assert_eq!(batch.cache_write, Some(dollars("1.875")));
}

#[test]
fn rates_of_long_prompts_and_of_service_tiers_have_their_places() {
    let reading = sample();
    let pro = price(&reading, "gemini", "gemini-2.5-pro").unwrap();
    assert_eq!(pro.above.len(), 1);
    assert_eq!(pro.above[0].input_tokens, 200_000);
    assert_eq!(pro.above[0].price.input, Some(dollars("2.5")));
    assert_eq!(pro.above[0].price.cached_input, Some(dollars("0.25")));
    assert_eq!(pro.service_tiers["priority"].output, Some(dollars("18")));
    let both = reading.remarks.kept().iter();
    let mut both = both.filter(|remark| remark.contains("above_200k_tokens_priority"));
    assert!(both.next().is_some(), "a price has no place for both at once");
    let flash = price(&reading, "dashscope", "qwen-flash").unwrap();
    assert_eq!((flash.input, flash.output), (dollars("0.05"), dollars("0.4")));
    assert_eq!(flash.above[0].input_tokens, 256_000);
    assert_eq!(flash.above[0].price.output, Some(dollars("2")));
}

#[test]
fn each_kind_of_model_is_billed_by_what_its_vendor_bills() {
    let reading = sample();
    let whisper = price(&reading, "openai", "whisper-1").unwrap();
    assert_eq!((whisper.audio_hour, whisper.input), (dollars("0.36"), Money::ZERO));
    let transcribe = price(&reading, "openai", "gpt-4o-transcribe").unwrap();
    assert_eq!(transcribe.audio_hour, Money::ZERO, "tokens and seconds would bill it twice");
    assert_eq!(transcribe.output, dollars("10"));
    assert_eq!(price(&reading, "openai", "tts-1").unwrap().characters, dollars("15"));
    let image = price(&reading, "openai", "gpt-image-1").unwrap();
    assert_eq!(image.image_output, Some(dollars("40")));
    assert_eq!(image.output, dollars("40"), "what is not told apart is a picture");
    assert_eq!(price(&reading, "cohere", "rerank-v3.5").unwrap().search, dollars("0.002"));
    let small = price(&reading, "openai", "text-embedding-3-small").unwrap();
    assert_eq!((small.input, small.output), (dollars("0.02"), Money::ZERO));
}

#[test]
fn a_price_that_depends_on_the_hour_is_the_dearest() {
    let flash = price(&sample(), "deepseek", "deepseek-flash").unwrap();
    assert_eq!((flash.input, flash.output), (dollars("0.3"), dollars("1.2")));
}

#[test]
fn models_are_where_the_configuration_looks_for_them() {
    let reading = sample();
    let names: Vec<(String, &str)> =
        reading.snapshot.all().map(|(place, model, _)| (place.to_string(), model)).collect();
    let has = |kind: &str, model: &str| names.contains(&(format!("kind {kind}"), model));
    assert!(has("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"));
    assert!(has("vertex", "claude-sonnet-4-5@20250929"));
    assert!(has("vertex", "meta/llama-3.3-70b-instruct-maas"));
    assert!(has("groq", "openai/gpt-oss-120b"));
    assert!(has("google-ai-studio", "gemini-2.5-pro"), "the same models by another door");
    assert!(has("workers-ai", "@cf/openai/whisper"));
    assert!(has("azure", "gpt-4o"));
    for (_, model) in &names {
        let is_of_a_region = model.contains("eu/") || model.contains("eu-central-1");
        assert!(!is_of_a_region && !model.contains("1024"), "{model}");
        assert!(!model.contains("together-ai-21.1b"), "a size is no model");
        assert!(!model.contains("wan2.7"), "films are not served");
    }
}

#[test]
fn abilities_are_taken_where_they_are_told() {
    let reading = sample();
    let of = |kind: &str, model: &str| {
        reading.snapshot.find(&Place::kind(kind), model).unwrap().capabilities.clone()
    };
    let gpt = of("openai", "gpt-5.2");
    assert_eq!(gpt.context_tokens, Some(400_000), "OpenAI counts the answer beside the prompt");
    assert_eq!(gpt.max_output_tokens, Some(128_000));
    assert_eq!(gpt.inputs, Some(vec![Modality::Text, Modality::Image, Modality::Document]));
    assert_eq!((gpt.tools, gpt.schema, gpt.reasoning), (Some(true), Some(true), Some(true)));
    let sonnet = of("anthropic", "claude-sonnet-4-5");
    assert_eq!(sonnet.context_tokens, Some(200_000));
    assert_eq!(sonnet.inputs, None, "flags do not tell what a model cannot be shown");
    let small = of("openai", "text-embedding-3-small");
    assert_eq!(small.outputs, Some(vec![Modality::Embedding]));
    assert_eq!((small.dimensions, small.max_output_tokens), (Some(1_536), None));
}

#[rstest]
#[case(json!({"input_cost_per_token": 1e-6}), "what the prompt and the answer cost")]
#[case(json!({"input_cost_per_token": 1e-6, "output_cost_per_token": 0}), "the answer")]
#[case(json!({"input_cost_per_token": -1e-6, "output_cost_per_token": 1e-6}), "zero dollars or more")]
#[case(json!({"input_cost_per_token": 1e-6, "output_cost_per_token": 1e308}), "at most")]
#[case(json!({"input_cost_per_token": "NaN", "output_cost_per_token": 1e-6}), "decimal number")]
#[case(json!({"input_cost_per_token": [1e-6], "output_cost_per_token": 1e-6}), "decimal number")]
#[case(json!({"input_cost_per_token": 1e-30, "output_cost_per_token": 1e-6}), "less than a nano")]
#[case(
    json!({"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6,
           "cache_read_input_token_cost_flex": "free"}),
    "cache_read_input_token_cost_flex"
)]
fn a_price_with_anything_wrong_in_it_is_left_out_whole(
    #[case] fields: Value,
    #[case] reason: &str,
) {
    let (price, remarks) = read(fields);
    assert_eq!(price, None);
    assert!(remarks.iter().any(|remark| remark.contains(reason)), "{remarks:?}");
    assert!(remarks.iter().any(|remark| remark.contains("price is left out")), "{remarks:?}");
}

#[test]
fn zeros_are_no_price() {
    let zeros = json!({"input_cost_per_token": 0.0, "output_cost_per_token": 0});
    assert_eq!(read(zeros).0, None);
}

#[test]
fn a_class_that_is_not_known_is_remarked_on_and_takes_nothing_away() {
    let (price, remarks) = read(json!({
        "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
        "citation_cost_per_token": 1e-6, "output_cost_per_dream": 0.0,
    }));
    assert_eq!(price.unwrap().output, dollars("2"));
    let expected = ["`m`: citation_cost_per_token: is not among the classes of a price"];
    assert_eq!(remarks, expected);
}

#[test]
fn a_number_of_another_form_is_remarked_on_and_not_taken() {
    let reading = litellm(
        br#"{"m": {"litellm_provider": "openai", "mode": "chat", "max_output_tokens": "many",
             "max_input_tokens": 1000, "supports_vision": 3, "supports_reasoning": "yes"}}"#,
    )
    .unwrap();
    let known = &reading.snapshot.find(&Place::kind("openai"), "m").unwrap().capabilities;
    assert_eq!((known.max_output_tokens, known.context_tokens), (None, Some(1_000)));
    assert_eq!(reading.remarks.count(), 2, "{:?}", reading.remarks.kept());
}
