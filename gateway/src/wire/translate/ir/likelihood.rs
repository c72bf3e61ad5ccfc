//! How likely each token of an answer's text was.

use super::Asked;

/// What is asked of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::wire::translate) struct LogProbabilities {
    /// How many other tokens are told in each place; nothing where none.
    pub alternatives: Option<Asked<i64>>,
}

impl LogProbabilities {
    /// How many other tokens are asked for in each place.
    pub(in crate::wire::translate) fn alternatives_of(asked: Option<&Asked<Self>>) -> Option<i64> {
        asked?.value.alternatives.map(|asked| asked.value)
    }
}

/// A token of the text, and the likeliest that could have stood in its place.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wire::translate) struct Likelihood {
    pub chosen: Candidate,
    pub alternatives: Vec<Candidate>,
}

/// A token, and the natural logarithm of its probability.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::wire::translate) struct Candidate {
    pub token: String,
    pub log_probability: f64,
    /// Its bytes where the provider tells them: those of a token may be no whole character.
    pub bytes: Option<Vec<u8>>,
}

impl Candidate {
    /// The bytes that are told, or those of the text.
    pub(in crate::wire::translate) fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.token.as_bytes())
    }
}
