//! A deployment that is back is found, and no herd falls upon it.

use serde_json::json;

use super::{
    script::Manner,
    world::{World, always, except},
};

const GOOD: Manner = Manner::Answers { median_ms: 150.0 };

#[test]
fn one_that_is_back_is_probed_one_call_at_a_time_and_has_its_share_within_a_pause() {
    for strategy in ["priority", "weighted", "lowest_latency", "least_busy"] {
        let backends = json!([{"provider": "a"}, {"provider": "b"}, {"provider": "c"}]);
        let scripts = vec![except(GOOD, 60.0, 90.0, Manner::Down), always(GOOD), always(GOOD)];
        let model = json!({"strategy": strategy, "backends": backends});
        let mut world = World::new(model, json!({}), scripts);
        world.load(100.0, 0.0, 240.0, true);
        world.run_until(65.0);
        let usual = world.most_in_flight.clone();
        world.most_in_flight = vec![0; 3];
        world.run();
        let back = world
            .told
            .iter()
            .find(|told| told.at_seconds > 90.0 && told.answered_by == Some(0))
            .map(|told| told.at_seconds - 90.0)
            .expect("it is found");
        let first_second = world.requests_to(0, 90.0 + back, 91.0 + back);
        println!(
            "{strategy}: found {back:.1} s after it was back, {first_second} of 100 calls in the \
             second after that; most at once {} (before the outage {})",
            world.most_in_flight[0], usual[0]
        );
        assert_eq!(world.errors(0.0, 240.0), 0);
        assert!(back <= 30.0, "its pause was 20 s at most, and half as long again: {back}");
        assert!(f64::from(world.most_in_flight[0]) <= f64::from(usual[0]) * 1.5 + 1.0);
    }
}

#[test]
fn while_it_is_half_open_there_is_never_more_than_one_call_under_way_there() {
    let backends = json!([{"provider": "a"}, {"provider": "b"}]);
    let slow = Manner::Answers { median_ms: 2_000.0 };
    let scripts = [except(GOOD, 10.0, 40.0, Manner::Down), always(GOOD)];
    let scripts = vec![
        [scripts[0][0].clone(), scripts[0][1].clone()]
            .into_iter()
            .chain([super::script::Phase { from_seconds: 40.0, manner: slow }])
            .collect(),
        scripts[1].clone(),
    ];
    let model = json!({"strategy": "weighted", "backends": backends});
    let mut world = World::new(model, json!({"breaker": {"probes": 3}}), scripts);
    world.load(200.0, 0.0, 120.0, true);
    world.run_until(40.0);
    world.most_in_flight = vec![0; 2];
    let mut second = 40.0;
    let mut probes = 0;
    loop {
        second += 0.1;
        world.run_until(second);
        let health = &world.routing.deployments()[0];
        if health.circuit == Some("closed") {
            break;
        }
        probes = probes.max(health.in_flight);
        assert!(second < 120.0, "it never closed");
    }
    println!(
        "half open under 200 calls a second: at most {probes} call at once, closed after {:.1} s",
        second - 40.0
    );
    assert_eq!(probes, 1);
}
