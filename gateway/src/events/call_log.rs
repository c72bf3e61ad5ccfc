//! What the operator sees of every call: one log line and the metrics.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use metrics::{Counter, Histogram};
use shared::{Timestamp, receipt::Outcome};

use crate::call::{Event, EventSender, Finish, ModelUnpriced, Observer};

/// Logs and counts every call that ends.
pub struct CallLog {
    cost_nanos: Counter,
    tokens: Counter,
    /// What was counted before; a metric is there from the first call on that it counts.
    ended: Mutex<HashMap<Outcome, Ended>>,
    events: EventSender,
    /// The day on which a model without a price was told of last; there are as many as models.
    unpriced: Mutex<HashMap<String, String>>,
}

/// The metrics of calls that end in the same way, found once: by their labels it takes longer.
struct Ended {
    /// By surface.
    calls: HashMap<Cow<'static, str>, Counter>,
    duration: Histogram,
}

impl Ended {
    fn new(outcome: Outcome) -> Self {
        let duration =
            metrics::histogram!("helix_call_duration_seconds", "outcome" => outcome.as_str());
        Self { calls: HashMap::new(), duration }
    }

    fn count(&mut self, finish: &Finish) {
        let (surface, outcome) = (finish.surface.clone(), finish.outcome.as_str());
        // Labels are of bounded number: never a model or a user as a caller wrote it.
        self.calls
            .entry(surface.clone())
            .or_insert_with(|| {
                metrics::counter!("helix_calls_total", "surface" => surface, "outcome" => outcome)
            })
            .increment(1);
        #[expect(clippy::cast_precision_loss, reason = "a metric in seconds")]
        let seconds = finish.duration_micros as f64 / 1e6;
        self.duration.record(seconds);
    }
}

impl CallLog {
    /// Counts from now on, where somebody has installed a recorder of metrics.
    #[must_use]
    pub fn start(events: EventSender) -> Self {
        Self {
            ended: Mutex::default(),
            events,
            unpriced: Mutex::default(),
            cost_nanos: metrics::counter!("helix_cost_nanos_total"),
            tokens: metrics::counter!("helix_tokens_total"),
        }
    }

    fn tell_of_unpriced(&self, model: &str, at: Timestamp) {
        let day = day_of(at);
        let mut told = self.unpriced.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(model) == Some(&day) {
            return;
        }
        told.insert(model.to_owned(), day.clone());
        drop(told);
        self.events.send(Event::ModelUnpriced(ModelUnpriced { model: model.to_owned(), day }));
    }
}

fn day_of(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros())
        .map(|instant| instant.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

impl Observer for CallLog {
    fn finished(&self, finish: &Finish) {
        tracing::info!(
            request_id = %finish.request_id,
            surface = &*finish.surface,
            outcome = finish.outcome.as_str(),
            status = finish.status,
            problem = finish.problem.map(shared::ProblemCode::as_str),
            user = finish.user.map(tracing::field::display),
            key = finish.key.map(tracing::field::display),
            model = finish.model,
            provider = finish.provider,
            tokens = finish.tokens.total(),
            cost = %finish.cost,
            is_estimated = finish.is_estimated,
            duration_micros = finish.duration_micros,
            "call"
        );
        if !finish.is_priced && finish.outcome == Outcome::Finished {
            self.tell_of_unpriced(&finish.model, finish.started_at);
        }
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = finish.outcome;
        ended.entry(outcome).or_insert_with(|| Ended::new(outcome)).count(finish);
        drop(ended);
        self.cost_nanos.increment(u64::try_from(finish.cost.nanos()).unwrap_or(0));
        self.tokens.increment(u64::try_from(finish.tokens.total()).unwrap_or(0));
    }
}
