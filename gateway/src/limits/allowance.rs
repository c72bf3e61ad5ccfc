//! What a call is let through with, until it ends.

use std::{fmt, mem, sync::Arc};

use shared::receipt::TokenCounts;

use super::{Limits, cluster::Place, count::Hold, subject::Subject};
use crate::call::Refusal;

/// A call's place among those under way, and the tokens that are set aside for it, at everyone whom
/// its limits bind. Settled by value with what is billed; dropped, nothing was used.
pub struct Allowance {
    limits: Arc<Limits>,
    parts: Vec<Part>,
    tokens: i64,
}

/// What one round of counting has set aside.
pub(super) struct Part {
    holds: Vec<Hold>,
    place: Option<Place>,
    /// What is counted of the call's tokens so far.
    counted: i64,
}

impl Allowance {
    /// For a call that may use so many tokens.
    pub(super) fn new(limits: Arc<Limits>, tokens: i64) -> Self {
        Self { limits, parts: Vec::new(), tokens }
    }

    /// With what was set aside for it.
    pub(super) fn with(mut self, holds: Vec<Hold>, place: Option<Place>) -> Self {
        self.parts.push(Part { holds, place, counted: self.tokens });
        self
    }

    /// How many tokens the call may use, as far as that was judged.
    #[must_use]
    pub fn tokens(&self) -> i64 {
        self.tokens
    }

    /// Takes over what was set aside at the provider that answers the call.
    pub fn join(&mut self, mut provider: Self) {
        self.parts.append(&mut provider.parts);
    }

    /// Sees to it that the limits of a call that goes on cover so many tokens more.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], by the limit that stands in the way for the longest.
    pub async fn extend(&mut self, tokens: i64) -> Result<(), Refusal> {
        for part in &mut self.parts {
            self.limits.extend(part, tokens).await.map_err(Refusal::RateLimited)?;
        }
        Ok(())
    }

    /// Counts what a call has used so far that goes on, where that is more than is counted.
    pub fn count(&mut self, used: &TokenCounts) {
        let (used, now) = (used.total(), self.limits.clock.now().micros());
        for part in &mut self.parts {
            if used > part.counted {
                part.correct(used, now);
            }
        }
    }

    /// Replaces what was set aside by what the call has used: the tokens that are billed, of every
    /// class.
    pub fn settle(mut self, used: &TokenCounts) {
        self.end(used.total());
    }

    fn end(&mut self, used: i64) {
        let now = self.limits.clock.now().micros();
        for mut part in mem::take(&mut self.parts) {
            part.correct(used, now);
            part.holds.iter().for_each(Hold::leave);
            part.place.iter().for_each(Place::leave);
        }
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        self.end(0);
    }
}

impl fmt::Debug for Allowance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Allowance").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Part {
    pub(super) fn subjects(&self) -> impl Iterator<Item = &Arc<Subject>> {
        self.holds.iter().map(|hold| &hold.subject)
    }

    /// That much more is counted.
    pub(super) fn has_counted(&mut self, tokens: i64) {
        self.counted += tokens;
    }

    fn correct(&mut self, used: i64, now: i64) {
        let by = used - self.counted;
        self.holds.iter().for_each(|hold| hold.correct(by, now));
        self.place.iter().for_each(|place| place.correct(by));
        self.counted = used;
    }
}
