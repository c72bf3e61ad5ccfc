//! Outages, brown-outs and rate limits: what clients see of them, and how many requests are spent.

use serde_json::json;

use super::{
    script::Manner,
    world::{World, always, except},
};
use crate::routing::Outcome;

const GOOD: Manner = Manner::Answers { median_ms: 150.0 };
const CONSECUTIVE_FAILURES: usize = 5;

fn three(strategy: &str, first: Vec<super::script::Phase>) -> World {
    let backends = json!([{"provider": "a"}, {"provider": "b"}, {"provider": "c"}]);
    let scripts = vec![first, always(GOOD), always(GOOD)];
    World::new(json!({"strategy": strategy, "backends": backends}), json!({}), scripts)
}

/// How many calls failed at the deployment before it was left alone for the first time, and how
/// many after that.
fn failures_at(world: &World, place: usize, from: f64, to: f64) -> (usize, usize) {
    let times: Vec<f64> = world
        .between(from, to)
        .filter(|told| {
            told.asked.iter().any(|(asked, outcome)| {
                *asked == place && matches!(outcome, Outcome::Failed { .. })
            })
        })
        .map(|told| told.at_seconds)
        .collect();
    // The first gap of seconds is the first pause.
    let before =
        times.windows(2).position(|pair| pair[1] - pair[0] > 4.0).map_or(times.len(), |at| at + 1);
    (before, times.len() - before)
}

#[test]
fn while_one_of_three_is_away_no_client_sees_an_error() {
    for (name, manner) in [
        ("refuses connections", Manner::Down),
        ("answers 500", Manner::Fails { may_repeat: true }),
        ("hangs", Manner::Hangs { timeout_ms: 2_000.0 }),
    ] {
        for strategy in ["priority", "weighted", "lowest_latency", "least_busy"] {
            let mut world = three(strategy, except(GOOD, 60.0, 180.0, manner));
            world.load(30.0, 0.0, 300.0, true);
            world.run();
            let errors = world.errors(0.0, 300.0);
            let (before, after) = failures_at(&world, 0, 60.0, 180.0);
            println!(
                "one of three {name}, {strategy}: {errors} errors of 9000 calls; asked in vain \
                 {before} times until its circuit opened, then {after} probes in two minutes"
            );
            assert_eq!(errors, 0);
            let at_once = world.most_in_flight[0] as usize;
            assert!(before <= CONSECUTIVE_FAILURES + at_once, "{before} before, {at_once} at once");
            assert!(after <= 8, "{after} probes in pauses that double from 5 s");
        }
    }
}

#[test]
fn answers_that_break_off_are_seen_until_the_circuit_opens_and_then_by_probes_alone() {
    let mut world = three("weighted", except(GOOD, 60.0, 180.0, Manner::Cuts { median_ms: 20.0 }));
    world.load(15.0, 0.0, 300.0, true);
    world.run();
    let cut = world.told.iter().filter(|told| told.is_cut).count();
    let (before, probes) = failures_at(&world, 0, 60.0, 180.0);
    println!(
        "one of three cuts its answers: {cut} clients saw it, {before} before the circuit opened, {probes} as probes"
    );
    assert_eq!(world.errors(0.0, 300.0), cut, "nobody else saw anything");
    let at_once = world.most_in_flight[0] as usize;
    assert!(before <= CONSECUTIVE_FAILURES + at_once, "{before} before, {at_once} at once");
    assert!(probes <= 8);
}

#[test]
fn a_brown_out_opens_the_circuit_by_its_rate() {
    let flickers = Manner::Flickers { percent: 60, median_ms: 150.0, may_repeat: false };
    let mut world = three("weighted", except(GOOD, 60.0, 180.0, flickers));
    world.load(30.0, 0.0, 240.0, true);
    world.run();
    let asked = world.requests_to(0, 60.0, 180.0);
    println!(
        "six in ten fail at one of three: asked {asked} times in two minutes in place of 1200, {} errors",
        world.errors(0.0, 240.0)
    );
    assert_eq!(world.errors(0.0, 240.0), 0);
    assert!(asked < 400, "{asked}");
}

#[test]
fn where_all_are_away_each_call_is_about_one_request_and_recovery_is_seen_at_once() {
    let down = |_| except(GOOD, 60.0, 120.0, Manner::Fails { may_repeat: true });
    let scripts: Vec<_> = (0..3).map(down).collect();
    let backends = json!([{"provider": "a"}, {"provider": "b"}, {"provider": "c"}]);
    let mut world = World::new(json!({"backends": backends}), json!({}), scripts);
    world.load(30.0, 0.0, 180.0, true);
    world.run();
    let calls = world.between(70.0, 120.0).count();
    let requests: usize = (0..3).map(|place| world.requests_to(place, 70.0, 120.0)).sum();
    let slowest = world
        .between(70.0, 120.0)
        .map(|told| told.ended_seconds - told.at_seconds)
        .fold(0.0, f64::max);
    let back =
        world.told.iter().filter(|told| told.at_seconds > 120.0 && told.answered_by.is_none());
    let longest_after = back.map(|told| told.at_seconds).fold(120.0, f64::max) - 120.0;
    println!(
        "all three away: {requests} requests for {calls} calls once the circuits were open; the \
         slowest refusal took {slowest:.3} s; the last error was {longest_after:.1} s after the end"
    );
    assert!(requests * 10 <= calls * 12, "{requests}");
    assert!(slowest < 0.5, "{slowest}");
    assert!(longest_after < 1.0, "{longest_after}");
}

#[test]
fn second_rounds_are_a_tenth_of_the_calls_however_many_fail() {
    let flickers = || always(Manner::Flickers { percent: 40, median_ms: 50.0, may_repeat: true });
    let repeatable =
        || always(Manner::Limited { per_second: 3, retry_after_seconds: Some(1), median_ms: 50.0 });
    let backends = json!([{"provider": "a"}, {"provider": "b"}]);
    for (name, script) in [("fail", flickers as fn() -> _), ("are busy", repeatable)] {
        let mut world =
            World::new(json!({"backends": backends}), json!({}), vec![script(), script()]);
        world.load(20.0, 0.0, 120.0, true);
        world.run();
        let calls = world.told.len();
        let second = world.told.iter().filter(|told| told.asked.len() > 2).count();
        let requests: usize = world.told.iter().map(|told| told.asked.len()).sum();
        let errors = world.errors(0.0, 120.0);
        println!(
            "both {name}: {requests} requests for {calls} calls, {second} second rounds, {errors} errors"
        );
        assert!(second * 10 <= calls, "{second} of {calls}");
        assert!(requests * 10 <= calls * 21, "no more than both once, and a tenth");
    }
}

#[test]
fn a_provider_that_says_when_to_come_again_is_left_alone_until_then_and_nobody_notices() {
    let limited = Manner::Limited { per_second: 5, retry_after_seconds: Some(1), median_ms: 150.0 };
    for strategy in ["priority", "weighted"] {
        let mut world = three(strategy, always(limited));
        world.load(30.0, 0.0, 120.0, true);
        world.run();
        let busy = world
            .told
            .iter()
            .flat_map(|told| &told.asked)
            .filter(|(_, outcome)| matches!(outcome, Outcome::Busy { .. }))
            .count();
        println!(
            "one of three takes 5/s of 30/s, {strategy}: {busy} answers 429 in two minutes, {} errors",
            world.errors(0.0, 120.0)
        );
        assert_eq!(world.errors(0.0, 120.0), 0);
        assert!(busy <= 120, "one for each rest of a second, not {busy}");
    }
}
