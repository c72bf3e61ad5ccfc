//! Each strategy converges as `docs/routing.md` states.

use serde_json::json;

use super::{
    script::{Manner, Phase},
    world::{World, always, except},
};

const QUICK: Manner = Manner::Answers { median_ms: 120.0 };
const MIDDLING: Manner = Manner::Answers { median_ms: 300.0 };
const SLOW: Manner = Manner::Answers { median_ms: 700.0 };

fn backends() -> serde_json::Value {
    json!([{"provider": "a"}, {"provider": "b"}, {"provider": "c"}])
}

#[test]
fn by_priority_every_call_goes_to_the_first_that_works() {
    let mut world = World::new(
        json!({"backends": backends()}),
        json!({}),
        vec![except(QUICK, 100.0, 200.0, Manner::Down), always(SLOW), always(QUICK)],
    );
    world.load(20.0, 0.0, 300.0, true);
    world.run();
    let (before, during, after) = (
        world.begun_percent(0.0, 100.0),
        world.begun_percent(110.0, 200.0),
        world.begun_percent(246.0, 300.0),
    );
    println!(
        "priority: before {before:.1?}, during an outage of the first {during:.1?}, after {after:.1?}"
    );
    assert_eq!(before, [100.0, 0.0, 0.0]);
    assert!(during[0] < 2.0 && during[2] == 0.0);
    assert_eq!(after, [100.0, 0.0, 0.0]);
    assert_eq!(world.errors(0.0, 300.0), 0);
}

#[test]
fn by_latency_calls_go_to_the_quickest_but_for_the_stated_share() {
    let mut world = World::new(
        json!({"strategy": "lowest_latency", "backends": backends()}),
        json!({}),
        vec![
            vec![
                Phase { from_seconds: 0.0, manner: SLOW },
                Phase { from_seconds: 300.0, manner: QUICK },
            ],
            vec![
                Phase { from_seconds: 0.0, manner: QUICK },
                Phase { from_seconds: 300.0, manner: SLOW },
            ],
            always(MIDDLING),
        ],
    );
    world.load(20.0, 0.0, 600.0, true);
    world.run();
    let begun = |from, to| world.begun_percent(from, to);
    let (settled, changed) = (begun(10.0, 300.0), begun(360.0, 600.0));
    println!("lowest latency: {settled:.1?}; a minute after the quickest is another {changed:.1?}");
    let first_minute: Vec<_> = (0..6)
        .map(|step| {
            let from = 300.0 + f64::from(step) * 10.0;
            begun(from, from + 10.0)[0].round()
        })
        .collect();
    println!("  the new quickest in every ten seconds after the change: {first_minute:?} %");
    assert!((94.5..=95.5).contains(&settled[1]), "{settled:?}");
    assert!((94.5..=95.5).contains(&changed[0]), "{changed:?}");
}

#[test]
fn by_latency_whole_answers_are_judged_by_their_whole_time() {
    let mut world = World::new(
        json!({"strategy": "lowest_latency", "backends": backends()}),
        json!({"exploration_percent": 0}),
        vec![always(MIDDLING), always(SLOW), always(QUICK)],
    );
    world.load(10.0, 0.0, 60.0, false);
    world.run();
    let begun = world.begun_percent(5.0, 60.0);
    println!("lowest latency without exploration, whole answers: {begun:.1?}");
    assert_eq!(begun, [0.0, 0.0, 100.0]);
}

#[test]
fn by_weight_each_has_exactly_its_share_and_after_an_outage_no_more() {
    let mut world = World::new(
        json!({"strategy": "weighted", "backends": [
            {"provider": "a", "weight": 5}, {"provider": "b", "weight": 3},
            {"provider": "c", "weight": 2}]}),
        json!({}),
        vec![always(QUICK), except(QUICK, 500.0, 700.0, Manner::Down), always(SLOW)],
    );
    world.load(20.0, 0.0, 1_000.0, true);
    world.run();
    let (before, after) = (world.begun_percent(0.0, 500.0), world.begun_percent(750.0, 1_000.0));
    let during = world.begun_percent(510.0, 700.0);
    println!("weighted 5:3:2: {before:?}; b away {during:.1?}; after {after:?}");
    assert_eq!(before, [50.0, 30.0, 20.0]);
    for (after, before) in after.iter().zip(before) {
        assert!((after - before).abs() < 0.1, "{after:?}");
    }
    assert!((during[0] / during[2] - 2.5).abs() < 0.1, "{during:?}");
}

#[test]
fn by_room_slow_deployments_get_fewer_calls_and_none_is_crowded() {
    let mut world = World::new(
        json!({"strategy": "least_busy", "backends": backends()}),
        json!({}),
        vec![always(QUICK), always(MIDDLING), always(SLOW)],
    );
    world.load(60.0, 0.0, 120.0, true);
    world.run();
    let begun = world.begun_percent(10.0, 120.0);
    println!("least busy: {begun:.1?}, most at once {:?}", world.most_in_flight);
    // With as many under way everywhere, each gets calls as quickly as it answers them.
    for (share, expected) in begun.iter().zip([63.6, 25.5, 10.9]) {
        assert!((share - expected).abs() < 3.0, "{begun:?}");
    }
    let (least, most) = (
        world.most_in_flight.iter().min().copied().unwrap_or(0),
        world.most_in_flight.iter().max().copied().unwrap_or(0),
    );
    assert!(most - least <= 2, "{:?}", world.most_in_flight);
}

#[test]
fn by_room_a_provider_that_tells_its_limits_is_not_driven_into_them() {
    let told_away = |strategy: &str| {
        let limited =
            Manner::Limited { per_second: 10, retry_after_seconds: None, median_ms: 120.0 };
        let mut world = World::new(
            json!({"strategy": strategy, "backends": backends()}),
            json!({}),
            vec![always(limited), always(QUICK), always(QUICK)],
        );
        world.tells_limits = true;
        world.load(60.0, 0.0, 60.0, true);
        world.run();
        assert_eq!(world.errors(0.0, 60.0), 0);
        let busy = |told: &&super::world::Told| {
            told.asked
                .iter()
                .any(|(_, outcome)| matches!(outcome, crate::routing::Outcome::Busy { .. }))
        };
        (world.told.iter().filter(busy).count(), world.begun_percent(0.0, 60.0))
    };
    let (busy, begun) = told_away("least_busy");
    println!("least busy with a provider of 10/s: {begun:.1?}, answered 429: {busy} of 3600");
    assert_eq!(busy, 0);
}
