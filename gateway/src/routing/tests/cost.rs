//! Lowest cost, judged in hindsight by what each call would really have cost elsewhere.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use shared::Money;

use super::{
    script::{CallSpec, Manner, Phase, used},
    world::{World, always, except, micros, prompt_tokens},
};
use crate::catalog::PriceTable;

const GOOD: Manner = Manner::Answers { median_ms: 100.0 };

/// What a call with these tokens costs at each deployment.
fn bill(price: &PriceTable, prompt: i64, cached: i64, answer: i64) -> Money {
    let tokens = used(prompt, cached, answer);
    let rates = price.rates(&tokens, None);
    rates.input.per_million(tokens.input)
        + rates.cached_input.per_million(tokens.cached_input)
        + rates.output.per_million(tokens.output)
}

fn world(prices: &[Value]) -> World {
    world_of(prices, prices.iter().map(|_| always(GOOD)).collect())
}

fn world_of(prices: &[Value], scripts: Vec<Vec<Phase>>) -> World {
    let backends: Vec<Value> = prices
        .iter()
        .enumerate()
        .map(|(number, price)| json!({"provider": format!("p{number}"), "price": price}))
        .collect();
    World::new(json!({"strategy": "lowest_cost", "backends": backends}), json!({}), scripts)
}

fn call(at: f64, prompt_tokens: usize, answer_tokens: i64) -> CallSpec {
    CallSpec {
        body: vec![b' '; prompt_tokens * 4],
        answer_tokens,
        ..CallSpec::plain(micros(at), true)
    }
}

fn price_of(world: &World, place: usize) -> &PriceTable {
    world.model.deployments[place].price_at(world.clock.now()).expect("a price")
}

#[test]
fn no_capable_choice_would_have_been_cheaper_where_prices_depend_on_the_prompt() {
    // Which is the cheapest changes at 10,000 and at 60,000 tokens.
    let prices = [
        json!({"input": "1", "output": "4", "above": [{"input_tokens": 10_000, "price": {"input": "3"}}]}),
        json!({"input": "2", "output": "8", "above": [{"input_tokens": 60_000, "price": {"input": "9", "output": "20"}}]}),
        json!({"input": "2.5", "output": "10"}),
    ];
    let mut world = world(&prices);
    let mut chance = StdRng::seed_from_u64(3);
    for number in 0..2_000_u32 {
        let prompt = chance.random_range(1..120_000);
        world.call(call(f64::from(number) * 0.05, prompt, chance.random_range(1..900)));
    }
    world.run();
    let (mut beaten, mut paid) = (0, Money::ZERO);
    let mut chosen = [0; 3];
    for (number, told) in world.told.iter().enumerate() {
        let spec = world.spec(number);
        let cost =
            |place| bill(price_of(&world, place), prompt_tokens(spec), 0, spec.answer_tokens);
        let place = told.answered_by.expect("all are answered");
        chosen[place] += 1;
        paid += cost(place);
        beaten += u32::from((0..3).any(|other| cost(other) < cost(place)));
    }
    println!(
        "lowest cost: {beaten} of 2000 calls would have been cheaper elsewhere; chosen {chosen:?}; ${paid}"
    );
    assert_eq!(beaten, 0);
    assert!(chosen.iter().all(|count| *count > 100), "each is the cheapest for some: {chosen:?}");
}

#[test]
fn where_the_answer_decides_what_is_lost_to_not_knowing_it_is_small() {
    let prices = [
        json!({"input": "5", "output": "5"}),
        json!({"input": "1", "output": "15"}),
        json!({"input": "3", "output": "8"}),
    ];
    let mut world = world(&prices);
    let mut chance = StdRng::seed_from_u64(5);
    for number in 0..3_000_u32 {
        let (prompt, answer) = (chance.random_range(20..4_000), chance.random_range(150..450));
        world.call(call(f64::from(number) * 0.05, prompt, answer));
    }
    world.run();
    let mut paid = Money::ZERO;
    let mut best = Money::ZERO;
    let mut fixed = [Money::ZERO; 3];
    for (number, told) in world.told.iter().enumerate() {
        let spec = world.spec(number);
        let cost =
            |place| bill(price_of(&world, place), prompt_tokens(spec), 0, spec.answer_tokens);
        paid += cost(told.answered_by.expect("all are answered"));
        best += (0..3).map(cost).min().expect("three");
        for (place, sum) in fixed.iter_mut().enumerate() {
            *sum += cost(place);
        }
    }
    let lost = (paid - best).nanos() * 10_000 / best.nanos();
    println!(
        "lowest cost, answers of any length: ${paid}; knowing every answer ${best} ({lost} in 10000 more); always one {fixed:?}"
    );
    assert!(fixed.iter().all(|sum| paid < *sum), "better than any one deployment");
    assert!(lost < 200, "{lost} in 10000 more than knowing every answer before");
}

#[test]
fn a_conversation_stays_where_its_prompt_is_cached_though_another_one_is_cheaper_by_now() {
    let prices = [
        json!({"input": "3", "cached_input": "0.30", "output": "15"}),
        json!({"input": "3.1", "cached_input": "0.31", "output": "15.5"}),
    ];
    let mut world = world_of(&prices, vec![except(GOOD, 0.0, 100.0, Manner::Down), always(GOOD)]);
    for turn in 0..20_u32 {
        for conversation in 1..=40_u32 {
            // Half of them begin while the cheaper one is away.
            let begins = if conversation <= 20 { 0.0 } else { 300.0 };
            let text = format!("[{conversation}] {}", "word ".repeat(400));
            let at = begins + f64::from(turn) * 30.0 + f64::from(conversation);
            world.call(CallSpec {
                body: text.repeat(turn as usize + 1).into_bytes(),
                conversation,
                answer_tokens: 300,
                ..CallSpec::plain(micros(at), true)
            });
        }
    }
    world.run();
    let (mut prompt, mut cached, mut moved, mut elsewhere) = (0, 0, 0, 0);
    for (number, told) in world.told.iter().enumerate() {
        let spec = world.spec(number);
        let place = told.answered_by.expect("all are answered");
        (prompt, cached) = (prompt + prompt_tokens(spec), cached + told.cached_tokens);
        moved += u32::from(spec.conversation <= 20 && place != 1);
        elsewhere += u32::from(spec.conversation > 20 && place != 0);
    }
    let percent = cached * 100 / prompt;
    println!(
        "conversations: {percent} % of the prompts from caches; of 400 turns of those that began \
         at the dearer one {moved} moved, of 400 of the others {elsewhere} were not at the cheaper"
    );
    assert_eq!((moved, elsewhere), (0, 0));
    assert!(percent > 85, "{percent} %");
}
