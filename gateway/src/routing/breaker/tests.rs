//! Every transition, on a clock that stands where the test puts it.

use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules {
    consecutive_failures: 3,
    failure_percent: 50,
    least_calls: 10,
    window_micros: 10_000_000,
    pause_micros: 1_000_000,
    pause_limit_micros: 8_000_000,
    probes: 2,
};

/// A breaker, and the instant at which it stands.
struct Bench {
    breaker: Breaker,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        Self { breaker: Breaker::new(&RULES), now: Timestamp::from_micros(1_790_000_000_000_000) }
    }

    fn wait(&mut self, millis: i64) -> &mut Self {
        self.now = Timestamp::from_micros(self.now.micros() + millis * 1_000);
        self
    }

    fn circuit(&self) -> Circuit {
        self.breaker.circuit(self.now)
    }

    fn admit(&mut self) -> Option<Ticket> {
        self.breaker.admit(self.now, &RULES)
    }

    fn report(&mut self, ticket: Ticket, report: Report) -> Option<Change> {
        self.breaker.report(ticket, report, self.now, &RULES, 0)
    }

    fn call(&mut self, report: Report) -> Option<Change> {
        let ticket = self.admit().expect("the call is let through");
        self.report(ticket, report)
    }

    fn opened() -> Self {
        let mut bench = Self::new();
        for _ in 0..3 {
            bench.call(Report::Failed);
        }
        bench
    }
}

#[test]
fn so_many_failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
    let mut bench = Bench::new();
    for report in [Report::Failed, Report::Failed, Report::Answered, Report::Failed, Report::Failed]
    {
        assert_eq!(bench.call(report), None);
    }
    assert_eq!(bench.call(Report::Failed), Some(Change::Opened { for_micros: 1_000_000 }));
    assert_eq!(bench.circuit(), Circuit::Open { for_micros: 1_000_000 });
    assert_eq!(bench.admit(), None);
}

#[test]
fn so_many_failures_of_a_window_open_it_though_answers_come_between_them() {
    let mut bench = Bench::new();
    for _ in 0..4 {
        assert_eq!(bench.call(Report::Failed), None);
        assert_eq!(bench.call(Report::Answered), None);
    }
    assert_eq!(bench.call(Report::Answered), None);
    assert_eq!(bench.call(Report::Failed), Some(Change::Opened { for_micros: 1_000_000 }));
}

#[test]
fn what_says_nothing_of_the_deployment_counts_for_nothing() {
    let mut bench = Bench::new();
    for _ in 0..100 {
        assert_eq!(bench.call(Report::Neutral), None);
    }
    assert_eq!(bench.circuit(), Circuit::Closed);
}

#[test]
fn where_nothing_helps_it_opens_at_once() {
    let mut bench = Bench::new();
    assert_eq!(bench.call(Report::Barred), Some(Change::Opened { for_micros: 1_000_000 }));
}

#[test]
fn behind_the_pause_one_probe_at_a_time_passes_and_enough_of_them_close_it() {
    let mut bench = Bench::opened();
    assert_eq!(bench.wait(999).admit(), None);
    let probe = bench.wait(1).admit().expect("the first is the probe");
    assert_eq!(bench.circuit(), Circuit::Probed);
    assert_eq!(bench.admit(), None, "there is one probe at a time");
    assert_eq!(bench.report(probe, Report::Answered), None, "two are needed");
    assert_eq!(bench.circuit(), Circuit::HalfOpen);
    let probe = bench.admit().expect("the second");
    assert_eq!(bench.admit(), None);
    assert_eq!(bench.report(probe, Report::Answered), Some(Change::Closed));
    assert!(bench.admit().is_some() && bench.admit().is_some(), "now all pass");
}

#[test]
fn a_failed_probe_opens_it_for_twice_as_long_up_to_the_limit() {
    let mut bench = Bench::opened();
    let mut pauses = Vec::new();
    for _ in 0..5 {
        bench.wait(100_000);
        let Some(Change::Opened { for_micros }) = bench.call(Report::Failed) else { panic!() };
        pauses.push(for_micros / 1_000_000);
    }
    assert_eq!(pauses, [2, 4, 8, 8, 8]);
    bench.wait(100_000);
    assert_eq!(bench.call(Report::Answered), None);
    assert_eq!(bench.call(Report::Answered), Some(Change::Closed));
    for _ in 0..2 {
        bench.call(Report::Failed);
    }
    let again = bench.call(Report::Failed);
    assert_eq!(again, Some(Change::Opened { for_micros: 1_000_000 }), "once closed, all is new");
}

#[test]
fn a_probe_that_nobody_waits_for_any_more_gives_its_place_to_the_next() {
    let mut bench = Bench::opened();
    assert_eq!(bench.wait(1_000).call(Report::Neutral), None);
    assert_eq!(bench.circuit(), Circuit::HalfOpen);
    assert!(bench.admit().is_some());
}

#[test]
fn a_probe_whose_answer_goes_on_well_holds_nobody_up() {
    let mut bench = Bench::opened();
    let probe = bench.wait(1_000).admit().expect("the probe");
    bench.breaker.answering(probe, bench.now);
    assert_eq!(bench.wait(4_999).admit(), None);
    let next = bench.wait(1).admit().expect("the first counts as answered");
    assert_eq!(bench.report(next, Report::Answered), Some(Change::Closed));
    assert_eq!(bench.report(probe, Report::Failed), None, "what comes of it later is of the past");
}

#[test]
fn a_few_calls_at_once_that_have_nothing_better_pass_an_open_circuit_and_their_answers_close_it() {
    let mut bench = Bench::opened();
    let calls: Vec<_> = (0..20).filter_map(|_| bench.breaker.last_resort()).collect();
    assert_eq!(calls.len(), 10);
    assert_eq!(bench.report(calls[0], Report::Failed), None);
    assert_eq!(bench.circuit(), Circuit::Open { for_micros: 1_000_000 }, "it stays as it was");
    assert!(bench.breaker.last_resort().is_some(), "one has ended");
    assert_eq!(bench.report(calls[1], Report::Answered), None);
    assert_eq!(bench.circuit(), Circuit::HalfOpen);
    assert_eq!(bench.report(calls[2], Report::Neutral), None);
    assert_eq!(bench.report(calls[3], Report::Answered), Some(Change::Closed));
    assert_eq!(bench.report(calls[4], Report::Failed), None, "it says nothing of the new state");
}

#[test]
fn calls_of_a_former_state_say_nothing() {
    let mut bench = Bench::new();
    let early: Vec<_> = (0..10).filter_map(|_| bench.admit()).collect();
    for ticket in &early[..3] {
        bench.report(*ticket, Report::Failed);
    }
    bench.wait(1_000);
    let probe = bench.admit().expect("the probe");
    for ticket in &early[3..] {
        assert_eq!(bench.report(*ticket, Report::Failed), None);
    }
    assert_eq!(bench.circuit(), Circuit::Probed);
    assert_eq!(bench.report(probe, Report::Answered), None);
}

#[test]
fn jitter_makes_a_pause_longer_by_half_at_most_and_never_shorter() {
    let pause = |jitter| RULES.pause_micros(0, jitter);
    assert_eq!((pause(0), pause(500), pause(1_000)), (1_000_000, 1_250_000, 1_500_000));
    assert_eq!(pause(u32::MAX), 1_500_000);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Admit,
    End(usize, Report),
    Answering(usize),
    Wait(i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let report = prop_oneof![
        3 => Just(Report::Failed),
        3 => Just(Report::Answered),
        1 => Just(Report::Neutral),
        1 => Just(Report::Barred),
    ];
    prop_oneof![
        4 => Just(Step::Admit),
        4 => (0..8_usize, report).prop_map(|(call, report)| Step::End(call, report)),
        1 => (0..8_usize).prop_map(Step::Answering),
        2 => (1..4_000_i64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever happens in whatever order: an open circuit lets nobody through, a half open one
    /// never more than one at a time whose answer has not begun well, and every pause ends.
    #[test]
    fn no_order_of_events_lets_a_herd_through(
        steps in prop::collection::vec(any_step(), 1..200),
    ) {
        let mut bench = Bench::new();
        let mut under_way = Vec::new();
        for step in steps {
            match step {
                Step::Admit => {
                    let before = bench.circuit();
                    let admitted = bench.admit();
                    let may_pass = matches!(before, Circuit::Closed | Circuit::HalfOpen);
                    prop_assert_eq!(admitted.is_some(), may_pass, "{:?}", before);
                    under_way.extend(admitted);
                }
                Step::End(call, report) if call < under_way.len() => {
                    let ticket = under_way.swap_remove(call);
                    bench.report(ticket, report);
                }
                Step::Answering(call) if call < under_way.len() => {
                    bench.breaker.answering(under_way[call], bench.now);
                }
                Step::Wait(millis) => {
                    bench.wait(millis);
                }
                Step::End(..) | Step::Answering(_) => {}
            }
        }
        bench.wait(RULES.pause_limit_micros / 1_000 * 2);
        for ticket in under_way {
            bench.report(ticket, Report::Neutral);
        }
        prop_assert!(bench.admit().is_some());
    }
}
