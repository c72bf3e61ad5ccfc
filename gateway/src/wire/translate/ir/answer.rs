//! A finished answer.

use super::{AssistantPart, Likelihood};

#[derive(Debug)]
pub(in crate::wire::translate) struct Response {
    pub parts: Vec<AssistantPart>,
    /// How likely the tokens of its text were, where the client asked and the provider tells.
    pub likelihoods: Vec<Likelihood>,
    pub stop: Stop,
    /// Which stop sequence ended the answer, where the provider says so.
    pub stop_sequence: Option<String>,
    pub usage: Usage,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::translate) enum Stop {
    EndOfTurn,
    OutputLimit,
    ToolCalls,
    /// A stop sequence of the client's.
    Sequence,
    Refusal,
}

/// Token counts; `input`, `cache_read` and `cache_write` are disjoint, `reasoning` is a part of
/// `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::wire::translate) struct Usage {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
}
