//! What is known of one deployment at the moment: how many calls it has, whether its circuit is
//! open, how quick it is, and what its provider says is left.
//!
//! It is the same for every model that is served there. Where no model has a choice, there is
//! nothing to judge by it, so only calls are counted, and that without a lock.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
};

use shared::{Money, Timestamp};

use super::{
    Outcome, RuledOut,
    affinity::{hash_of, mixed},
    allowance::{Allowance, Limits},
    breaker::{Breaker, Change, Circuit, Report, Rules, Ticket},
    gate::Gate,
    latency::{Evidence, Latency},
    strategy::Figures,
};

/// One deployment, whichever models are served there.
#[derive(Debug)]
pub(super) struct Health {
    pub(super) provider: String,
    pub(super) upstream_model: String,
    /// The same on every node.
    pub(super) identity: u64,
    pub(super) gate: Arc<Gate>,
    in_flight: AtomicU32,
    max_concurrent: AtomicU32,
    answered: AtomicU64,
    failed: AtomicU64,
    judged: OnceLock<Mutex<Judged>>,
}

/// What a choice is made by.
#[derive(Debug)]
struct Judged {
    breaker: Breaker,
    allowance: Allowance,
    first_byte: Latency,
    total: Latency,
    /// Where jitter is drawn from.
    chance: u64,
}

/// How a deployment is judged; the same for all.
#[derive(Debug, Clone)]
pub(super) struct Judging {
    pub(super) rules: Rules,
    pub(super) half_life_seconds: u32,
    pub(super) queue_limit: usize,
    /// Differs from node to node, so that nodes do not come back at once.
    pub(super) seed: u64,
}

/// How long an answer has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Took {
    /// Until the first byte of a stream.
    FirstByte(i64),
    /// Until the end of an answer that came whole.
    Whole(i64),
}

/// A deployment as a console shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) circuit: Circuit,
    pub(super) first_byte: Evidence,
    pub(super) total: Evidence,
}

impl Health {
    pub(super) fn new(provider: &str, upstream_model: &str, judging: &Judging) -> Self {
        let identity = hash_of(provider.as_bytes()) ^ mixed(hash_of(upstream_model.as_bytes()));
        Self {
            provider: provider.to_owned(),
            upstream_model: upstream_model.to_owned(),
            identity,
            gate: Arc::new(Gate::new(judging.queue_limit)),
            in_flight: AtomicU32::new(0),
            max_concurrent: AtomicU32::new(0),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            judged: OnceLock::new(),
        }
    }

    /// A model has a choice in which this is one.
    pub(super) fn judge(&self, judging: &Judging, now: Timestamp) {
        self.judged.get_or_init(|| {
            Mutex::new(Judged {
                breaker: Breaker::new(&judging.rules),
                allowance: Allowance::default(),
                first_byte: Latency::new(judging.half_life_seconds, now),
                total: Latency::new(judging.half_life_seconds, now),
                chance: judging.seed ^ self.identity,
            })
        });
    }

    /// From now on so many calls at once.
    pub(super) fn limit_to(&self, max_concurrent: Option<u32>) {
        self.max_concurrent.store(max_concurrent.unwrap_or(0), Ordering::Relaxed);
        self.gate.limit_to(max_concurrent);
    }

    pub(super) fn max_concurrent(&self) -> Option<NonZeroU32> {
        NonZeroU32::new(self.max_concurrent.load(Ordering::Relaxed))
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Calls that were answered, and that failed, since the start.
    pub(super) fn ended(&self) -> (u64, u64) {
        (self.answered.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    /// What a strategy knows of it, and why it may not be asked now, if it may not.
    pub(super) fn figures(
        &self,
        place: usize,
        weight: u32,
        expected_cost: Option<Money>,
        now: Timestamp,
    ) -> (Figures, Option<RuledOut>) {
        let mut figures = Figures {
            place,
            weight,
            in_flight: self.in_flight(),
            max_concurrent: self.max_concurrent(),
            room: 1.0,
            first_byte: Evidence::default(),
            total: Evidence::default(),
            expected_cost,
        };
        let Some(judged) = self.lock() else { return (figures, None) };
        figures.room = judged.allowance.room(now);
        figures.first_byte = judged.first_byte.evidence(now);
        figures.total = judged.total.evidence(now);
        (figures, judged.ruled_out(now))
    }

    /// How it stands, for people.
    pub(super) fn seen(&self, now: Timestamp) -> Option<Seen> {
        self.lock().map(|judged| Seen {
            circuit: judged.breaker.circuit(now),
            first_byte: judged.first_byte.evidence(now),
            total: judged.total.evidence(now),
        })
    }

    /// Lets a call through where circuit and provider do; a permit is another matter.
    pub(super) fn admit(&self, now: Timestamp, rules: &Rules) -> Result<Option<Ticket>, RuledOut> {
        let Some(mut judged) = self.lock() else { return Ok(None) };
        if let Some(for_micros) = judged.allowance.rests_for_micros(now) {
            return Err(RuledOut::Resting { for_micros });
        }
        match judged.breaker.admit(now, rules) {
            Some(ticket) => Ok(Some(ticket)),
            None => Err(judged.ruled_out(now).unwrap_or(RuledOut::Probed)),
        }
    }

    /// Lets a call through that has nothing better, or none where enough of them are under way.
    pub(super) fn last_resort(&self) -> Option<Ticket> {
        self.lock()?.breaker.last_resort()
    }

    /// The ticket of a call that has nowhere else to go.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        self.lock().map(|judged| judged.breaker.ticket())
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// An answer has begun.
    pub(super) fn answering(&self, ticket: Option<Ticket>, took: Option<Took>, now: Timestamp) {
        let Some(mut judged) = self.lock() else { return };
        if let Some(ticket) = ticket {
            judged.breaker.answering(ticket, now);
        }
        if let Some(took) = took {
            judged.measure(took, now);
        }
    }

    pub(super) fn told(&self, limits: &Limits, now: Timestamp) {
        if let Some(mut judged) = self.lock() {
            judged.allowance.told(limits, now);
        }
    }

    /// A call that began has ended.
    pub(super) fn end(
        &self,
        ticket: Option<Ticket>,
        outcome: Outcome,
        took: Option<Took>,
        now: Timestamp,
        rules: &Rules,
    ) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        match outcome {
            Outcome::Answered => {
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Failed { .. } | Outcome::Busy { .. } | Outcome::Barred => {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Neutral => {}
        }
        let Some(mut judged) = self.lock() else { return };
        let report = match outcome {
            Outcome::Answered => {
                judged.allowance.answered();
                if let Some(took) = took {
                    judged.measure(took, now);
                }
                Report::Answered
            }
            Outcome::Failed { retry_after_seconds, .. } => {
                judged.allowance.rest(retry_after_seconds, false, now);
                Report::Failed
            }
            Outcome::Busy { retry_after_seconds } => {
                judged.allowance.rest(retry_after_seconds, true, now);
                Report::Neutral
            }
            Outcome::Barred => Report::Barred,
            Outcome::Neutral => Report::Neutral,
        };
        let jitter = judged.jitter_permille();
        let change =
            ticket.and_then(|ticket| judged.breaker.report(ticket, report, now, rules, jitter));
        drop(judged);
        if let Some(change) = change {
            self.tell(change);
        }
    }

    fn tell(&self, change: Change) {
        let (provider, model) = (&self.provider, &self.upstream_model);
        match change {
            Change::Opened { for_micros } => {
                let pause_ms = for_micros / 1_000;
                tracing::warn!(provider, model, pause_ms, "a circuit has opened");
            }
            Change::Closed => tracing::info!(provider, model, "a circuit is closed again"),
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, Judged>> {
        let judged = self.judged.get()?;
        Some(judged.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Judged {
    fn ruled_out(&self, now: Timestamp) -> Option<RuledOut> {
        if let Some(for_micros) = self.allowance.rests_for_micros(now) {
            return Some(RuledOut::Resting { for_micros });
        }
        match self.breaker.circuit(now) {
            Circuit::Closed | Circuit::HalfOpen => None,
            Circuit::Open { for_micros } => Some(RuledOut::CircuitOpen { for_micros }),
            Circuit::Probed => Some(RuledOut::Probed),
        }
    }

    fn measure(&mut self, took: Took, now: Timestamp) {
        match took {
            Took::FirstByte(micros) => self.first_byte.add(micros, now),
            Took::Whole(micros) => self.total.add(micros, now),
        }
    }

    fn jitter_permille(&mut self) -> u32 {
        self.chance = mixed(self.chance);
        u32::try_from(self.chance % 1_001).unwrap_or(0)
    }
}
