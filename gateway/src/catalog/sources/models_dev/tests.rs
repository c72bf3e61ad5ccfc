use serde_json::json;
use shared::Money;

use super::*;

const SAMPLE: &[u8] = include_bytes!("../samples/models_dev.json");

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

fn of(reading: &Reading, kind: &str, model: &str) -> ModelFacts {
    reading.snapshot.find(&Place::kind(kind), model).unwrap().clone()
}

#[test]
fn prices_are_read_with_the_rates_of_long_prompts() {
    let reading = models_dev(SAMPLE).unwrap();
    let sonnet = of(&reading, "anthropic", "claude-sonnet-4-5").price.unwrap();
    assert_eq!((sonnet.input, sonnet.output), (dollars("3"), dollars("15")));
    assert_eq!(sonnet.cache_write, Some(dollars("3.75")));
    let pro = of(&reading, "gemini", "gemini-2.5-pro").price.unwrap();
    assert_eq!(pro.above.len(), 1, "`context_over_200k` says the same again");
    assert_eq!(pro.above[0].price.input, Some(dollars("2.5")));
    let plus = of(&reading, "dashscope", "qwen3.6-plus").price.unwrap();
    assert_eq!(plus.above[0].input_tokens, 256_000, "the exact threshold counts");
    let flash = of(&reading, "gemini", "gemini-2.5-flash").price.unwrap();
    assert_eq!(flash.audio_input, Some(dollars("1")));
    let thinker = of(&reading, "dashscope", "qwen-plus").price.unwrap();
    assert_eq!(thinker.reasoning, Some(dollars("4")));
}

#[test]
fn abilities_are_told_one_by_one() {
    let known = of(&models_dev(SAMPLE).unwrap(), "openai", "gpt-5.2").capabilities;
    assert_eq!(known.context_tokens, Some(400_000));
    assert_eq!(known.max_output_tokens, Some(128_000));
    assert_eq!((known.tools, known.schema, known.reasoning), (Some(true), Some(true), Some(true)));
    assert_eq!(known.inputs, Some(vec![Modality::Text, Modality::Image]));
    assert_eq!(known.caching, Some(true));
}

#[test]
fn a_model_of_a_plan_is_listed_with_zeros_and_has_no_price() {
    let reading = models_dev(SAMPLE).unwrap();
    assert_eq!(of(&reading, "github-copilot", "gpt-4o").price, None);
    assert_eq!(of(&reading, "openai", "chatgpt-image-latest").price, None);
}

#[test]
fn vendors_that_the_configuration_does_not_know_are_passed_over() {
    let reading = models_dev(SAMPLE).unwrap();
    assert!(reading.snapshot.all().all(|(_, model, _)| model != "MiniMax-M1"));
    let foreign = json!({"302ai": {"id": "302ai", "models": {}}}).to_string();
    assert_eq!(models_dev(foreign.as_bytes()), Err(Unreadable::NoModels));
}

#[test]
fn a_length_without_a_size_leaves_the_price_out() {
    let document = json!({"openai": {"models": {"m": {
        "cost": {"input": 1, "output": 2, "tiers": [{"input": 9, "tier": {"type": "context"}}]},
        "limit": {"context": 8, "output": 4},
    }}}});
    let reading = models_dev(document.to_string().as_bytes()).unwrap();
    let known = of(&reading, "openai", "m");
    assert_eq!((known.price, known.capabilities.context_tokens), (None, Some(8)));
    assert_eq!(reading.remarks.count(), 2);
}
