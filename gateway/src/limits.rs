//! Is it slow enough: requests, tokens and calls at once, by whom they are and what they ask.
//!
//! A call is counted at the instance, the team, the user, the key and the model at once, or at none
//! of them; at a provider it is counted when it is about to be asked. Tokens are set aside before
//! anybody knows how many there will be, and put right at the end by the very counts that are
//! billed. In no span of a limit's period does more begin than the limit says
//! (`docs/adr/0017-limits-count-in-sliding-windows.md`).
//!
//! Counting takes a lock for each limit that binds a call, for well under a microsecond, and none is
//! held while anything is waited for.

mod admit;
mod allowance;
mod count;
mod needs;
mod rules;
mod share;
mod subject;
mod subjects;
#[cfg(test)]
mod tests;
mod window;

use std::sync::{Arc, Mutex, PoisonError};

use shared::{Standing, Timestamp};

pub use self::{admit::Paced, allowance::Allowance};
use self::{count::Hold, rules::Rules, share::Share, subject::Subject, subjects::Subjects};
use crate::{
    call::LimitRefusal,
    kernel::{
        Clock,
        config::{Config, LimitLevel},
    },
};

/// How often those are forgotten who are idle.
const FORGET_MICROS: i64 = 60 * 1_000_000;

/// All rate limits.
pub struct Limits {
    rules: Rules,
    count_tokens: bool,
    subjects: Subjects,
    clock: Clock,
    forgotten_at: Mutex<Timestamp>,
}

impl Limits {
    /// The limits of a configuration.
    #[must_use]
    pub fn new(config: &Config, clock: Clock) -> Self {
        let rules = Rules::new(&config.limits);
        Self {
            count_tokens: rules.count_tokens(),
            rules,
            subjects: Subjects::default(),
            forgotten_at: Mutex::new(clock.now()),
            clock,
        }
    }

    /// Whether a call may be sent to this provider, and its place there; to be joined to the call's
    /// own allowance where the provider answers, and dropped where it does not.
    ///
    /// # Errors
    /// Which limit of the provider's stands in the way.
    pub async fn for_provider(
        &self,
        provider: &str,
        allowance: &Allowance,
    ) -> Result<Allowance, Box<LimitRefusal>> {
        let name = || provider.to_owned();
        let subject = self.subjects.of(&self.rules, LimitLevel::Provider, provider, name);
        let subjects: Vec<_> = subject.into_iter().collect();
        let tokens = allowance.tokens();
        let new = Allowance::new(self.clock.clone(), tokens);
        if subjects.is_empty() {
            return Ok(new);
        }
        match self.count(&subjects, tokens).await {
            Ok(counted) => Ok(new.with(counted.holds)),
            Err(refused) => Err(refused.refusal),
        }
    }

    /// Forgets those of whom nothing has to be remembered any more; to be called now and then.
    pub fn tidy(&self) {
        let now = self.clock.now();
        {
            let mut at = self.forgotten_at.lock().unwrap_or_else(PoisonError::into_inner);
            if now.micros_since(*at).abs() < FORGET_MICROS {
                return;
            }
            *at = now;
        }
        self.subjects.forget_idle(now.micros());
    }

    /// How many subjects are remembered, for metrics.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.subjects.count()
    }

    /// Counts a call at all of these, or at none.
    async fn count(&self, subjects: &[Arc<Subject>], tokens: i64) -> Result<Counted, Refused> {
        self.count_here(subjects, tokens, Share::WHOLE)
    }

    /// Counts a call on this node, which has this part of every limit.
    fn count_here(
        &self,
        subjects: &[Arc<Subject>],
        tokens: i64,
        share: Share,
    ) -> Result<Counted, Refused> {
        let now = self.clock.now().micros();
        let bound = count::bound(subjects, tokens, share);
        match count::take(subjects, &bound, now) {
            Ok((holds, gauges)) => Ok(Counted {
                holds,
                standing: count::standing(&bound, &gauges, now),
                summary: count::summary(subjects, &bound, &gauges),
            }),
            Err((narrowest, gauge, gauges)) => {
                let refusal = count::refusal(subjects, &narrowest, &gauge, share, now);
                let (level, measure) = (refusal.level.as_str(), refusal.measure.as_str());
                let labels = [("level", level), ("measure", measure)];
                metrics::counter!("helix_limit_refusals_total", &labels).increment(1);
                Err(Refused {
                    refusal: Box::new(refusal),
                    standing: count::standing(&bound, &gauges, now),
                })
            }
        }
    }
}

/// A call that was counted, and how its limits stand since.
struct Counted {
    holds: Vec<Hold>,
    standing: Standing,
    summary: String,
}

/// A call that was not, and why.
struct Refused {
    refusal: Box<LimitRefusal>,
    standing: Standing,
}
