//! The circuit breaker of one deployment: three states, and what takes it from one to the next.
//!
//! Closed, calls pass. So many failures in a row, or so many in a hundred of the calls of a window,
//! open it, and calls go elsewhere for a pause that grows each time. Then it is half open: one call
//! at a time is let through as a probe, and when enough of them were answered, it is closed. Calls
//! that have nothing better than open circuits are let through a few at a time, whatever the state:
//! to fail some is better than to refuse all. Pure: time and jitter are given, so that every
//! transition is a row of a test.

mod window;

use shared::Timestamp;

use self::window::Window;
use crate::kernel::config;

/// A probe whose answer has gone on for so long counts as answered: an answer may take minutes.
const GOOD_BEGINNING_MICROS: i64 = 5_000_000;
/// So many calls at once are let through for want of anything better.
const LAST_RESORTS: u32 = 10;
/// No pause is doubled more often than that; the limit is reached long before.
const MOST_DOUBLINGS: u32 = 16;

/// When a circuit opens and closes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) consecutive_failures: u32,
    pub(super) failure_percent: u32,
    pub(super) least_calls: u32,
    pub(super) window_micros: i64,
    pub(super) pause_micros: i64,
    pub(super) pause_limit_micros: i64,
    pub(super) probes: u32,
}

/// The circuit of one deployment.
#[derive(Debug)]
pub(super) struct Breaker {
    state: State,
    /// Counts changes of the state, so that a call that began in a former one says nothing.
    generation: u32,
    /// Failures since the last answer.
    in_a_row: u32,
    window: Window,
    /// How often it has opened since it was last closed.
    openings: u32,
    probes_begun: u32,
    /// Calls under way that have nothing better.
    last_resorts: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Timestamp },
    HalfOpen { passed: u32, probe: Option<Probe> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Probe {
    number: u32,
    answering_since: Option<Timestamp>,
}

/// What a call brings back, so that the breaker knows what its end means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    generation: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ordinary,
    Probe(u32),
    LastResort,
}

/// What a breaker learns from a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Answered,
    Failed,
    /// Nothing that goes on would help.
    Barred,
    /// Nothing.
    Neutral,
}

/// How the circuit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circuit {
    Closed,
    Open {
        for_micros: i64,
    },
    /// The next call is a probe.
    HalfOpen,
    /// Another call is the probe.
    Probed,
}

impl Circuit {
    /// The stable name; who is probed is half open.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen | Self::Probed => "half_open",
        }
    }
}

/// What a report has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Opened { for_micros: i64 },
    Closed,
}

impl From<&config::Breaker> for Rules {
    fn from(config: &config::Breaker) -> Self {
        let micros = |ms: u64| i64::try_from(ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Self {
            consecutive_failures: config.consecutive_failures,
            failure_percent: config.failure_percent,
            least_calls: config.least_calls,
            window_micros: i64::from(config.window_seconds) * 1_000_000,
            pause_micros: micros(config.pause_ms),
            pause_limit_micros: micros(config.pause_limit_ms),
            probes: config.probes,
        }
    }
}

impl Rules {
    /// How long the circuit stays open, having opened so often before. `jitter` in a thousand: up
    /// to half as long again, so that many nodes do not come back at once.
    fn pause_micros(&self, openings: u32, jitter_permille: u32) -> i64 {
        let doubled = self.pause_micros.saturating_mul(1 << openings.min(MOST_DOUBLINGS));
        let pause = doubled.min(self.pause_limit_micros);
        let more = i128::from(pause) * i128::from(jitter_permille.min(1_000)) / 2_000;
        pause.saturating_add(i64::try_from(more).unwrap_or(0))
    }
}

impl Breaker {
    pub(super) fn new(rules: &Rules) -> Self {
        Self {
            state: State::Closed,
            generation: 0,
            in_a_row: 0,
            window: Window::new(rules.window_micros),
            openings: 0,
            probes_begun: 0,
            last_resorts: 0,
        }
    }

    /// How it stands now. Nothing changes by looking.
    pub(super) fn circuit(&self, now: Timestamp) -> Circuit {
        match self.state {
            State::Closed => Circuit::Closed,
            State::Open { until } if now < until => {
                Circuit::Open { for_micros: until.micros_since(now) }
            }
            State::Open { .. } | State::HalfOpen { probe: None, .. } => Circuit::HalfOpen,
            State::HalfOpen { probe: Some(probe), .. } if probe.has_begun_well(now) => {
                Circuit::HalfOpen
            }
            State::HalfOpen { .. } => Circuit::Probed,
        }
    }

    /// Lets a call through, or none where it does not.
    pub(super) fn admit(&mut self, now: Timestamp, rules: &Rules) -> Option<Ticket> {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.become_state(State::HalfOpen { passed: 0, probe: None });
        }
        if let State::HalfOpen { probe: Some(probe), .. } = self.state
            && probe.has_begun_well(now)
        {
            self.probe_passed(now, rules);
        }
        match &mut self.state {
            State::Closed => Some(self.ticket()),
            State::HalfOpen { probe: probe @ None, .. } => {
                self.probes_begun = self.probes_begun.wrapping_add(1);
                let number = self.probes_begun;
                *probe = Some(Probe { number, answering_since: None });
                Some(Ticket { generation: self.generation, kind: Kind::Probe(number) })
            }
            State::Open { .. } | State::HalfOpen { .. } => None,
        }
    }

    /// The ticket of a call that goes through whatever the state, because it has nowhere else to
    /// go. It is never a probe.
    pub(super) const fn ticket(&self) -> Ticket {
        Ticket { generation: self.generation, kind: Kind::Ordinary }
    }

    /// Lets a call through that has nothing better, or none where enough of them are under way.
    pub(super) fn last_resort(&mut self) -> Option<Ticket> {
        if self.last_resorts >= LAST_RESORTS {
            return None;
        }
        self.last_resorts += 1;
        Some(Ticket { generation: self.generation, kind: Kind::LastResort })
    }

    /// The call's answer has begun.
    pub(super) fn answering(&mut self, ticket: Ticket, now: Timestamp) {
        if let Some(probe) = self.probe_of(ticket) {
            probe.answering_since = Some(now);
        }
    }

    /// The call has ended.
    pub(super) fn report(
        &mut self,
        ticket: Ticket,
        report: Report,
        now: Timestamp,
        rules: &Rules,
        jitter_permille: u32,
    ) -> Option<Change> {
        if ticket.kind == Kind::LastResort {
            self.last_resorts = self.last_resorts.saturating_sub(1);
            return if report == Report::Answered { self.revive(now, rules) } else { None };
        }
        if ticket.generation != self.generation {
            return None;
        }
        if self.state == State::Closed {
            return self.closed_report(report, now, rules, jitter_permille);
        }
        self.probe_of(ticket)?;
        match report {
            Report::Answered => self.probe_passed(now, rules),
            Report::Failed | Report::Barred => Some(self.open(now, rules, jitter_permille)),
            Report::Neutral => {
                self.free_probe();
                None
            }
        }
    }

    fn closed_report(
        &mut self,
        report: Report,
        now: Timestamp,
        rules: &Rules,
        jitter_permille: u32,
    ) -> Option<Change> {
        match report {
            Report::Neutral => return None,
            Report::Answered => self.in_a_row = 0,
            Report::Failed | Report::Barred => self.in_a_row = self.in_a_row.saturating_add(1),
        }
        self.window.add(now, report != Report::Answered);
        let (calls, failures) = self.window.counts(now);
        let is_failing = calls >= rules.least_calls
            && u64::from(failures) * 100 >= u64::from(calls) * u64::from(rules.failure_percent);
        let opens = match report {
            Report::Barred => true,
            Report::Failed => self.in_a_row >= rules.consecutive_failures || is_failing,
            Report::Answered | Report::Neutral => false,
        };
        opens.then(|| self.open(now, rules, jitter_permille))
    }

    fn open(&mut self, now: Timestamp, rules: &Rules, jitter_permille: u32) -> Change {
        let for_micros = rules.pause_micros(self.openings, jitter_permille);
        self.openings = self.openings.saturating_add(1);
        let until = Timestamp::from_micros(now.micros().saturating_add(for_micros));
        self.become_state(State::Open { until });
        Change::Opened { for_micros }
    }

    fn probe_passed(&mut self, now: Timestamp, rules: &Rules) -> Option<Change> {
        self.free_probe();
        self.passed(now, rules)
    }

    /// It has answered a call that had nothing better, so it is as good as probed.
    fn revive(&mut self, now: Timestamp, rules: &Rules) -> Option<Change> {
        if let State::Open { .. } = self.state {
            self.become_state(State::HalfOpen { passed: 0, probe: None });
        }
        self.passed(now, rules)
    }

    fn passed(&mut self, now: Timestamp, rules: &Rules) -> Option<Change> {
        let State::HalfOpen { passed, probe } = self.state else { return None };
        if passed + 1 < rules.probes {
            self.state = State::HalfOpen { passed: passed + 1, probe };
            return None;
        }
        self.openings = 0;
        self.in_a_row = 0;
        self.window = Window::new(rules.window_micros);
        self.window.add(now, false);
        self.become_state(State::Closed);
        Some(Change::Closed)
    }

    fn free_probe(&mut self) {
        if let State::HalfOpen { probe, .. } = &mut self.state {
            *probe = None;
        }
    }

    fn probe_of(&mut self, ticket: Ticket) -> Option<&mut Probe> {
        match &mut self.state {
            State::HalfOpen { probe: Some(probe), .. } => (ticket.generation == self.generation
                && ticket.kind == Kind::Probe(probe.number))
            .then_some(probe),
            _ => None,
        }
    }

    fn become_state(&mut self, state: State) {
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
    }
}

impl Probe {
    fn has_begun_well(&self, now: Timestamp) -> bool {
        self.answering_since.is_some_and(|since| now.micros_since(since) >= GOOD_BEGINNING_MICROS)
    }
}

#[cfg(test)]
mod tests;
