//! How scripted deployments behave.

use shared::receipt::TokenCounts;

use crate::routing::{Limits, Outcome};

/// How a deployment behaves from an instant on, given in seconds of the script.
#[derive(Debug, Clone)]
pub(super) struct Phase {
    pub(super) from_seconds: f64,
    pub(super) manner: Manner,
}

/// A way to behave.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// It answers: the first byte about then, the rest as long again.
    Answers { median_ms: f64 },
    /// It refuses the connection.
    Down,
    /// It answers with this status at once.
    Fails { may_repeat: bool },
    /// Of a hundred calls, so many fail.
    Flickers { percent: u32, median_ms: f64, may_repeat: bool },
    /// Nothing comes until the gateway gives up.
    Hangs { timeout_ms: f64 },
    /// The answer begins and breaks off.
    Cuts { median_ms: f64 },
    /// It takes so many calls in a second and answers 429 to the others.
    Limited { per_second: u32, retry_after_seconds: Option<u32>, median_ms: f64 },
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fate {
    /// When its first byte comes, in microseconds from now; none where it fails before.
    pub(super) first_byte: Option<i64>,
    /// When it ends.
    pub(super) end: i64,
    pub(super) outcome: Outcome,
    pub(super) limits: Limits,
}

/// One call of the script.
#[derive(Debug, Clone)]
pub(super) struct CallSpec {
    pub(super) at_micros: i64,
    pub(super) is_streaming: bool,
    pub(super) body: Vec<u8>,
    pub(super) answer_tokens: i64,
    pub(super) most_answer_tokens: i64,
    /// Which conversation it belongs to, for the provider's cache.
    pub(super) conversation: u32,
}

impl CallSpec {
    pub(super) fn plain(at_micros: i64, is_streaming: bool) -> Self {
        Self {
            at_micros,
            is_streaming,
            body: vec![b' '; 400],
            answer_tokens: 100,
            most_answer_tokens: 4_096,
            conversation: 0,
        }
    }
}

pub(super) const FAILED: Outcome = Outcome::Failed { retry_after_seconds: None, may_repeat: false };

/// What a call has used, of which so much came from a cache.
pub(super) fn used(prompt: i64, cached_input: i64, output: i64) -> TokenCounts {
    TokenCounts { input: prompt - cached_input, cached_input, output, ..TokenCounts::default() }
}

/// The phase that goes on at an instant.
pub(super) fn manner_at(phases: &[Phase], seconds: f64) -> Manner {
    let phase = phases.iter().rev().find(|phase| phase.from_seconds <= seconds);
    phase.expect("the first phase begins at 0").manner
}
