use serde_json::{Value, json};

use super::*;

const SAMPLE: &[u8] = include_bytes!("../samples/openrouter.json");

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

fn of(model: &str) -> ModelFacts {
    let reading = openrouter(SAMPLE).unwrap();
    reading.snapshot.find(&Place::kind(KIND), model).unwrap().clone()
}

fn priced(pricing: Value) -> (Option<Price>, usize) {
    let mut document = json!({"data": [{"id": "m", "context_length": 8}]});
    document["data"][0]["pricing"] = pricing;
    let reading = openrouter(document.to_string().as_bytes()).unwrap();
    let known = reading.snapshot.find(&Place::kind(KIND), "m").unwrap();
    (known.price.clone(), reading.remarks.count())
}

#[test]
fn prices_for_one_token_become_prices_for_a_million() {
    let price = of("anthropic/claude-fable-5").price.unwrap();
    assert_eq!((price.input, price.output), (dollars("10"), dollars("50")));
    assert_eq!(price.cached_input, Some(dollars("1")));
    assert_eq!(price.cache_write, Some(dollars("12.5")));
    assert_eq!(price.search, dollars("0.01"));
}

#[test]
fn a_long_prompt_has_rates_of_its_own_and_the_dearest_hour_counts() {
    let plus = of("qwen/qwen3.7-plus").price.unwrap();
    assert_eq!(plus.above.len(), 1);
    assert_eq!(plus.above[0].input_tokens, 256_000);
    assert_eq!(plus.above[0].price.output, Some(dollars("3.84")));
    assert_eq!(plus.input, dollars("0.32"));
    let flash = of("deepseek/deepseek-v4.1-flash").price.unwrap();
    assert_eq!((flash.input, flash.output), (dollars("0.3"), dollars("1.2")));
}

#[test]
fn a_condition_that_is_not_known_leaves_the_price_out() {
    let (price, remarks) = priced(json!({
        "prompt": "0.000001", "completion": "0.000002",
        "overrides": [{"moon": "full", "prompt": "0.000009"}],
    }));
    assert_eq!((price, remarks), (None, 2));
}

#[test]
fn only_what_is_named_free_costs_nothing() {
    let free = of("nex-agi/nex-n2-pro:free").price.unwrap();
    assert_eq!((free.input, free.output), (Money::ZERO, Money::ZERO));
    assert_eq!(priced(json!({"prompt": "0", "completion": "0"})), (None, 0));
}

#[test]
fn a_price_that_depends_on_where_a_request_is_sent_is_not_known() {
    assert_eq!(of("openrouter/fusion").price, None);
    let (price, _) = priced(json!({"prompt": "1e-10", "completion": "1e-1"}));
    assert!(price.is_some(), "an exponent below zero is no price below zero");
}

#[test]
fn abilities_are_those_of_the_best_provider() {
    let known = of("anthropic/claude-fable-5").capabilities;
    assert_eq!(known.context_tokens, Some(1_000_000));
    assert_eq!(known.max_output_tokens, Some(128_000));
    let inputs = vec![Modality::Text, Modality::Image, Modality::Document];
    assert_eq!(known.inputs, Some(inputs));
    assert_eq!((known.tools, known.schema, known.reasoning), (Some(true), Some(true), Some(true)));
    assert_eq!(of("z-ai/glm-5.2").capabilities.schema, Some(false));
    assert_eq!(of("openrouter/fusion").capabilities.tools, None, "nothing is told of it");
}
