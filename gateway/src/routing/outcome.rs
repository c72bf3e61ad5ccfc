//! How an attempt ended, as far as that says something of the deployment.

use std::fmt;

use crate::catalog::Lack;

/// How an attempt ended. What each failure of a provider counts as is one table, beside those
/// failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has answered, to the end.
    Answered,
    /// It failed: not reached, silent, broken off, nonsense, or a defect of its own.
    Failed {
        /// Its advice when to come again, in seconds.
        retry_after_seconds: Option<u32>,
        /// Whether it is certain that nothing was done and billed, so that asking once more costs
        /// nothing twice.
        may_repeat: bool,
    },
    /// It has too many requests. That is no failure: it is left alone until it says.
    Busy {
        /// Its advice when to come again, in seconds.
        retry_after_seconds: Option<u32>,
    },
    /// It does not take the gateway's credential, or the account there is used up: nothing that
    /// goes on would help.
    Barred,
    /// Nothing: the request is refused, or it does not do this, or the client has gone.
    Neutral,
}

impl Outcome {
    /// Whether the same deployment may be asked once more.
    pub(super) const fn may_repeat(self) -> bool {
        matches!(self, Self::Failed { may_repeat: true, .. } | Self::Busy { .. })
    }
}

/// Why a candidate is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuledOut {
    /// It processes data where the caller's team may not have it processed.
    Region,
    /// It lacks something that the call needs.
    Lacks(Lack),
    /// Its circuit is open for so long, in microseconds.
    CircuitOpen {
        /// Until the next probe.
        for_micros: i64,
    },
    /// Its circuit is half open, and another call is the probe.
    Probed,
    /// It has asked to be left alone for so long, in microseconds.
    Resting {
        /// Until it may be asked again.
        for_micros: i64,
    },
    /// It has as many calls as it may have.
    Full,
}

impl RuledOut {
    /// Whether the call may not go there at all, whatever the deployment's state.
    pub(super) const fn is_for_good(self) -> bool {
        match self {
            Self::Region => true,
            Self::Lacks(lack) => !lack.is_bearable(),
            _ => false,
        }
    }

    /// Whether it is too many calls and not a failure that stands in the way.
    pub(super) const fn is_busy(self) -> bool {
        matches!(self, Self::Resting { .. } | Self::Full)
    }

    /// Whether it is the circuit that stands in the way.
    pub(super) const fn is_circuit(self) -> bool {
        matches!(self, Self::CircuitOpen { .. } | Self::Probed)
    }

    /// When another look makes sense, in microseconds; none where nobody can know.
    pub(super) const fn ends_in_micros(self) -> Option<i64> {
        match self {
            Self::CircuitOpen { for_micros } | Self::Resting { for_micros } => Some(for_micros),
            Self::Region | Self::Lacks(_) | Self::Probed | Self::Full => None,
        }
    }
}

impl fmt::Display for RuledOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |micros: i64| micros.max(0).unsigned_abs().div_ceil(1_000_000);
        match *self {
            Self::Region => formatter.write_str("is in a region that the team may not use"),
            Self::Lacks(lack) => write!(formatter, "is not the one for it: {lack}"),
            Self::CircuitOpen { for_micros } => {
                write!(formatter, "has an open circuit for {} s", seconds(for_micros))
            }
            Self::Probed => formatter.write_str("is being probed"),
            Self::Resting { for_micros } => {
                write!(formatter, "rests for {} s, as it asked for", seconds(for_micros))
            }
            Self::Full => formatter.write_str("has as many calls as it may have"),
        }
    }
}
