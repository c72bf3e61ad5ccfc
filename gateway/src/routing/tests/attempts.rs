//! One call's attempts, one after the other.

use serde_json::json;

use super::{
    super::{Attempt, Attempts, Caller, Exhausted, Outcome, attempts::Next, plan::Plan},
    script::{CallSpec, FAILED, Manner},
    world::{World, always, found, id},
};
use crate::catalog::Catalog;

const GOOD: Manner = Manner::Answers { median_ms: 100.0 };
const AGAIN: Outcome = Outcome::Failed { retry_after_seconds: None, may_repeat: true };

fn world(model: serde_json::Value, routing: serde_json::Value) -> World {
    let count = model["backends"].as_array().map_or(0, Vec::len);
    World::new(model, routing, (0..count).map(|_| always(GOOD)).collect())
}

fn two(routing: serde_json::Value) -> World {
    world(json!({"backends": [{"provider": "a"}, {"provider": "b"}]}), routing)
}

fn attempts(world: &World) -> Attempts {
    let spec = CallSpec::plain(0, true);
    Attempts::new(
        Plan::of(&world.routing.pools.of(&world.model), &world.ask(&spec)).expect("a plan"),
        Vec::new(),
    )
}

fn next(attempts: &mut Attempts) -> Attempt {
    let Next::Ask(attempt) = attempts.advance() else { panic!("nobody is asked") };
    attempt
}

fn provider(attempt: &Attempt) -> String {
    attempt.deployment().provider.clone()
}

async fn refused(attempts: &mut Attempts) -> Exhausted {
    attempts.next().await.expect_err("nobody is left")
}

#[tokio::test]
async fn every_candidate_is_asked_once_and_then_none_is_left() {
    let world = two(json!({"retry_budget_percent": 100}));
    let mut attempts = attempts(&world);
    for expected in ["a", "b"] {
        let attempt = attempts.next().await.expect("a candidate");
        assert_eq!(provider(&attempt), expected);
        attempts.failed(attempt, FAILED);
    }
    let told = refused(&mut attempts).await;
    assert_eq!(
        (told.why.as_str(), told.is_late),
        ("", false),
        "what may have been done is not done again"
    );
}

#[test]
fn where_nothing_was_done_a_second_round_asks_again_within_the_budget() {
    let world = two(json!({"retry_budget_percent": 100}));
    let mut attempts = attempts(&world);
    let attempt = next(&mut attempts);
    attempts.failed(attempt, AGAIN);
    let attempt = next(&mut attempts);
    attempts.failed(attempt, FAILED);
    let Next::Pause(pause) = attempts.advance() else { panic!("no second round") };
    assert!((50_000..150_000).contains(&pause), "{pause}");
    let again = next(&mut attempts);
    assert_eq!(provider(&again), "a", "the other one may have done it");
    attempts.failed(again, AGAIN);
    assert!(matches!(attempts.advance(), Next::Nobody), "there is no third round");
}

#[test]
fn without_budget_there_is_no_second_round() {
    let world = two(json!({"retry_budget_percent": 0}));
    let mut attempts = attempts(&world);
    for _ in 0..2 {
        let attempt = next(&mut attempts);
        attempts.failed(attempt, AGAIN);
    }
    assert!(matches!(attempts.advance(), Next::Nobody));
}

#[tokio::test]
async fn a_short_rest_is_waited_for_and_a_long_one_is_told() {
    let world = two(json!({"retry_budget_percent": 100, "queue_ms": 3_000}));
    let busy = |attempts: &mut Attempts, seconds| {
        for _ in 0..2 {
            let attempt = next(attempts);
            attempts.failed(attempt, Outcome::Busy { retry_after_seconds: Some(seconds) });
        }
    };
    let mut short = attempts(&world);
    busy(&mut short, 2);
    let Next::Pause(pause) = short.advance() else { panic!("it does not wait") };
    assert_eq!(pause, 2_000_000);
    world.clock.set(shared::Timestamp::from_micros(super::world::START + 10_000_000));
    let mut long = attempts(&world);
    busy(&mut long, 7);
    assert!(matches!(long.advance(), Next::Nobody));
    let told = refused(&mut attempts(&world)).await;
    assert_eq!(told.why, "a rests for 7 s, as it asked for; b rests for 7 s, as it asked for");
    assert_eq!((told.retry_after_seconds, told.is_busy), (7, true));
}

#[tokio::test]
async fn where_all_circuits_are_open_a_few_calls_pass_and_the_others_are_told_when_to_come_again() {
    let world = two(json!({"breaker": {"consecutive_failures": 1, "pause_ms": 4_000}}));
    let mut first = attempts(&world);
    for _ in 0..2 {
        let attempt = next(&mut first);
        first.failed(attempt, FAILED);
    }
    let for_want_of_better: Vec<_> = (0..20).map(|_| next(&mut attempts(&world))).collect();
    let told = refused(&mut attempts(&world)).await;
    drop(for_want_of_better);
    assert!(told.why.starts_with("a has an open circuit for "), "{}", told.why);
    assert!((4..=6).contains(&told.retry_after_seconds), "{told:?}");
    assert!(!told.is_busy);
}

#[tokio::test]
async fn who_has_nowhere_else_to_go_is_asked_whatever_its_state() {
    let world = world(json!({"backends": [{"provider": "a"}]}), json!({}));
    for _ in 0..50 {
        let mut attempts = attempts(&world);
        let attempt = attempts.next().await.expect("the only one");
        attempts.failed(attempt, FAILED);
        let told = refused(&mut attempts).await;
        assert_eq!(told.why, "");
    }
}

#[tokio::test]
async fn a_dropped_attempt_gives_its_place_back_and_says_nothing() {
    let world = two(json!({"breaker": {"consecutive_failures": 1}}));
    let in_flight = |world: &World| world.routing.deployments()[0].in_flight;
    for _ in 0..10 {
        let mut attempts = attempts(&world);
        let attempt = attempts.next().await.expect("a candidate");
        assert_eq!((provider(&attempt), in_flight(&world)), ("a".to_owned(), 1));
    }
    assert_eq!(in_flight(&world), 0);
    assert_eq!(world.routing.deployments()[0].circuit, Some("closed"));
}

#[tokio::test]
async fn where_one_is_full_the_next_is_asked_and_where_all_are_the_call_waits_its_turn() {
    let model = json!({"backends": [{"provider": "a", "max_concurrent": 1},
        {"provider": "b", "max_concurrent": 1}]});
    let world = world(model, json!({"queue_ms": 60_000}));
    let first = attempts(&world).next().await.expect("a place");
    let second = attempts(&world).next().await.expect("a place");
    assert_eq!((provider(&first), provider(&second)), ("a".to_owned(), "b".to_owned()));
    let mut waiting = attempts(&world);
    let mut third = Box::pin(waiting.next());
    assert!(futures_util::poll!(&mut third).is_pending());
    drop(second);
    let third = third.await.expect("the place that is free");
    assert_eq!(provider(&third), "b");
    drop(first);
    assert_eq!(provider(&attempts(&world).next().await.expect("a place")), "a");
}

#[tokio::test]
async fn who_waits_in_vain_is_told_that_all_are_busy() {
    let model = json!({"backends": [{"provider": "a", "max_concurrent": 1}]});
    let world = world(model, json!({"queue_ms": 0}));
    let _inside = attempts(&world).next().await.expect("a place");
    let told = refused(&mut attempts(&world)).await;
    assert_eq!(told.why, "a has as many calls as it may have");
    assert_eq!((told.is_busy, told.retry_after_seconds), (true, 1));
}

#[tokio::test]
async fn never_more_calls_are_at_a_deployment_than_may_however_many_come() {
    let model = json!({"backends": [{"provider": "a", "max_concurrent": 3}]});
    let world =
        std::sync::Arc::new(world(model, json!({"queue_ms": 60_000, "queue_limit": 1_000})));
    let most = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let calls = (0..500_u128).map(|number| {
        let (world, most) = (std::sync::Arc::clone(&world), std::sync::Arc::clone(&most));
        tokio::spawn(async move {
            let spec = CallSpec::plain(0, true);
            let caller = Caller { team: id(number % 7), user: id(number % 31) };
            let ask = super::super::Ask { caller, ..world.ask(&spec) };
            let plan = Plan::of(&world.routing.pools.of(&world.model), &ask).expect("a plan");
            let attempt = Attempts::new(plan, Vec::new()).next().await.expect("its turn comes");
            let now = world.routing.deployments()[0].in_flight;
            most.fetch_max(now, std::sync::atomic::Ordering::Relaxed);
            tokio::task::yield_now().await;
            drop(attempt);
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("it ends");
    }
    assert_eq!(most.load(std::sync::atomic::Ordering::Relaxed), 3);
    assert_eq!(world.routing.deployments()[0].in_flight, 0);
}

#[tokio::test]
async fn another_model_is_asked_once_all_of_the_first_is_and_its_turns_pass_only_then() {
    let config: crate::kernel::config::Config = serde_json::from_value(json!({
        "providers": {"a": {"kind": "demo"}, "b": {"kind": "demo"}, "c": {"kind": "demo"}},
        "models": [
            {"name": "m", "fallbacks": ["n"], "backends": [{"provider": "a"}]},
            {"name": "n", "strategy": "weighted", "backends": [{"provider": "b"}, {"provider": "c"}]},
        ],
    }))
    .expect("a configuration");
    let catalog = Catalog::from_config(&config);
    let world = two(json!({"breaker": {"consecutive_failures": 2}}));
    let pools = &world.routing.pools;
    let (first, second) = (found(&catalog, "m"), found(&catalog, "n"));
    let spec = CallSpec::plain(0, true);
    let attempts = || {
        let plan = Plan::of(&pools.of(&first), &world.ask(&spec)).expect("a plan");
        let fallback = Plan::in_reserve(&pools.of(&second), &world.ask(&spec)).expect("a plan");
        Attempts::new(plan, vec![fallback])
    };
    let mut asked = Vec::new();
    for _ in 0..3 {
        let mut attempts = attempts();
        while let Ok(attempt) = attempts.next().await {
            asked.push(provider(&attempt));
            attempts.failed(attempt, FAILED);
        }
    }
    // Once the circuit of the first is open, it is not asked any more: it is not alone.
    assert_eq!(asked[..6], ["a", "b", "c", "a", "b", "c"]);
    assert!(!asked[6..].contains(&"a".to_owned()), "{asked:?}");
    let turns = pools.of(&second).turns.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(turns, 0, "no call was planned for it");
}
