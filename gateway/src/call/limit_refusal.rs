//! What a rate limit says when it does not let a call through.

use shared::Timestamp;

use crate::kernel::{
    config::{LimitLevel, LimitPeriod},
    instant::written,
};

/// Of what a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitMeasure {
    /// Calls that begin.
    Requests(LimitPeriod),
    /// Tokens of prompts and answers.
    Tokens(LimitPeriod),
    /// Calls under way.
    Concurrent,
}

impl LimitMeasure {
    /// The stable name in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests(_) => "requests",
            Self::Tokens(_) => "tokens",
            Self::Concurrent => "concurrent",
        }
    }

    /// What it counts, for people: `requests a minute`.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Requests(LimitPeriod::Minute) => "requests a minute",
            Self::Requests(LimitPeriod::Hour) => "requests an hour",
            Self::Requests(LimitPeriod::Day) => "requests a day",
            Self::Tokens(LimitPeriod::Minute) => "tokens a minute",
            Self::Tokens(LimitPeriod::Hour) => "tokens an hour",
            Self::Tokens(LimitPeriod::Day) => "tokens a day",
            Self::Concurrent => "calls at once",
        }
    }
}

/// Until when a call has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Until one of those under way has ended.
    ForCalls,
    /// Until then, if nothing else is let through before.
    Until(Timestamp),
    /// It is larger than the limit.
    ForEver,
}

/// Which part of a limit a node has, where nodes divide it because no Redis counts for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodesShare {
    /// The whole limit.
    pub whole: i64,
    /// How many nodes divide it.
    pub nodes: i64,
}

/// What a rate limit says when it does not let a call through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRefusal {
    /// At which level it binds.
    pub level: LimitLevel,
    /// Whom it binds.
    pub name: String,
    /// Of what it is.
    pub measure: LimitMeasure,
    /// The limit; of this node alone where there is a share.
    pub limit: i64,
    /// None where the limit is a whole one.
    pub share: Option<NodesShare>,
    /// What is used of it, and set aside for calls under way.
    pub used: i64,
    /// What the call may use at most.
    pub needed: i64,
    /// When it was refused.
    pub at: Timestamp,
    /// Until when it has to wait.
    pub wait: Wait,
}

/// How long is waited at least where nobody knows how long it takes.
const LEAST_SECONDS: u32 = 1;

impl LimitRefusal {
    /// After how many seconds it passes if nothing else is let through before; rounded up, so that
    /// nobody comes too early. None where waiting does not help.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self.wait {
            Wait::ForCalls => Some(LEAST_SECONDS),
            Wait::Until(until) => {
                let micros = until.micros_since(self.at).max(0);
                let seconds = u32::try_from(micros.unsigned_abs().div_ceil(1_000_000));
                Some(seconds.unwrap_or(u32::MAX).max(LEAST_SECONDS))
            }
            Wait::ForEver => None,
        }
    }

    /// What the caller is told: which limit, its figures, when it passes, who can help.
    #[must_use]
    pub fn detail(&self) -> String {
        let (whose, limit, unit) = (self.whose(), self.limit, self.measure.unit());
        let share = self.share.map_or_else(String::new, |NodesShare { whole, nodes }| {
            format!(
                " (this node's part of {whole}, which {nodes} nodes divide while no Redis counts \
                 for all of them)"
            )
        });
        let (used, needed) = (self.used, self.needed);
        let raise = "an administrator can raise it";
        match (self.wait, self.measure) {
            (Wait::ForEver, _) => format!(
                "This call may use up to {needed} tokens, more than the rate limit of {whose} \
                 ever covers: {limit} {unit}{share}. Waiting does not help: ask for a shorter \
                 answer (`max_tokens`) or send less; {raise}."
            ),
            (wait, LimitMeasure::Tokens(_)) => format!(
                "The rate limit of {whose} does not cover this call: {limit} {unit}{share}, of \
                 which {used} are used or set aside for calls under way; this call may use up to \
                 {needed}. {}; {raise}.",
                self.advice(wait)
            ),
            (wait, _) => format!(
                "The rate limit of {whose} is used up: {limit} {unit}{share}. {}; {raise}.",
                self.advice(wait)
            ),
        }
    }

    fn advice(&self, wait: Wait) -> String {
        match (wait, self.retry_after()) {
            (Wait::Until(until), Some(seconds)) => {
                let plural = if seconds == 1 { "" } else { "s" };
                let until = written(until);
                format!("Try again in {seconds} second{plural}, at {until}")
            }
            _ => "Try again when one of the calls under way has ended".to_owned(),
        }
    }

    /// Whom it binds, for people: `user ada@example.com`.
    #[must_use]
    pub fn whose(&self) -> String {
        whose(self.level, &self.name)
    }
}

/// Whom a limit binds, for people: `user ada@example.com`.
#[must_use]
pub fn whose(level: LimitLevel, name: &str) -> String {
    match level {
        LimitLevel::Instance => "the instance".to_owned(),
        LimitLevel::Key => format!("API key {name}"),
        level => format!("{} {name}", level.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_790_000_000_200_000);

    fn refusal(measure: LimitMeasure, wait: Wait) -> LimitRefusal {
        LimitRefusal {
            level: LimitLevel::User,
            name: "ada@example.com".to_owned(),
            measure,
            limit: 600,
            share: None,
            used: 590,
            needed: 20,
            at: AT,
            wait,
        }
    }

    #[test]
    fn a_wait_is_told_to_the_second_and_never_too_short() {
        let after = |micros: i64| {
            let until = Timestamp::from_micros(AT.micros() + micros);
            refusal(LimitMeasure::Concurrent, Wait::Until(until)).retry_after()
        };
        assert_eq!(after(11_000_000), Some(11));
        assert_eq!(after(11_000_001), Some(12));
        assert_eq!(after(0), Some(1));
        assert_eq!(refusal(LimitMeasure::Concurrent, Wait::ForCalls).retry_after(), Some(1));
        assert_eq!(refusal(LimitMeasure::Concurrent, Wait::ForEver).retry_after(), None);
    }

    #[test]
    fn a_refusal_names_the_limit_its_figures_when_it_passes_and_who_helps() {
        let until = Wait::Until(AT.plus_seconds(12));
        let per_minute = LimitMeasure::Requests(LimitPeriod::Minute);
        assert_eq!(
            refusal(per_minute, until).detail(),
            "The rate limit of user ada@example.com is used up: 600 requests a minute. Try again \
             in 12 seconds, at 2026-09-21T14:13:32Z; an administrator can raise it."
        );
        let per_day = LimitMeasure::Tokens(LimitPeriod::Day);
        let share = Some(NodesShare { whole: 1_200, nodes: 2 });
        let refused = LimitRefusal { share, ..refusal(per_day, until) };
        assert_eq!(
            refused.detail(),
            "The rate limit of user ada@example.com does not cover this call: 600 tokens a day \
             (this node's part of 1200, which 2 nodes divide while no Redis counts for all of \
             them), of which 590 are used or set aside for calls under way; this call may use up \
             to 20. Try again in 12 seconds, at 2026-09-21T14:13:32Z; an administrator can raise \
             it."
        );
        assert_eq!(
            refusal(LimitMeasure::Concurrent, Wait::ForCalls).detail(),
            "The rate limit of user ada@example.com is used up: 600 calls at once. Try again when \
             one of the calls under way has ended; an administrator can raise it."
        );
        let larger = LimitRefusal { needed: 700, ..refusal(per_day, Wait::ForEver) };
        assert_eq!(
            larger.detail(),
            "This call may use up to 700 tokens, more than the rate limit of user ada@example.com \
             ever covers: 600 tokens a day. Waiting does not help: ask for a shorter answer \
             (`max_tokens`) or send less; an administrator can raise it."
        );
    }
}
