//! What a plan says, and what it costs to make.

use std::time::Instant;

use serde_json::{Value, json};
use shared::Timestamp;

use super::{
    super::{Ask, Attempts, Caller, Outcome, Routing, plan::Plan},
    script::{CallSpec, FAILED, Manner},
    world::{START, World, always, config, found, id},
};
use crate::{
    catalog::Catalog,
    kernel::{Clock, Ids},
    wire::RequestNeeds,
};

const GOOD: Manner = Manner::Answers { median_ms: 100.0 };

fn ask<'a>(regions: Option<&'a [String]>, body: &'a [u8]) -> Ask<'a> {
    let caller = Caller { team: id(1), user: id(2) };
    let arrived_at = Timestamp::from_micros(START);
    Ask {
        caller,
        regions,
        needs: None,
        arrived_at,
        body,
        is_streaming: true,
        most_answer_tokens: 100,
    }
}

fn places(plan: &Plan) -> Vec<&str> {
    plan.deployments().map(|deployment| &*deployment.provider).collect()
}

fn plan(world: &World, ask: &Ask<'_>) -> Option<Plan> {
    Plan::of(&world.routing.pools.of(&world.model), ask)
}

#[test]
fn what_is_in_a_region_that_the_team_may_not_use_is_no_candidate_whatever_the_strategy() {
    let backends = json!([{"provider": "a", "region": "us"}, {"provider": "b", "region": "eu"},
        {"provider": "c"}, {"provider": "d", "region": "eu"}]);
    for strategy in ["priority", "lowest_cost", "lowest_latency", "weighted", "least_busy"] {
        let scripts = (0..4).map(|_| always(GOOD)).collect();
        let world =
            World::new(json!({"strategy": strategy, "backends": backends}), json!({}), scripts);
        let eu = ["eu".to_owned()];
        let planned = plan(&world, &ask(Some(&eu), b"{}")).expect("two may");
        let mut found = places(&planned);
        found.sort_unstable();
        assert_eq!(found, ["b", "d"], "{strategy}");
        let mars = ["mars".to_owned()];
        assert!(plan(&world, &ask(Some(&mars), b"{}")).is_none(), "{strategy}");
    }
}

#[test]
fn the_only_deployment_of_a_model_is_bound_by_regions_too() {
    let world = World::new(
        json!({"backends": [{"provider": "a", "region": "us"}]}),
        json!({}),
        vec![always(GOOD)],
    );
    let (us, eu) = (["us".to_owned()], ["eu".to_owned()]);
    assert!(plan(&world, &ask(Some(&us), b"{}")).is_some());
    assert!(plan(&world, &ask(Some(&eu), b"{}")).is_none());
}

#[test]
fn what_cannot_serve_the_call_is_no_candidate_and_what_is_only_not_as_good_is_the_last() {
    let model = json!({"strategy": "weighted", "backends": [
        {"provider": "a", "capabilities": {"tools": false}},
        {"provider": "b", "capabilities": {"reasoning": false}},
        {"provider": "c"}]});
    let world = World::new(model, json!({}), (0..3).map(|_| always(GOOD)).collect());
    let needs = RequestNeeds {
        tools: Some("tools"),
        reasoning: Some("reasoning_effort"),
        ..RequestNeeds::default()
    };
    for _ in 0..3 {
        let planned = plan(&world, &Ask { needs: Some(&needs), ..ask(None, b"{}") });
        let planned = planned.expect("two can");
        assert_eq!(places(&planned), ["c", "b"]);
        let summary = planned.summary().expect("there was a choice");
        assert!(summary.contains("a is not the one for it: it calls no tools"), "{summary}");
    }
    let health = &world.routing.pools.of(&world.model).healths[2];
    let rules = world.routing.pools.settings().judging.rules;
    health.begin();
    let ticket = health.admit(world.clock.now(), &rules).expect("it is closed");
    health.end(ticket, Outcome::Barred, None, world.clock.now(), &rules);
    let planned = plan(&world, &Ask { needs: Some(&needs), ..ask(None, b"{}") });
    assert_eq!(places(&planned.expect("two can")), ["b", "c"]);
}

#[test]
fn a_session_stays_with_its_deployment_and_sessions_are_spread() {
    let backends = json!([{"provider": "a"}, {"provider": "b"}, {"provider": "c"}]);
    for strategy in ["weighted", "least_busy"] {
        let model = json!({"strategy": strategy, "affinity": "session", "backends": backends});
        let world = World::new(model, json!({}), (0..3).map(|_| always(GOOD)).collect());
        let first = |session: u32, turn: u32| {
            let body = json!({"messages": "x".repeat(turn as usize), "user": session}).to_string();
            let body =
                body.replace(&format!("\"user\":{session}"), &format!("\"user\":\"{session}\""));
            let planned = plan(&world, &ask(None, body.as_bytes())).expect("a plan");
            places(&planned)[0].to_owned()
        };
        let mut counts = std::collections::BTreeMap::new();
        for session in 0..300 {
            let owner = first(session, 0);
            assert!((1..5).all(|turn| first(session, turn) == owner), "{strategy}");
            *counts.entry(owner).or_insert(0) += 1;
        }
        assert!(counts.len() == 3 && counts.values().all(|count| *count > 60), "{counts:?}");
    }
}

#[test]
fn a_prompt_stays_with_its_deployment_while_it_grows_and_goes_elsewhere_while_that_is_away() {
    let model = json!({"strategy": "weighted", "affinity": "prompt",
        "backends": [{"provider": "a"}, {"provider": "b"}, {"provider": "c"}]});
    let world = World::new(model, json!({}), (0..3).map(|_| always(GOOD)).collect());
    let first = |length: usize| {
        let body = "The beginning of a conversation. ".repeat(length);
        let planned = plan(&world, &ask(None, body.as_bytes())).expect("a plan");
        planned.place(0).expect("a candidate")
    };
    let owner = first(40);
    assert!((41..60).all(|length| first(length) == owner));
    let health = &world.routing.pools.of(&world.model).healths[owner];
    let rules = world.routing.pools.settings().judging.rules;
    for _ in 0..5 {
        health.begin();
        let ticket = health.admit(world.clock.now(), &rules).expect("it is closed");
        health.end(ticket, FAILED, None, world.clock.now(), &rules);
    }
    let elsewhere = first(40);
    assert_ne!(elsewhere, owner);
    assert!((41..60).all(|length| first(length) == elsewhere));
    world.clock.set(Timestamp::from_micros(START + 60_000_000));
    assert_eq!(first(40), owner, "it is back");
}

#[test]
fn an_explanation_tells_every_candidate_and_changes_nothing() {
    let model = json!({"strategy": "lowest_cost", "backends": [
        {"provider": "a", "region": "eu", "price": {"input": "2", "output": "8"}},
        {"provider": "b", "region": "eu", "price": {"input": "1", "output": "4"}},
        {"provider": "c", "region": "us", "price": {"input": "0.1", "output": "0.1"}}]});
    let world = World::new(model, json!({}), (0..3).map(|_| always(GOOD)).collect());
    let eu = ["eu".to_owned()];
    let body = vec![b' '; 4_000];
    let ask = ask(Some(&eu), &body);
    let told = world.routing.explain(&world.model, &ask);
    let lines: Vec<_> = told
        .candidates
        .iter()
        .map(|it| {
            (
                &*it.deployment.provider,
                it.rank,
                it.expected_cost.map(|cost| cost.to_string()),
                it.ruled_out.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("b", Some(1), Some("0.001400000".to_owned()), None),
            ("a", Some(2), Some("0.002800000".to_owned()), None),
            ("c", None, None, Some("is in a region that the team may not use")),
        ]
    );
    assert_eq!(told.choice.as_deref(), Some("lowest_cost of 2, $0.001400000 expected"));
    assert_eq!(world.routing.explain(&world.model, &ask), told);
    let plan = plan(&world, &ask).expect("a plan");
    assert_eq!(
        plan.summary().as_deref(),
        Some("lowest_cost of 2, $0.001400000 expected; c is in a region that the team may not use")
    );
    assert!(
        serde_json::to_value(&told).expect("JSON")["candidates"][0]["deployment"]["circuit"]
            == "closed"
    );
}

#[test]
fn explaining_does_not_move_the_rotation_on() {
    let model = json!({"strategy": "weighted", "backends": [
        {"provider": "a", "weight": 2}, {"provider": "b", "weight": 1}]});
    let world = World::new(model, json!({}), (0..2).map(|_| always(GOOD)).collect());
    let mut begun = Vec::new();
    for _ in 0..6 {
        let told = world.routing.explain(&world.model, &ask(None, b"{}"));
        let planned = plan(&world, &ask(None, b"{}")).expect("a plan");
        assert_eq!(told.candidates[0].deployment.provider, places(&planned)[0]);
        begun.push(places(&planned)[0].to_owned());
    }
    assert_eq!(begun, ["a", "b", "a", "a", "b", "a"]);
}

#[test]
fn what_is_known_of_a_deployment_is_the_same_for_every_model_and_outlives_the_catalogue() {
    let config: crate::kernel::config::Config = serde_json::from_value(json!({
        "providers": {"p": {"kind": "demo"}, "q": {"kind": "demo"}},
        "models": [
            {"name": "m", "backends": [{"provider": "p", "model": "x"}, {"provider": "q"}]},
            {"name": "n", "backends": [{"provider": "p", "model": "x"}, {"provider": "q"}]},
        ],
    }))
    .expect("a configuration");
    let clock = Clock::manual(Timestamp::from_micros(START));
    let routing = Routing::from_config(&config, clock, &Ids::seeded(1));
    let first = |routing: &Routing, catalog: &Catalog, name: &str| {
        let pool = routing.pools.of(&found(catalog, name));
        let plan = Plan::of(&pool, &ask(None, b"{}")).expect("a plan");
        places(&plan)[0].to_owned()
    };
    let catalog = Catalog::from_config(&config);
    assert_eq!(first(&routing, &catalog, "n"), "p");
    for _ in 0..5 {
        let pool = routing.pools.of(&found(&catalog, "m"));
        let mut attempts =
            Attempts::new(Plan::of(&pool, &ask(None, b"{}")).expect("a plan"), Vec::new());
        let super::super::attempts::Next::Ask(attempt) = attempts.advance() else {
            panic!("nobody")
        };
        attempts.failed(attempt, FAILED);
    }
    assert_eq!(first(&routing, &catalog, "n"), "q");
    drop(catalog);
    assert_eq!(first(&routing, &Catalog::from_config(&config), "n"), "q");
}

#[test]
fn models_that_the_catalogue_has_no_more_are_forgotten() {
    let config = config(json!({"backends": [{"provider": "a"}]}), json!({}));
    let clock = Clock::manual(Timestamp::from_micros(START));
    let routing = Routing::from_config(&config, clock, &Ids::seeded(1));
    for _ in 0..100 {
        let catalog = Catalog::from_config(&config);
        routing.pools.of(&found(&catalog, "m"));
    }
    assert!(routing.pools.count() <= 2, "{}", routing.pools.count());
}

/// 200 deployments of one model, and 2,000 models, of which each has ten of them.
#[test]
fn a_plan_costs_microseconds_among_two_hundred_deployments_and_two_thousand_models() {
    let providers: serde_json::Map<String, Value> =
        (0..200).map(|number| (format!("p{number}"), json!({"kind": "demo"}))).collect();
    let backend = |number: usize| json!({"provider": format!("p{}", number % 200), "price": {"input": "1", "output": "2"}});
    let mut models: Vec<Value> = (0..2_000)
        .map(|number: usize| {
            let strategy =
                ["priority", "lowest_cost", "lowest_latency", "weighted", "least_busy"][number % 5];
            let backends: Vec<_> = (0..10).map(|place| backend(number + place * 20)).collect();
            json!({"name": format!("m{number}"), "strategy": strategy, "backends": backends})
        })
        .collect();
    models.push(json!({"name": "lone", "backends": [backend(0)]}));
    let all: Vec<_> = (0..200).map(backend).collect();
    models.push(json!({"name": "wide", "strategy": "lowest_cost", "backends": all}));
    let config: crate::kernel::config::Config =
        serde_json::from_value(json!({"providers": providers, "models": models}))
            .expect("a configuration");
    let catalog = Catalog::from_config(&config);
    let routing = Routing::from_config(&config, Clock::system(), &Ids::seeded(1));
    let spec = CallSpec::plain(0, true);
    let pools = &routing.pools;
    for model in catalog.list() {
        pools.of(model);
    }
    let by_name: std::collections::HashMap<&String, _> =
        catalog.list().map(|model| (&model.name, model)).collect();
    let measure = |name: &str, of: &dyn Fn(usize) -> String| {
        let mut best = f64::MAX;
        for round in 0..20 {
            let names: Vec<_> = (0..100).map(|step| of(round * 100 + step)).collect();
            let found: Vec<_> = names.iter().map(|name| by_name[name]).collect();
            let began = Instant::now();
            for model in found {
                let plan = Plan::of(&pools.of(model), &ask(None, &spec.body)).expect("a plan");
                let mut attempts = Attempts::new(plan, Vec::new());
                let super::super::attempts::Next::Ask(mut attempt) = attempts.advance() else {
                    panic!("nobody")
                };
                attempt.answering();
                attempt.end(Outcome::Answered);
            }
            best = best.min(began.elapsed().as_secs_f64() * 1e6 / 100.0);
        }
        println!("plan, attempt and end, {name}: {best:.2} µs (without optimisation)");
        best
    };
    let lone = measure("a model with one deployment", &|_| "lone".to_owned());
    let ten = measure("ten of 200 deployments, 2,000 models", &|step| format!("m{}", step % 2_000));
    let wide = measure("all of 200 deployments", &|_| "wide".to_owned());
    // Without optimisation it takes some ten times as long as what ships.
    assert!(lone < 20.0 && ten < 200.0 && wide < 2_000.0, "{lone} {ten} {wide}");
}
