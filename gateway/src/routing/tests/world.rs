//! The discrete-event simulation: a queue of events on the virtual clock, around the real routing.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use shared::{Id, Timestamp};
use uuid::Uuid;

use super::{
    super::{
        Ask, Attempt, Caller, Limit, Limits, Outcome, Routing,
        attempts::{Attempts, Next},
        plan::Plan,
    },
    script::{CallSpec, FAILED, Fate, Manner, Phase, manner_at, used},
};
use crate::{
    catalog::{Catalog, Model},
    kernel::{Clock, Ids, config::Config},
};

pub(super) const START: i64 = 1_790_000_000_000_000;
const SECOND: f64 = 1_000_000.0;
/// For how long a scripted provider keeps a prompt.
const CACHE_MICROS: i64 = 300_000_000;

/// What has become of one call.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) at_seconds: f64,
    pub(super) ended_seconds: f64,
    /// Which deployments were asked, in order, with what came of it.
    pub(super) asked: Vec<(usize, Outcome)>,
    /// By whom it was answered to the end.
    pub(super) answered_by: Option<usize>,
    /// Whether its answer had begun before it broke off.
    pub(super) is_cut: bool,
    pub(super) cached_tokens: i64,
}

struct Running {
    spec: usize,
    attempts: Option<Attempts>,
    attempt: Option<Attempt>,
    fate: Option<Fate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Arrive,
    Resume,
    FirstByte,
    End,
}

/// One model, its scripted deployments, and the gateway in front of them.
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) routing: Routing,
    pub(super) model: Arc<Model>,
    scripts: Vec<Vec<Phase>>,
    chance: StdRng,
    specs: Vec<CallSpec>,
    running: Vec<Running>,
    events: BinaryHeap<Reverse<(i64, usize, Step, usize)>>,
    counted: usize,
    /// Calls of each second at limited deployments.
    taken: HashMap<(usize, i64), u32>,
    /// What each deployment has in its cache, by conversation: tokens and until when.
    caches: HashMap<(usize, u32), (i64, i64)>,
    /// The most calls that each deployment had at once.
    pub(super) most_in_flight: Vec<u32>,
    in_flight: Vec<u32>,
    /// Whether providers tell their limits.
    pub(super) tells_limits: bool,
    pub(super) told: Vec<Told>,
}

impl World {
    /// A model with these fields; its backends are at providers of their own.
    pub(super) fn new(model: Value, routing: Value, scripts: Vec<Vec<Phase>>) -> Self {
        let config = config(model, routing);
        let clock = Clock::manual(Timestamp::from_micros(START));
        let routing = Routing::from_config(&config, clock.clone(), &Ids::seeded(7));
        let model = found(&Catalog::from_config(&config), "m");
        let count = scripts.len();
        Self {
            clock,
            routing,
            model,
            scripts,
            chance: StdRng::seed_from_u64(11),
            specs: Vec::new(),
            running: Vec::new(),
            events: BinaryHeap::new(),
            counted: 0,
            taken: HashMap::new(),
            caches: HashMap::new(),
            most_in_flight: vec![0; count],
            in_flight: vec![0; count],
            tells_limits: false,
            told: Vec::new(),
        }
    }

    /// So many plain calls a second, evenly, from one second to another.
    pub(super) fn load(&mut self, per_second: f64, from: f64, to: f64, is_streaming: bool) {
        let mut at = from;
        while at < to {
            self.call(CallSpec::plain(micros(at), is_streaming));
            at += 1.0 / per_second;
        }
    }

    pub(super) fn call(&mut self, spec: CallSpec) {
        let at = spec.at_micros;
        let number = self.specs.len();
        self.specs.push(spec);
        self.running.push(Running { spec: number, attempts: None, attempt: None, fate: None });
        self.told.push(Told {
            at_seconds: seconds(at),
            ended_seconds: 0.0,
            asked: Vec::new(),
            answered_by: None,
            is_cut: false,
            cached_tokens: 0,
        });
        self.at(at, Step::Arrive, number);
    }

    /// Until nothing happens any more.
    pub(super) fn run(&mut self) {
        self.run_until(f64::MAX);
    }

    pub(super) fn run_until(&mut self, until_seconds: f64) {
        while let Some(Reverse((at, ..))) = self.events.peek()
            && seconds(*at) <= until_seconds
            && let Some(Reverse((at, _, step, call))) = self.events.pop()
        {
            self.clock.set(Timestamp::from_micros(START + at));
            match step {
                Step::Arrive => self.arrive(call, at),
                Step::Resume => self.ask_next(call, at),
                Step::FirstByte => {
                    if let Some(attempt) = &self.running[call].attempt {
                        attempt.answering();
                    }
                }
                Step::End => self.end(call, at),
            }
        }
    }

    pub(super) fn ask<'a>(&self, spec: &'a CallSpec) -> Ask<'a> {
        Ask {
            caller: Caller { team: id(1), user: id(2) },
            regions: None,
            needs: None,
            arrived_at: self.clock.now(),
            body: &spec.body,
            is_streaming: spec.is_streaming,
            most_answer_tokens: spec.most_answer_tokens,
        }
    }

    fn at(&mut self, at: i64, step: Step, call: usize) {
        self.counted += 1;
        self.events.push(Reverse((at, self.counted, step, call)));
    }

    fn arrive(&mut self, call: usize, at: i64) {
        let spec = self.specs[self.running[call].spec].clone();
        let plan = Plan::of(&self.routing.pools.of(&self.model), &self.ask(&spec));
        self.running[call].attempts = plan.map(|plan| Attempts::new(plan, Vec::new()));
        self.ask_next(call, at);
    }

    fn ask_next(&mut self, call: usize, at: i64) {
        let next = match &mut self.running[call].attempts {
            Some(attempts) => attempts.advance(),
            None => Next::Nobody,
        };
        match next {
            Next::Ask(attempt) => {
                let place = attempt.place();
                self.in_flight[place] += 1;
                self.most_in_flight[place] = self.most_in_flight[place].max(self.in_flight[place]);
                let fate = self.fate(place, at);
                attempt.told(&fate.limits);
                if let Some(after) = fate.first_byte {
                    self.at(at + after, Step::FirstByte, call);
                }
                self.at(at + fate.end, Step::End, call);
                self.running[call].fate = Some(fate);
                self.running[call].attempt = Some(attempt);
            }
            Next::Pause(pause) => self.at(at + pause, Step::Resume, call),
            Next::Queue(_) | Next::Nobody => self.told[call].ended_seconds = seconds(at),
        }
    }

    fn end(&mut self, call: usize, at: i64) {
        let running = &mut self.running[call];
        let (Some(mut attempt), Some(fate)) = (running.attempt.take(), running.fate.take()) else {
            return;
        };
        let place = attempt.place();
        self.in_flight[place] -= 1;
        self.told[call].asked.push((place, fate.outcome));
        self.told[call].ended_seconds = seconds(at);
        if fate.first_byte.is_none() {
            if let Some(attempts) = &mut self.running[call].attempts {
                attempts.failed(attempt, fate.outcome);
            }
            return self.ask_next(call, at);
        }
        attempt.end(fate.outcome);
        if fate.outcome == Outcome::Answered {
            let cached = self.cached(call, place, at);
            let spec = &self.specs[call];
            attempt.used(&used(prompt_tokens(spec), cached, spec.answer_tokens));
            self.told[call].answered_by = Some(place);
            self.told[call].cached_tokens = cached;
        } else {
            self.told[call].is_cut = true;
        }
    }

    /// How much of the prompt the deployment had in its cache; now it has all of it.
    fn cached(&mut self, call: usize, place: usize, at: i64) -> i64 {
        let spec = &self.specs[call];
        if spec.conversation == 0 {
            return 0;
        }
        let known = self.caches.get(&(place, spec.conversation));
        let cached = known.filter(|(_, until)| at < *until).map_or(0, |(tokens, _)| *tokens);
        let whole = prompt_tokens(spec);
        self.caches.insert((place, spec.conversation), (whole, at + CACHE_MICROS));
        cached.min(whole)
    }

    fn fate(&mut self, place: usize, at: i64) -> Fate {
        let manner = manner_at(&self.scripts[place], seconds(at));
        let fails = |after_ms: f64, outcome| Fate {
            first_byte: None,
            end: millis(after_ms),
            outcome,
            limits: Limits::default(),
        };
        match manner {
            Manner::Answers { median_ms } => self.answered(median_ms),
            Manner::Down => {
                fails(1.0, Outcome::Failed { retry_after_seconds: None, may_repeat: true })
            }
            Manner::Fails { may_repeat } => {
                fails(20.0, Outcome::Failed { retry_after_seconds: None, may_repeat })
            }
            Manner::Flickers { percent, median_ms, may_repeat } => {
                if self.chance.random_range(0..100) < percent {
                    fails(median_ms, Outcome::Failed { retry_after_seconds: None, may_repeat })
                } else {
                    self.answered(median_ms)
                }
            }
            Manner::Hangs { timeout_ms } => fails(timeout_ms, FAILED),
            Manner::Cuts { median_ms } => Fate { outcome: FAILED, ..self.answered(median_ms) },
            Manner::Limited { per_second, retry_after_seconds, median_ms } => {
                let taken = self.taken.entry((place, at / 1_000_000)).or_insert(0);
                let is_taken = *taken < per_second;
                *taken += u32::from(is_taken);
                let limits = Limits {
                    requests: Some(Limit {
                        limit: Some(u64::from(per_second)),
                        remaining: u64::from(per_second - *taken),
                        resets_in_micros: Some(1_000_000 - at % 1_000_000),
                    }),
                    tokens: None,
                };
                let limits = if self.tells_limits { limits } else { Limits::default() };
                let fate = if is_taken {
                    self.answered(median_ms)
                } else {
                    fails(2.0, Outcome::Busy { retry_after_seconds })
                };
                Fate { limits, ..fate }
            }
        }
    }

    /// Between two thirds and one and a half of the median, as often above as below it.
    fn answered(&mut self, median_ms: f64) -> Fate {
        let exponent: f64 = self.chance.random_range(-1.0..1.0);
        let first = median_ms * 1.5_f64.powf(exponent);
        Fate {
            first_byte: Some(millis(first)),
            end: millis(first * 2.0),
            outcome: Outcome::Answered,
            limits: Limits::default(),
        }
    }

    /// How many calls that arrived between two seconds began at each deployment, in percent.
    pub(super) fn begun_percent(&self, from: f64, to: f64) -> Vec<f64> {
        let mut counts = vec![0_u32; self.scripts.len()];
        for told in self.between(from, to) {
            if let Some((place, _)) = told.asked.first() {
                counts[*place] += 1;
            }
        }
        let all = f64::from(counts.iter().sum::<u32>().max(1));
        counts.into_iter().map(|count| f64::from(count) * 100.0 / all).collect()
    }

    pub(super) fn between(&self, from: f64, to: f64) -> impl Iterator<Item = &Told> {
        self.told.iter().filter(move |told| (from..to).contains(&told.at_seconds))
    }

    /// Calls that ended without a whole answer.
    pub(super) fn errors(&self, from: f64, to: f64) -> usize {
        self.between(from, to).filter(|told| told.answered_by.is_none()).count()
    }

    /// Requests that a deployment got from calls that arrived between two seconds.
    pub(super) fn requests_to(&self, place: usize, from: f64, to: f64) -> usize {
        self.between(from, to)
            .flat_map(|told| &told.asked)
            .filter(|(asked, _)| *asked == place)
            .count()
    }

    pub(super) fn spec(&self, call: usize) -> &CallSpec {
        &self.specs[call]
    }
}

/// A configuration of one model `m`, with each backend at a provider of its own name.
pub(super) fn config(mut model: Value, routing: Value) -> Config {
    let mut providers = serde_json::Map::new();
    for backend in model["backends"].as_array().expect("backends") {
        let name = backend["provider"].as_str().expect("a provider").to_owned();
        providers.insert(name, json!({"kind": "demo"}));
    }
    model["name"] = json!("m");
    let mut whole = json!({"providers": providers, "models": [model]});
    whole["routing"] = routing;
    serde_json::from_value(whole).expect("a configuration")
}

/// The model of this name.
pub(super) fn found(catalog: &Catalog, name: &str) -> Arc<Model> {
    let is_it = |model: &&Arc<Model>| model.name == name;
    Arc::clone(catalog.list().find(is_it).expect("it is there"))
}

pub(super) fn id<K>(number: u128) -> Id<K> {
    Id::from_uuid(Uuid::from_u128(number))
}

pub(super) fn prompt_tokens(spec: &CallSpec) -> i64 {
    i64::try_from(spec.body.len()).expect("a body") / 4
}

#[expect(clippy::cast_possible_truncation, reason = "scripts last for hours")]
pub(super) fn micros(seconds: f64) -> i64 {
    (seconds * SECOND) as i64
}

fn millis(millis: f64) -> i64 {
    micros(millis / 1_000.0)
}

#[expect(clippy::cast_precision_loss, reason = "scripts last for hours")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / SECOND
}

/// One manner from the beginning on.
pub(super) fn always(manner: Manner) -> Vec<Phase> {
    vec![Phase { from_seconds: 0.0, manner }]
}

/// One manner, another one between two seconds, and the first again.
pub(super) fn except(manner: Manner, from: f64, to: f64, other: Manner) -> Vec<Phase> {
    vec![
        Phase { from_seconds: 0.0, manner },
        Phase { from_seconds: from, manner: other },
        Phase { from_seconds: to, manner },
    ]
}
