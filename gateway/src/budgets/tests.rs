//! Counters of one node: whatever the order in which calls end.

mod cluster;

use proptest::prelude::*;
use shared::view::spend::BudgetMode;
use tempfile::TempDir;

use super::{hold::Denial, needs::Needs, *};
use crate::call::EventReceiver;

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const LIMIT: i64 = 10_000;

struct House {
    budgets: Arc<Budgets>,
    events: EventReceiver,
    clock: Clock,
    _directory: TempDir,
}

impl House {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("house.db").display());
        let database = Database::open(&url).await.unwrap();
        let (sender, events) = EventSender::channel();
        let clock = Clock::manual(START);
        let mut config = config::Config::default();
        config.proxy.budget_wait_ms = 0;
        let node = Id::from_uuid(Uuid::from_u128(1));
        let budgets = Budgets::open(&config, &database, node, clock.clone(), sender).await.unwrap();
        Self { budgets: Arc::new(budgets), events, clock, _directory: directory }
    }

    fn counter(&self, mode: BudgetMode, period: BudgetPeriod, limit: i64) -> Arc<Counter> {
        let rule = config::Budget {
            level: BudgetLevel::Team,
            name: Some("Research".to_owned()),
            limit: Money::from_nanos(limit),
            period,
            mode,
            time_zone: "UTC".to_owned(),
            thresholds_percent: vec![100, 50],
        };
        let id = budget_id(BudgetLevel::Team, period, "research");
        let nothing = |_| (Money::ZERO, Elsewhere::default());
        Arc::new(Counter::new(id, "Research", &rule, false, self.clock.now(), nothing))
    }

    async fn reserve(
        &self,
        counters: &[Arc<Counter>],
        nanos: i64,
    ) -> Result<Reservation, Box<crate::call::BudgetRefusal>> {
        let needs = Needs::exactly(Money::from_nanos(nanos));
        match self.budgets.hold(counters, &needs, self.budgets.wait).await {
            Ok(held) => Ok(Reservation::new(Arc::clone(&self.budgets), held.holds, held.amount)),
            Err(Denial::Exceeded(refusal)) => Err(refusal),
            Err(Denial::Unavailable) => panic!("nobody was asked"),
        }
    }

    fn thresholds(&mut self) -> Vec<u16> {
        let mut told = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            let Event::BudgetThreshold(threshold) = event else { panic!("{event:?}") };
            told.push(threshold.percent);
        }
        told
    }
}

fn used(counter: &Counter, now: Timestamp) -> (i64, i64) {
    let status = counter.status(now);
    (status.spent.nanos(), status.reserved.nanos())
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Reserve(i64),
    /// The oldest call outgrows what was set aside.
    Extend(i64),
    /// The oldest call ends, having cost this share of what was set aside, in percent.
    Settle(i64),
    /// The youngest call is given up.
    Abandon,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..4_000_i64).prop_map(Step::Reserve),
        1 => (1..2_000_i64).prop_map(Step::Extend),
        2 => (0..=100_i64).prop_map(Step::Settle),
        1 => Just(Step::Abandon),
    ]
}

/// Plays the steps; gives what was settled in all.
async fn play(house: &House, counters: &[Arc<Counter>], steps: &[Step]) -> i64 {
    let now = house.clock.now();
    let mut calls = std::collections::VecDeque::new();
    let mut settled = 0;
    for step in steps {
        match *step {
            Step::Reserve(nanos) => calls.extend(house.reserve(counters, nanos).await.ok()),
            Step::Extend(nanos) => {
                if let Some(call) = calls.front_mut() {
                    let before = call.amount();
                    let is_more = call.extend(Money::from_nanos(nanos)).await.is_ok();
                    let more = if is_more { nanos } else { 0 };
                    assert_eq!(call.amount(), before + Money::from_nanos(more));
                }
            }
            Step::Settle(percent) => {
                if let Some(call) = calls.pop_front() {
                    let cost = call.amount().nanos() * percent / 100;
                    call.settle(Money::from_nanos(cost));
                    settled += cost;
                }
            }
            Step::Abandon => drop(calls.pop_back()),
        }
        for counter in counters {
            let (spent, reserved) = used(counter, now);
            let under_way: i64 = calls.iter().map(|call| call.amount().nanos()).sum();
            assert_eq!((spent, reserved), (settled, under_way));
            assert!(spent + reserved <= counter.limit.nanos());
        }
    }
    settled
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_order_of_reserving_extending_settling_and_giving_up_overspends_or_loses_anything(
        runs in prop::collection::vec(prop::collection::vec(any_step(), 1..60), 1..8),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let house = House::new().await;
            for steps in runs {
                let counters = [LIMIT, LIMIT / 2].map(|limit| {
                    house.counter(BudgetMode::Hard, BudgetPeriod::Month, limit)
                });
                let settled = play(&house, &counters, &steps).await;
                for counter in &counters {
                    prop_assert_eq!(used(counter, START), (settled, 0), "nothing stays reserved");
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_call_that_ends_in_the_next_window_is_charged_to_its_own() {
    let house = House::new().await;
    let counters = [house.counter(BudgetMode::Hard, BudgetPeriod::Day, LIMIT)];
    let call = house.reserve(&counters, LIMIT).await.ok().unwrap();
    house.clock.set(house.clock.now().plus_seconds(24 * 3_600));
    let tomorrow = house.clock.now();
    assert_eq!(used(&counters[0], tomorrow), (0, 0), "the new window is whole");
    let other = house.reserve(&counters, LIMIT).await.ok().unwrap();
    call.settle(Money::from_nanos(7));
    assert_eq!(used(&counters[0], tomorrow), (0, LIMIT));
    drop(other);
    assert_eq!(used(&counters[0], tomorrow), (0, 0));
}

#[tokio::test]
async fn a_call_that_goes_on_in_the_next_window_is_charged_to_that_one_as_a_whole() {
    let house = House::new().await;
    let [day, month] = [BudgetPeriod::Day, BudgetPeriod::Month]
        .map(|period| house.counter(BudgetMode::Hard, period, LIMIT));
    let counters = [Arc::clone(&day), Arc::clone(&month)];
    let mut call = house.reserve(&counters, 4_000).await.ok().unwrap();
    let today = house.clock.now();
    house.clock.set(today.plus_seconds(24 * 3_600));
    let tomorrow = house.clock.now();
    let charges = call.extend(Money::from_nanos(1_000)).await.ok().unwrap().unwrap();
    assert_eq!(charges.len(), 2);
    for charge in charges {
        let counter = if charge.budget == day.id { &day } else { &month };
        assert_eq!(charge.window_start, counter.lock(tomorrow).current.window.start);
    }
    assert_eq!(day.reserved_here().nanos(), 5_000, "nothing is left in the former window");
    assert_eq!((used(&day, tomorrow), used(&month, tomorrow)), ((0, 5_000), (0, 5_000)));
    assert!(call.extend(Money::from_nanos(1_000)).await.is_ok_and(|moved| moved.is_none()));
    call.settle(Money::from_nanos(5_500));
    assert_eq!((used(&day, tomorrow), used(&month, tomorrow)), ((5_500, 0), (5_500, 0)));
}

#[tokio::test]
async fn a_call_goes_on_only_where_the_next_window_has_money_and_changes_nothing_where_not() {
    let house = House::new().await;
    let [day, month] = [BudgetPeriod::Day, BudgetPeriod::Month]
        .map(|period| house.counter(BudgetMode::Hard, period, LIMIT));
    let mut call =
        house.reserve(&[Arc::clone(&day), Arc::clone(&month)], 4_000).await.ok().unwrap();
    house.clock.set(house.clock.now().plus_seconds(24 * 3_600));
    let now = house.clock.now();
    let other = house.reserve(&[Arc::clone(&day)], 5_500).await.ok().unwrap();
    let refused = call.extend(Money::from_nanos(1_000)).await.err().flatten().unwrap();
    assert_eq!((refused.period, refused.needed.nanos()), (BudgetPeriod::Day, 5_000));
    drop(other);
    let other = house.reserve(&[Arc::clone(&month)], 5_500).await.ok().unwrap();
    let refused = call.extend(Money::from_nanos(1_000)).await.err().flatten().unwrap();
    assert_eq!((refused.period, refused.needed.nanos()), (BudgetPeriod::Month, 1_000));
    drop(other);
    assert_eq!((used(&day, now), used(&month, now)), ((0, 0), (0, 4_000)));
    assert_eq!(call.amount().nanos(), 4_000);
    call.settle(Money::from_nanos(3_000));
    assert_eq!((used(&day, now), used(&month, now)), ((0, 0), (3_000, 0)));
}

#[tokio::test]
async fn each_threshold_is_told_once_in_a_window_and_again_in_the_next() {
    let mut house = House::new().await;
    let counters = [house.counter(BudgetMode::Soft, BudgetPeriod::Day, LIMIT)];
    for _ in 0..2 {
        for (cost, told) in
            [(LIMIT / 2 - 1, vec![]), (1, vec![50]), (LIMIT, vec![100]), (1, vec![])]
        {
            let call = house.reserve(&counters, LIMIT).await.ok().unwrap();
            call.settle(Money::from_nanos(cost));
            assert_eq!(house.thresholds(), told);
        }
        house.clock.set(house.clock.now().plus_seconds(24 * 3_600));
    }
}

#[tokio::test]
async fn the_refusal_names_the_narrowest_budget_with_its_figures() {
    let house = House::new().await;
    let counters = [
        house.counter(BudgetMode::Hard, BudgetPeriod::Day, LIMIT),
        house.counter(BudgetMode::Hard, BudgetPeriod::Week, LIMIT / 2),
    ];
    let call = house.reserve(&counters, LIMIT / 4).await.ok().unwrap();
    let refusal = house.reserve(&counters, LIMIT / 2).await.err().unwrap();
    assert_eq!((refusal.period, refusal.limit.nanos()), (BudgetPeriod::Week, LIMIT / 2));
    assert_eq!((refusal.reserved.nanos(), refusal.needed.nanos()), (LIMIT / 4, LIMIT / 2));
    assert!(refusal.detail().contains("a week, spent $0"), "{}", refusal.detail());
    drop(call);
}
