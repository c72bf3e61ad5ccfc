use proptest::prelude::*;
use serde_json::{Value, json};
use shared::receipt::TokenCounts;

use super::*;
use crate::{
    catalog::{PriceTable, sources::facts::Place},
    kernel::config::{LongPromptPrice, Price, TierPrice},
};

const BOUNDS: Bounds = Bounds { largest_change: 3, most_models_percent: 20 };

fn key() -> ModelKey {
    ModelKey { place: Place::kind("openai"), model: "m".to_owned() }
}

fn facts(json: Value) -> ModelFacts {
    serde_json::from_value(json).unwrap()
}

fn priced(price: Value) -> ModelFacts {
    let mut told = json!({});
    told["price"] = price;
    facts(told)
}

/// The objections where one model in use goes from one price to another.
fn told(before: Value, after: Value) -> Vec<String> {
    let model = InUse { key: key(), before: priced(before), after: priced(after) };
    of_model(&model, BOUNDS).iter().map(ToString::to_string).collect()
}

#[test]
fn a_price_in_use_may_move_up_to_the_bound_and_no_further() {
    let before = json!({"input": "3", "output": "15"});
    for (input, output) in [("9", "45"), ("1", "5"), ("3", "15")] {
        assert_eq!(told(before.clone(), json!({"input": input, "output": output})), [""; 0]);
    }
    let up = told(before.clone(), json!({"input": "9.000000001", "output": "15"}));
    assert!(up[0].starts_with("kind openai `m`: input for ordinary calls becomes $9.000000001"));
    assert!(up[0].contains("beyond 3 times $3.000000000"), "{up:?}");
    let down = told(before, json!({"input": "3", "output": "4.999999999"}));
    assert!(down.iter().any(|reason| reason.contains("output for ordinary calls")), "{down:?}");
}

#[test]
fn a_price_in_use_neither_becomes_nothing_nor_goes_away() {
    let before = json!({"input": "3", "cached_input": "0.3", "output": "15", "search": "0.01"});
    let nothing = told(
        before.clone(),
        json!({"input": "3", "cached_input": "0", "output": "15", "search": "0.01"}),
    );
    assert!(nothing[0].contains("cached_input for ordinary calls becomes nothing"), "{nothing:?}");
    let untold = told(before.clone(), json!({"input": "3", "cached_input": "0.3", "output": "15"}));
    assert!(untold[0].contains("search for ordinary calls becomes nothing"), "{untold:?}");
    let model = InUse { key: key(), before: priced(before), after: ModelFacts::default() };
    assert_eq!(of_model(&model, BOUNDS), [Objection::PriceGone { key: key() }]);
}

#[test]
fn a_discount_that_is_gone_is_a_jump_and_one_that_is_new_is_none() {
    let with = json!({"input": "3", "cached_input": "0.3", "output": "15"});
    let without = json!({"input": "3", "output": "15"});
    assert_eq!(told(without.clone(), with.clone()), [""; 0]);
    assert_eq!(told(with, without.clone()).len(), 1);
    let nothing = json!({"input": "3", "cached_input": "0", "output": "15"});
    assert_eq!(told(without, nothing).len(), 1, "a discount is never everything");
}

#[test]
fn the_rates_of_long_prompts_and_of_tiers_are_held_to_the_same_bound() {
    let price = |long: &str, flex: &str| {
        json!({
            "input": "1", "output": "5",
            "above": [{"input_tokens": 200_000, "price": {"input": long}}],
            "service_tiers": {"flex": {"output": flex}},
        })
    };
    assert_eq!(told(price("2", "2.5"), price("6", "2.5")), [""; 0]);
    let long = told(price("2", "2.5"), price("6.1", "2.5"));
    assert!(long[0].contains("input for above 200000 calls"), "{long:?}");
    let flex = told(price("2", "2.5"), price("2", "0.8"));
    assert!(flex[0].contains("output for tier flex calls"), "{flex:?}");
    let gone = told(price("9", "2.5"), json!({"input": "1", "output": "5"}));
    assert!(gone.iter().any(|reason| reason.contains("above 200000")), "{gone:?}");
}

#[test]
fn a_limit_in_use_does_not_shrink_to_nothing() {
    let can = |tokens: i64| facts(json!({"capabilities": {"context_tokens": tokens}}));
    let model = InUse { key: key(), before: can(300), after: can(99) };
    let reasons = of_model(&model, BOUNDS);
    assert!(matches!(reasons[0], Objection::Shrinks { before: 300, after: 99, .. }), "{reasons:?}");
    let model = InUse { key: key(), before: can(300), after: can(100) };
    assert_eq!(of_model(&model, BOUNDS), []);
    let model = InUse { key: key(), before: can(300), after: ModelFacts::default() };
    assert_eq!(of_model(&model, BOUNDS), [], "what is not known rules nothing out");
}

fn snapshot(models: impl IntoIterator<Item = (usize, ModelFacts)>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for (at, facts) in models {
        snapshot.add(Place::kind("openai"), &format!("m{at}"), facts);
    }
    snapshot
}

fn of_snapshots(before: &Snapshot, after: &Snapshot) -> Vec<Objection> {
    objections(before, &Difference::between(before, after), &[], BOUNDS)
}

#[test]
fn a_share_of_the_models_may_be_gone_and_no_more() {
    let price = || priced(json!({"input": "1", "output": "2"}));
    let all = snapshot((0..100).map(|at| (at, price())));
    assert_eq!(of_snapshots(&all, &snapshot((0..80).map(|at| (at, price())))), []);
    let gone = of_snapshots(&all, &snapshot((0..79).map(|at| (at, price()))));
    assert_eq!(gone, [Objection::ManyGone { gone: 21, all: 100, percent: 20 }]);
    let few = snapshot((0..9).map(|at| (at, price())));
    assert_eq!(of_snapshots(&few, &Snapshot::default()), [], "of few, no share says anything");
}

#[test]
fn a_source_that_changes_its_unit_is_refused_though_nothing_of_it_is_in_use() {
    let price = |input: &str| priced(json!({"input": input, "output": "2"}));
    let before = snapshot((0..100).map(|at| (at, price("1"))));
    let some = snapshot((0..100).map(|at| (at, price(if at < 20 { "1000" } else { "1" }))));
    assert_eq!(of_snapshots(&before, &some), []);
    let most = snapshot((0..100).map(|at| (at, price(if at < 21 { "1000" } else { "1" }))));
    let expected = Objection::ManyJump { moved: 21, all: 100, times: 3, percent: 20 };
    assert_eq!(of_snapshots(&before, &most), [expected]);
}

#[test]
fn objections_are_kept_and_read_again_and_no_more_than_a_hundred_are_told() {
    let model = InUse {
        key: key(),
        before: priced(json!({"input": "1", "output": "2"})),
        after: priced(json!({"input": "9", "output": "0"})),
    };
    let many = vec![model; 500];
    let told = objections(&Snapshot::default(), &Difference::default(), &many, BOUNDS);
    assert_eq!(told.len(), MOST_OBJECTIONS);
    let text = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Objection>>(&text).unwrap(), told);
}

fn money() -> impl Strategy<Value = Money> {
    prop_oneof![Just(0), 1_i64..50, 1_000_000_i64..60_000_000].prop_map(Money::from_nanos)
}

prop_compose! {
    fn any_price()(
        input in money(), output in money(), cached in proptest::option::of(money()),
        write in proptest::option::of(money()), long in proptest::option::of(money()),
        flex in proptest::option::of(money()), search in money(),
    ) -> Price {
        let mut price = Price {
            input, output, cached_input: cached, cache_write: write, search,
            ..Price::default()
        };
        let tier = |rate| TierPrice { input: Some(rate), ..Default::default() };
        price.above.extend(long.map(|rate| LongPromptPrice {
            input_tokens: 200_000, price: tier(rate),
        }));
        price.service_tiers.extend(flex.map(|rate| ("flex".to_owned(), tier(rate))));
        price
    }
}

proptest! {
    #[test]
    fn whatever_would_be_billed_beyond_the_bound_or_for_nothing_is_refused(
        before in any_price(), after in any_price(), tokens in prop_oneof![Just(1_i64), Just(200_001)],
        tier in prop_oneof![Just(None), Just(Some("flex"))],
    ) {
        let of = |price: &Price| ModelFacts { price: Some(price.clone()), ..ModelFacts::default() };
        let model = InUse { key: key(), before: of(&before), after: of(&after) };
        let prompt = TokenCounts { input: tokens, ..Default::default() };
        let (old, new) = (PriceTable::from(&before), PriceTable::from(&after));
        let (old, new) = (old.rates(&prompt, tier), new.rates(&prompt, tier));
        let mut billed = Class::ALL.iter().map(|class| (class.billed(old), class.billed(new)));
        let rises = billed.any(|(old, new)| {
            let (old, new) = (old.nanos(), new.nanos());
            old > 0 && (new == 0 || new > old * 3)
        });
        let falls = new.input.nanos() * 3 < old.input.nanos()
            || new.output.nanos() * 3 < old.output.nanos();
        prop_assert!(!(rises || falls) || !of_model(&model, BOUNDS).is_empty());
        let same = InUse { after: model.before.clone(), ..model };
        prop_assert!(of_model(&same, BOUNDS).is_empty());
    }

    #[test]
    fn a_difference_is_nothing_against_itself_and_turns_round(
        one in proptest::collection::btree_map(0_usize..12, any_price(), 0..12),
        other in proptest::collection::btree_map(0_usize..12, any_price(), 0..12),
    ) {
        let of = |prices: &std::collections::BTreeMap<usize, Price>| {
            snapshot(prices.iter().map(|(at, price)| {
                (*at, ModelFacts { price: Some(price.clone()), ..ModelFacts::default() })
            }))
        };
        let (one, other) = (of(&one), of(&other));
        prop_assert!(Difference::between(&one, &one).is_empty());
        prop_assert!(of_snapshots(&one, &one).is_empty());
        let (there, back) = (Difference::between(&one, &other), Difference::between(&other, &one));
        prop_assert_eq!(&there.added, &back.removed);
        prop_assert_eq!(&there.removed, &back.added);
        prop_assert_eq!(one.len() + there.added.len(), other.len() + there.removed.len());
        prop_assert_eq!(there.changed.len(), back.changed.len());
    }
}
