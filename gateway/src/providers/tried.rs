//! What came of the backends of one call, for its receipt, its intent and its caller.

use std::fmt::Write;

use shared::{
    Money,
    receipt::{Stage, VerdictKind},
};

use super::{Failure, Handle};
use crate::{
    call::{LimitRefusal, Refusal, Trail},
    routing::{Exhausted, Routed},
};

/// What came of the backends that were asked.
#[derive(Default)]
pub(super) struct Tried {
    /// Those that failed, in words that another one can follow.
    pub(super) before: String,
    /// What the client is told if there is no other.
    pub(super) last: Option<Refusal>,
    /// What the journal says that the call can cost at most.
    intended: Option<Money>,
}

impl Tried {
    pub(super) fn failed(&mut self, handle: &Handle, failure: &Failure) {
        let reason = failure.summary();
        tracing::warn!(provider = handle.name, reason, "a backend failed");
        // Writing to a string cannot fail.
        let _ = write!(self.before, "{} {reason}; then ", handle.name);
        self.last = Some(failure.refusal(&handle.name));
    }

    pub(super) fn is_at_limit(&mut self, handle: &Handle, refusal: Box<LimitRefusal>) {
        let (limit, unit) = (refusal.limit, refusal.measure.unit());
        // Writing to a string cannot fail.
        let _ = write!(self.before, "{} is at its limit of {limit} {unit}; then ", handle.name);
        self.last = Some(Refusal::RateLimited(refusal));
    }

    /// Writes the intent to the journal, before the first backend is asked and before one that costs
    /// more.
    pub(super) async fn intend(
        &mut self,
        routed: &Routed,
        trail: &mut Trail,
    ) -> Result<(), Refusal> {
        let amount = routed.reservation().amount();
        let kept = match self.intended {
            None => trail.intend(amount).await,
            Some(intended) if intended < amount => trail.intend_more(amount).await,
            Some(_) => Ok(()),
        };
        self.intended = Some(amount);
        kept.map_err(|error| {
            tracing::error!(%error, "the journal takes no records");
            Refusal::RecordsUnavailable
        })
    }

    /// Nobody is left to ask: what the last one failed with, or why none was asked.
    pub(super) fn exhausted(
        mut self,
        model: &str,
        exhausted: Exhausted,
        trail: &mut Trail,
    ) -> Refusal {
        let Exhausted { why, retry_after_seconds: retry_after, is_busy, is_late } = exhausted;
        let mut summary = format!("{}no further backend", self.before);
        if is_late {
            summary.push_str(": the call has taken as long as `proxy.total_timeout_ms` says");
            let late = || Refusal::UpstreamTimeout("within `proxy.total_timeout_ms`".to_owned());
            self.last = self.last.or_else(|| Some(late()));
        }
        if !why.is_empty() {
            let _ = write!(summary, ": {why}");
        }
        trail.note(Stage::Route, VerdictKind::Refused, summary);
        self.last.unwrap_or_else(|| {
            if why.is_empty() {
                return Refusal::UpstreamFailed("no backend is configured".to_owned());
            }
            Refusal::BackendsUnavailable { model: model.to_owned(), why, retry_after, is_busy }
        })
    }

    /// No other backend would do better.
    pub(super) fn given_up(self, trail: &mut Trail) -> Refusal {
        let summary = format!("{}no further backend", self.before);
        trail.note(Stage::Route, VerdictKind::Refused, summary);
        self.nobody_left()
    }

    pub(super) fn nobody_left(self) -> Refusal {
        let nobody = || Refusal::UpstreamFailed("no backend is configured".to_owned());
        self.last.unwrap_or_else(nobody)
    }
}
