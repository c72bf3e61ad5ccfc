//! Limits of one node: whatever calls do, and however many at once.

mod cluster;

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use proptest::prelude::*;
use shared::receipt::TokenCounts;

use super::*;
use crate::call::{LimitMeasure, Refusal, Wait};
use crate::kernel::config::LimitPeriod;

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const SECOND: i64 = 1_000_000;

/// Limits on a clock that stands still.
struct House {
    limits: Arc<Limits>,
    clock: Clock,
}

impl House {
    fn new(limits: &str) -> Self {
        let clock = Clock::manual(START);
        let limits: Vec<config::Limit> = serde_json::from_str(limits).unwrap();
        Self { limits: Arc::new(Limits::new(&limits, clock.clone())), clock }
    }

    fn subjects(&self, of: &[(LimitLevel, &str)]) -> Vec<Arc<Subject>> {
        let subject = |(level, key): &(LimitLevel, &str)| {
            self.limits.subjects.of(&self.limits.rules, *level, key, || (*key).to_owned())
        };
        of.iter().filter_map(subject).collect()
    }

    fn call(&self, of: &[(LimitLevel, &str)], tokens: i64) -> Result<Allowance, LimitRefusal> {
        let subjects = self.subjects(of);
        match self.limits.count_here(&subjects, tokens, Share::WHOLE) {
            Ok(counted) => {
                Ok(Allowance::new(Arc::clone(&self.limits), tokens).with(counted.holds, None))
            }
            Err(refused) => Err(*refused.refusal),
        }
    }

    fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_seconds(seconds));
    }
}

fn used(tokens: i64) -> TokenCounts {
    TokenCounts { input: tokens, ..TokenCounts::default() }
}

const EVERYONE: &[(LimitLevel, &str)] = &[(LimitLevel::Instance, "")];

#[test]
fn the_tightest_of_several_limits_binds_and_a_refused_call_counts_nowhere() {
    let house = House::new(
        r#"[{"level": "instance", "requests": 3}, {"level": "user", "name": "*", "requests": 2}]"#,
    );
    let ada = [(LimitLevel::Instance, ""), (LimitLevel::User, "ada")];
    let bob = [(LimitLevel::Instance, ""), (LimitLevel::User, "bob")];
    drop(house.call(&ada, 0).unwrap());
    drop(house.call(&ada, 0).unwrap());
    for _ in 0..5 {
        let refused = house.call(&ada, 0).unwrap_err();
        assert_eq!((refused.level, &*refused.name), (LimitLevel::User, "ada"));
        assert_eq!(refused.retry_after(), Some(61));
    }
    drop(house.call(&bob, 0).unwrap());
    let refused = house.call(&bob, 0).unwrap_err();
    assert_eq!((refused.level, refused.used), (LimitLevel::Instance, 3));
    house.pass(61);
    assert!(house.call(&ada, 0).is_ok());
}

#[test]
fn a_call_has_to_wait_for_the_limit_that_takes_longest() {
    let house = House::new(
        r#"[{"level": "instance", "requests": 1, "concurrent": 1},
            {"level": "instance", "requests": 1, "per": "hour"}]"#,
    );
    let call = house.call(EVERYONE, 0).unwrap();
    let refused = house.call(EVERYONE, 0).unwrap_err();
    assert_eq!(refused.measure, LimitMeasure::Requests(LimitPeriod::Hour));
    house.pass(3_661);
    let refused = house.call(EVERYONE, 0).unwrap_err();
    assert_eq!((refused.measure, refused.wait), (LimitMeasure::Concurrent, Wait::ForCalls));
    drop(call);
    assert!(house.call(EVERYONE, 0).is_ok());
}

#[test]
fn tokens_are_set_aside_before_a_call_and_put_right_by_what_is_billed() {
    let house = House::new(r#"[{"level": "instance", "tokens": 1000}]"#);
    let call = house.call(EVERYONE, 700).unwrap();
    let refused = house.call(EVERYONE, 400).unwrap_err();
    assert_eq!((refused.used, refused.needed), (700, 400));
    call.settle(&TokenCounts { input: 10, cached_input: 70, output: 20, ..used(0) });
    let other = house.call(EVERYONE, 900).unwrap();
    assert_eq!(house.call(EVERYONE, 1).unwrap_err().used, 1_000);
    // Nothing was billed, so nothing was used.
    drop(other);
    let more_than_judged = house.call(EVERYONE, 1).unwrap();
    more_than_judged.settle(&used(950));
    assert_eq!(house.call(EVERYONE, 1).unwrap_err().used, 1_050);
}

#[test]
fn a_call_that_is_larger_than_a_limit_is_told_that_waiting_does_not_help() {
    let house = House::new(r#"[{"level": "instance", "tokens": 1000, "requests": 1}]"#);
    drop(house.call(EVERYONE, 1_000).unwrap());
    let refused = house.call(EVERYONE, 1_001).unwrap_err();
    assert_eq!((refused.wait, refused.retry_after()), (Wait::ForEver, None));
    assert_eq!(refused.measure, LimitMeasure::Tokens(LimitPeriod::Minute));
}

#[test]
fn tokens_beyond_what_was_set_aside_count_when_they_are_known() {
    let house = House::new(r#"[{"level": "instance", "tokens": 1000}]"#);
    let mut session = house.call(EVERYONE, 0).unwrap();
    session.count(&used(300));
    house.pass(50);
    session.count(&used(900));
    session.count(&used(900));
    assert_eq!(house.call(EVERYONE, 101).unwrap_err().used, 900);
    house.pass(11);
    assert_eq!(house.call(EVERYONE, 401).unwrap_err().used, 600, "the first part has passed");
    session.settle(&used(950));
    assert_eq!(house.call(EVERYONE, 351).unwrap_err().used, 650);
}

#[tokio::test]
async fn a_call_that_goes_on_may_do_so_while_its_limits_are_not_used_up() {
    let house = House::new(r#"[{"level": "instance", "tokens": 100, "requests": 1}]"#);
    let mut session = house.call(EVERYONE, 1).unwrap();
    session.extend(1).await.unwrap();
    session.count(&used(99));
    session.extend(1).await.unwrap();
    let Err(Refusal::RateLimited(refused)) = session.extend(1).await else { panic!("it is") };
    assert_eq!((refused.used, refused.needed), (100, 1));
    house.pass(61);
    session.extend(1).await.unwrap();
}

#[test]
fn a_provider_is_counted_where_it_is_asked_and_takes_nothing_where_it_does_not_answer() {
    let house = House::new(r#"[{"level": "provider", "name": "*", "tokens": 1000}]"#);
    let provider = [(LimitLevel::Provider, "openai")];
    let mut call = house.call(&[], 800).unwrap();
    call.join(house.call(&provider, 800).unwrap());
    assert!(house.call(&provider, 300).is_err());
    call.settle(&used(100));
    assert!(house.call(&provider, 900).is_ok());
    assert!(house.call(&[(LimitLevel::Provider, "other")], 1_000).is_ok());
}

#[test]
fn those_who_are_idle_are_forgotten_and_those_who_are_not_are_kept() {
    let house = House::new(
        r#"[{"level": "key", "name": "*", "requests": 5, "concurrent": 2},
            {"level": "user", "name": "*", "requests": 5, "per": "hour"}]"#,
    );
    for number in 0..1_000 {
        drop(house.call(&[(LimitLevel::Key, &number.to_string())], 0).unwrap());
    }
    let busy = house.call(&[(LimitLevel::Key, "busy")], 0).unwrap();
    drop(house.call(&[(LimitLevel::User, "ada")], 0).unwrap());
    assert_eq!(house.limits.subjects(), 1_002);
    house.pass(60);
    house.limits.tidy();
    assert_eq!(house.limits.subjects(), 1_002, "they count for a second more");
    house.pass(61);
    house.limits.tidy();
    assert_eq!(house.limits.subjects(), 2);
    let another = house.call(&[(LimitLevel::Key, "busy")], 0).unwrap();
    assert!(house.call(&[(LimitLevel::Key, "busy")], 0).is_err(), "both are under way");
    drop((busy, another));
}

#[test]
fn of_a_thousand_callers_at_once_exactly_as_many_are_let_in_as_the_limit_says() {
    let house = House::new(
        r#"[{"level": "instance", "requests": 700, "concurrent": 600},
            {"level": "model", "name": "*", "tokens": 5000}]"#,
    );
    let of = [(LimitLevel::Instance, ""), (LimitLevel::Model, "gpt")];
    let (let_in, barrier) = (AtomicUsize::new(0), Barrier::new(20));
    let allowances: Vec<Allowance> = thread::scope(|scope| {
        let callers = (0..20).map(|_| {
            scope.spawn(|| {
                barrier.wait();
                let calls = (0..50).filter_map(|_| house.call(&of, 10).ok());
                let calls: Vec<_> = calls.collect();
                let_in.fetch_add(calls.len(), Ordering::Relaxed);
                calls
            })
        });
        let callers: Vec<_> = callers.collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!((let_in.into_inner(), allowances.len()), (500, 500));
    let refused = house.call(&of, 10).unwrap_err();
    assert_eq!((refused.level, refused.used), (LimitLevel::Model, 5_000));
    drop(allowances);
    let instance = house.call(EVERYONE, 10).unwrap();
    assert_eq!(house.subjects(EVERYONE)[0].lock().under_way, 1);
    drop(instance);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Begin { tokens: i64 },
    End { oldest: bool, used_percent: i64 },
    Abandon,
    Wait { micros: i64 },
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..400_i64).prop_map(|tokens| Step::Begin { tokens }),
        2 => (any::<bool>(), 0..=100_i64)
            .prop_map(|(oldest, used_percent)| Step::End { oldest, used_percent }),
        1 => Just(Step::Abandon),
        2 => (0..40 * SECOND).prop_map(|micros| Step::Wait { micros }),
    ]
}

proptest! {
    #[test]
    fn whatever_calls_do_no_limit_is_passed_and_nothing_is_lost(
        steps in prop::collection::vec(any_step(), 1..150),
    ) {
        let house = House::new(
            r#"[{"level": "instance", "requests": 12, "tokens": 1000, "concurrent": 4}]"#,
        );
        let mut under_way: Vec<(i64, i64, Allowance)> = Vec::new();
        let mut begun: Vec<i64> = Vec::new();
        let mut billed: Vec<(i64, i64)> = Vec::new();
        for step in steps {
            let now = house.clock.now().micros();
            match step {
                Step::Begin { tokens } => {
                    if let Ok(call) = house.call(EVERYONE, tokens) {
                        begun.push(now);
                        under_way.push((now, tokens, call));
                    }
                }
                Step::End { oldest, used_percent } if !under_way.is_empty() => {
                    let at = if oldest { 0 } else { under_way.len() - 1 };
                    let (began_at, tokens, call) = under_way.remove(at);
                    let tokens = tokens * used_percent / 100;
                    billed.push((began_at, tokens));
                    call.settle(&used(tokens));
                }
                Step::Abandon => drop(under_way.pop()),
                Step::Wait { micros } => {
                    house.clock.set(Timestamp::from_micros(now + micros));
                }
                Step::End { .. } => {}
            }
            let now = house.clock.now().micros();
            let is_recent = |at: &i64| *at > now - 60 * SECOND;
            prop_assert!(under_way.len() <= 4);
            prop_assert!(begun.iter().filter(|at| is_recent(at)).count() <= 12);
            let set_aside = under_way.iter().map(|(at, tokens, _)| (*at, *tokens));
            let recent = billed.iter().copied().chain(set_aside).filter(|(at, _)| is_recent(at));
            prop_assert!(recent.map(|(_, tokens)| tokens).sum::<i64>() <= 1_000);
        }
        drop(under_way);
        house.pass(61);
        prop_assert!(house.call(EVERYONE, 1_000).is_ok(), "after a minute everything is free");
    }
}
