//! A batch, whichever vendor takes it: its requests, how far it has come and how it ends.
//!
//! All requests are answered when the batch is made, each as it would be by itself. How the batch
//! ends decides which of the answers its caller gets, and is billed. There is no clock: a batch
//! moves on when it is asked for.

mod course;
mod task;

pub(super) use self::{
    course::{Course, End},
    task::{Answered, Task},
};
use super::{
    fault::Fault,
    ledger::{Ledger, Usage},
};

/// The requests of one batch, and how far they have come.
#[derive(Debug)]
pub(super) struct Batch {
    tasks: Vec<Task>,
    course: Course,
    /// How often it has been asked for.
    polls: u64,
    is_cancelled: bool,
    end: Option<End>,
    /// How often its results have been broken off.
    cuts: u64,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    Done(&'a Answered),
    Errored(Fault),
    Expired,
    Cancelled,
}

/// How many requests came to which outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) done: usize,
    pub(super) errored: usize,
    pub(super) expired: usize,
    pub(super) cancelled: usize,
}

impl Batch {
    /// A batch of these requests, which goes as the model of the first one says.
    pub(super) fn of(tasks: Vec<Task>) -> Self {
        let course = tasks.first().map(|task| task.course.clone()).unwrap_or_default();
        Self { tasks, course, polls: 0, is_cancelled: false, end: None, cuts: 0 }
    }

    /// Why it is not even made, where the model's name says so.
    pub(super) fn refusal(&self) -> Option<Fault> {
        let status = self.course.refusal?;
        Some(Fault::Wanted { status, model: String::new() })
    }

    /// How many requests it has.
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether it has not been asked for since it was made.
    pub(super) fn is_new(&self) -> bool {
        self.polls == 0
    }

    /// Whether it was told to end early.
    pub(super) fn is_cancelled(&self) -> bool {
        self.is_cancelled
    }

    /// How it has ended, if it has.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// It is asked for, and that may be what ends it; what was done is billed then. Gives whether
    /// it has just ended.
    pub(super) fn move_on(&mut self, ledger: &Ledger) -> bool {
        self.polls += 1;
        if self.end.is_some() || self.polls <= self.course.polls {
            return false;
        }
        self.end = Some(if self.is_cancelled { End::Cancelled } else { self.course.end });
        for (_, outcome) in self.results() {
            if let Outcome::Done(answered) = outcome {
                ledger.bill_batched(&answered.model, answered.usage);
            }
        }
        true
    }

    /// It is told to end early. Gives whether it could be, for it may have ended already.
    pub(super) fn cancel(&mut self) -> bool {
        self.is_cancelled |= self.end.is_none();
        self.end.is_none()
    }

    /// Whether its results, which somebody fetches now, break off on the way.
    pub(super) fn cuts_results(&mut self) -> bool {
        let is_cut = self.cuts < self.course.cuts;
        self.cuts += u64::from(is_cut);
        is_cut
    }

    /// How often its results are to break off, for those that put them into files.
    pub(super) fn cuts(&self) -> u64 {
        self.course.cuts
    }

    /// What was used of the models; nothing before the end.
    pub(super) fn usage(&self) -> Usage {
        self.results().fold(Usage::default(), |mut sum, (_, outcome)| {
            if let Outcome::Done(answered) = outcome {
                sum.input += answered.usage.input;
                sum.cached += answered.usage.cached;
                sum.output += answered.usage.output;
                sum.reasoning += answered.usage.reasoning;
            }
            sum
        })
    }

    /// What became of each request, by its caller's id for it; nothing before the end. The last
    /// comes first, for no vendor promises an order.
    pub(super) fn results(&self) -> impl Iterator<Item = (&str, Outcome<'_>)> {
        let end = self.end;
        let tasks = self.tasks.iter().enumerate().rev();
        tasks.filter_map(move |(index, task)| Some((&*task.custom_id, self.outcome(index, end?)?)))
    }

    /// Where it ended early, only the first half of the requests was reached.
    fn outcome(&self, index: usize, end: End) -> Option<Outcome<'_>> {
        let is_reached = index < self.tasks.len() / 2;
        Some(match end {
            End::Failed => Outcome::Errored(Fault::of_server()),
            End::Expired if !is_reached => Outcome::Expired,
            End::Cancelled if !is_reached => Outcome::Cancelled,
            _ if index < self.course.errors => Outcome::Errored(Fault::of_server()),
            _ => match &self.tasks.get(index)?.answer {
                Ok(answered) => Outcome::Done(answered),
                Err(fault) => Outcome::Errored(fault.clone()),
            },
        })
    }

    /// How many requests came to which outcome.
    pub(super) fn counts(&self) -> Counts {
        self.results().fold(Counts::default(), |mut counts, (_, outcome)| {
            *match outcome {
                Outcome::Done(_) => &mut counts.done,
                Outcome::Errored(_) => &mut counts.errored,
                Outcome::Expired => &mut counts.expired,
                Outcome::Cancelled => &mut counts.cancelled,
            } += 1;
            counts
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_provider::directives::Directives;

    fn batch(directives: &str) -> Batch {
        let model = format!("fake@{directives}");
        let course = Directives::of(&model).unwrap().batch;
        let task = |id: &str| Task {
            custom_id: id.to_owned(),
            course: course.clone(),
            answer: Ok(Answered {
                model: model.clone(),
                usage: Usage { input: 10, output: 5, ..Usage::default() },
                body: "{}".to_owned(),
            }),
        };
        Batch::of(["a", "b", "c", "d"].map(task).into())
    }

    /// What a batch came to: the lines of the bill and the outcomes, in their order.
    fn ended(batch: &mut Batch) -> (u64, Vec<String>) {
        let ledger = Ledger::default();
        while !batch.move_on(&ledger) {}
        assert!(!batch.move_on(&ledger), "it ends once");
        let results = batch.results().map(|(id, outcome)| match outcome {
            Outcome::Done(_) => format!("{id} done"),
            Outcome::Errored(_) => format!("{id} errored"),
            Outcome::Expired => format!("{id} expired"),
            Outcome::Cancelled => format!("{id} cancelled"),
        });
        (ledger.snapshot().calls, results.collect())
    }

    #[test]
    fn it_is_under_way_until_it_has_been_asked_for_often_enough() {
        let ledger = Ledger::default();
        let mut batch = batch("batch_polls=2");
        assert!(batch.is_new());
        let moves = [(); 4].map(|()| batch.move_on(&ledger));
        assert_eq!(moves, [false, false, true, false]);
        assert_eq!(ledger.snapshot().bill[0].output, 20);
        assert!(ledger.snapshot().bill[0].batch);
    }

    #[test]
    fn results_come_in_another_order_and_errors_cost_nothing() {
        let (billed, results) = ended(&mut batch("batch_errors=1"));
        assert_eq!(results, ["d done", "c done", "b done", "a errored"]);
        assert_eq!(billed, 3);
    }

    #[test]
    fn what_ends_early_is_done_by_half() {
        let (billed, results) = ended(&mut batch("batch_end=expired"));
        assert_eq!(results, ["d expired", "c expired", "b done", "a done"]);
        assert_eq!(billed, 2);
        let mut cancelled = batch("batch_polls=1");
        assert!(cancelled.cancel());
        let (billed, results) = ended(&mut cancelled);
        assert_eq!(results, ["d cancelled", "c cancelled", "b done", "a done"]);
        assert_eq!(billed, 2);
        assert!(!cancelled.cancel(), "it has ended");
        let counts = Counts { done: 2, cancelled: 2, ..Counts::default() };
        assert_eq!(cancelled.counts(), counts);
    }

    #[test]
    fn of_what_fails_nothing_is_done() {
        let mut failed = batch("batch_end=failed");
        assert_eq!(ended(&mut failed).0, 0);
        assert_eq!(failed.counts(), Counts { errored: 4, ..Counts::default() });
    }

    #[test]
    fn only_the_first_results_break_off() {
        let mut batch = batch("batch_cuts=2");
        assert_eq!([(); 3].map(|()| batch.cuts_results()), [true, true, false]);
    }
}
