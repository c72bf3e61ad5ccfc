//! Counting a call at everyone whom its limits bind, or at none.

use std::{
    fmt::Write,
    sync::{Arc, MutexGuard},
};

use shared::{Room, Standing, Timestamp};

use super::{
    rules::is_of_tokens,
    share::Share,
    subject::{MOST_WINDOWS, State, Subject},
};
use crate::call::{LimitMeasure, LimitRefusal, Wait, whose};

/// One limit that binds a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    /// Whose, by its place among those of the call.
    pub(super) subject: usize,
    /// Which window of the subject; none for calls at once.
    pub(super) window: Option<usize>,
    pub(super) measure: LimitMeasure,
    /// As configured.
    pub(super) whole: i64,
    /// For this node.
    pub(super) limit: i64,
    /// The most that a call may ever need of it.
    largest: i64,
    /// What the call takes of it.
    pub(super) need: i64,
}

impl Bound {
    fn fits(&self, gauge: &Gauge) -> bool {
        self.need == 0 || gauge.used.saturating_add(self.need) <= self.limit
    }

    fn wait(&self, gauge: &Gauge) -> Wait {
        match self.window {
            _ if self.need > self.largest => Wait::ForEver,
            None => Wait::ForCalls,
            Some(_) => Wait::Until(Timestamp::from_micros(gauge.fits_at)),
        }
    }

    fn left(&self, gauge: &Gauge) -> i64 {
        (self.limit - gauge.used).max(0)
    }
}

/// How one limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gauge {
    /// What is used.
    pub(super) used: i64,
    /// When the call would fit.
    pub(super) fits_at: i64,
    /// When all of it is free again.
    pub(super) whole_at: i64,
}

/// A subject at which a call is counted: in which slices of its windows.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) subject: Arc<Subject>,
    slices: [i64; MOST_WINDOWS],
}

/// The limits that bind a call, one by one.
pub(super) fn bound(subjects: &[Arc<Subject>], tokens: i64, share: Share) -> Vec<Bound> {
    let mut all = Vec::with_capacity(subjects.len() * 2);
    for (subject, it) in subjects.iter().enumerate() {
        for (place, measure, whole) in it.windows() {
            let need = if is_of_tokens(measure) { tokens } else { 1 };
            let (limit, largest) = (share.of(whole), share.largest(whole));
            let window = Some(place);
            all.push(Bound { subject, window, measure, whole, limit, largest, need });
        }
        if let Some(whole) = it.figures.concurrent {
            let (limit, largest) = (share.of(whole), share.largest(whole));
            let (measure, window) = (LimitMeasure::Concurrent, None);
            all.push(Bound { subject, window, measure, whole, limit, largest, need: 1 });
        }
    }
    all
}

/// A call that was counted: where, and how its limits stand since.
pub(super) struct Taken {
    pub(super) holds: Vec<Hold>,
    pub(super) gauges: Vec<Gauge>,
}

/// The limit that stands in the way of a call for the longest, and how all of them stand.
pub(super) struct Blocked {
    pub(super) by: (Bound, Gauge),
    pub(super) gauges: Vec<Gauge>,
}

/// Counts a call at `now`, where it fits everywhere.
///
/// # Errors
/// [`Blocked`]; then it is counted nowhere.
pub(super) fn take(subjects: &[Arc<Subject>], bound: &[Bound], now: i64) -> Result<Taken, Blocked> {
    let mut states: Vec<_> = subjects.iter().map(|subject| subject.lock()).collect();
    let before = gauges(&mut states, bound, now);
    if let Some(by) = narrowest(bound, &before) {
        return Err(Blocked { by, gauges: before });
    }
    let holds = count(subjects, &mut states, bound, now);
    Ok(Taken { holds, gauges: gauges(&mut states, bound, now) })
}

/// The limit that stands in the way of a call for the longest; none where it fits everywhere.
pub(super) fn narrowest(bound: &[Bound], gauges: &[Gauge]) -> Option<(Bound, Gauge)> {
    let in_the_way = bound.iter().zip(gauges).filter(|(it, gauge)| !it.fits(gauge));
    let longest = in_the_way.max_by_key(|(it, gauge)| it.wait(gauge));
    longest.map(|(it, gauge)| (*it, *gauge))
}

fn gauges(states: &mut [MutexGuard<'_, State>], bound: &[Bound], now: i64) -> Vec<Gauge> {
    let gauge = |it: &Bound| match it.window {
        None => Gauge { used: states[it.subject].under_way, fits_at: now, whole_at: now },
        Some(window) => {
            let window = &mut states[it.subject].windows[window];
            Gauge {
                used: window.used(now),
                fits_at: window.fits_at(now, it.need, it.limit),
                whole_at: window.whole_at(now),
            }
        }
    };
    bound.iter().map(gauge).collect()
}

/// Counts a call that another counter has let through.
pub(super) fn follow(subjects: &[Arc<Subject>], bound: &[Bound], now: i64) -> Vec<Hold> {
    let mut states: Vec<_> = subjects.iter().map(|subject| subject.lock()).collect();
    count(subjects, &mut states, bound, now)
}

/// Counts more of a call that is counted already, where it fits everywhere.
///
/// # Errors
/// The limit that stands in its way for the longest.
pub(super) fn try_add(
    subjects: &[Arc<Subject>],
    bound: &[Bound],
    now: i64,
) -> Result<(), (Bound, Gauge)> {
    let mut states: Vec<_> = subjects.iter().map(|subject| subject.lock()).collect();
    let before = gauges(&mut states, bound, now);
    if let Some(narrowest) = narrowest(bound, &before) {
        return Err(narrowest);
    }
    add_to(&mut states, bound, now);
    Ok(())
}

/// The same where another counter has let it through.
pub(super) fn add(subjects: &[Arc<Subject>], bound: &[Bound], now: i64) {
    let mut states: Vec<_> = subjects.iter().map(|subject| subject.lock()).collect();
    add_to(&mut states, bound, now);
}

fn add_to(states: &mut [MutexGuard<'_, State>], bound: &[Bound], now: i64) {
    for it in bound {
        if let Some(window) = it.window {
            states[it.subject].windows[window].add(now, it.need);
        }
    }
}

fn count(
    subjects: &[Arc<Subject>],
    states: &mut [MutexGuard<'_, State>],
    bound: &[Bound],
    now: i64,
) -> Vec<Hold> {
    let new =
        |subject: &Arc<Subject>| Hold { subject: Arc::clone(subject), slices: [0; MOST_WINDOWS] };
    let mut holds: Vec<Hold> = subjects.iter().map(new).collect();
    for it in bound {
        if let Some(window) = it.window {
            holds[it.subject].slices[window] = states[it.subject].windows[window].add(now, it.need);
        }
    }
    for state in states {
        state.under_way += 1;
    }
    holds
}

impl Hold {
    /// Puts right how many tokens the call has used: what was too much is taken back where it was
    /// counted, what was too little is counted now.
    pub(super) fn correct(&self, by: i64, now: i64) {
        if by == 0 {
            return;
        }
        let mut state = self.subject.lock();
        for (place, measure, _) in self.subject.windows() {
            let window = &mut state.windows[place];
            if !is_of_tokens(measure) {
                continue;
            }
            if by < 0 {
                window.correct(self.slices[place], by);
            } else {
                window.add(now, by);
            }
        }
    }

    /// The call is under way no more.
    pub(super) fn leave(&self) {
        self.subject.lock().under_way -= 1;
    }
}

/// The tightest limit of each kind: requests, tokens, calls at once.
pub(super) fn tightest<'a>(
    bound: &'a [Bound],
    gauges: &'a [Gauge],
) -> [Option<(&'a Bound, &'a Gauge)>; 3] {
    let of = |is_kind: fn(LimitMeasure) -> bool| {
        let kind = bound.iter().zip(gauges).filter(|(it, _)| is_kind(it.measure));
        kind.min_by_key(|(it, gauge)| (it.left(gauge), -gauge.whole_at))
    };
    [
        of(|measure| matches!(measure, LimitMeasure::Requests(_))),
        of(is_of_tokens),
        of(|measure| measure == LimitMeasure::Concurrent),
    ]
}

/// What the headers of an answer tell.
pub(super) fn standing(bound: &[Bound], gauges: &[Gauge], now: i64) -> Standing {
    let [requests, tokens, _] = tightest(bound, gauges);
    let room = |(it, gauge): (&Bound, &Gauge)| Room {
        limit: it.limit,
        left: it.left(gauge),
        whole_at: Timestamp::from_micros(gauge.whole_at),
    };
    let at = Timestamp::from_micros(now);
    Standing { at, requests: requests.map(room), tokens: tokens.map(room) }
}

/// What the trail tells: who binds the call the tightest, and how much is left.
pub(super) fn summary(subjects: &[Arc<Subject>], bound: &[Bound], gauges: &[Gauge]) -> String {
    let mut lines = String::new();
    for (it, gauge) in tightest(bound, gauges).into_iter().flatten() {
        let separator = if lines.is_empty() { "" } else { "; " };
        let subject = &subjects[it.subject];
        let whose = whose(subject.level, &subject.name);
        let (left, limit, unit) = (it.left(gauge), it.limit, it.measure.unit());
        // Writing to a string cannot fail.
        let _ = write!(lines, "{separator}{whose}: {left} of {limit} {unit} left");
    }
    lines
}

/// What a limit says that does not let a call through.
pub(super) fn refusal(
    subjects: &[Arc<Subject>],
    it: &Bound,
    gauge: &Gauge,
    share: Share,
    now: i64,
) -> LimitRefusal {
    let subject = &subjects[it.subject];
    LimitRefusal {
        level: subject.level,
        name: subject.name.clone(),
        measure: it.measure,
        limit: it.limit,
        share: share.told(it.whole),
        used: gauge.used,
        needed: it.need,
        at: Timestamp::from_micros(now),
        wait: it.wait(gauge),
    }
}
