//! How likely tokens were: `LogprobItem` of the official SDK.
//!
//! An item is a piece of text with the log probability of each of its tokens, which are told by
//! their numbers alone; so only an item of one token says which text the number belongs to.

use serde::Deserialize;

use crate::wire::translate::ir::{Candidate, Likelihood};

#[derive(Debug, Deserialize)]
pub(super) struct LogprobItem {
    #[serde(default)]
    text: Option<String>,
    logprobs: Option<Vec<f64>>,
}

impl LogprobItem {
    /// The piece as one token: it is as likely as its tokens together.
    pub(super) fn into_likelihood(self) -> Option<Likelihood> {
        let log_probability = self.logprobs?.into_iter().sum();
        let chosen = Candidate { token: self.text?, log_probability, bytes: None };
        Some(Likelihood { chosen, alternatives: Vec::new() })
    }
}
