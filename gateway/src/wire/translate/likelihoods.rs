//! How likely tokens were, in the form that OpenAI's APIs and Ollama share.
//!
//! Source: `ChatCompletionTokenLogprob` of the official SDK.

use serde::{Deserialize, Serialize};

use super::ir::{Candidate, Likelihood};

/// A token, as a provider tells it.
#[derive(Debug, Deserialize)]
pub(super) struct ReadLikelihood {
    #[serde(flatten)]
    chosen: ReadCandidate,
    top_logprobs: Option<Vec<ReadCandidate>>,
}

#[derive(Debug, Deserialize)]
struct ReadCandidate {
    token: String,
    logprob: f64,
    bytes: Option<Vec<u8>>,
}

/// What is told of the tokens of a text.
pub(super) fn read(told: Option<Vec<ReadLikelihood>>) -> Vec<Likelihood> {
    told.into_iter().flatten().map(ReadLikelihood::into_likelihood).collect()
}

impl ReadLikelihood {
    fn into_likelihood(self) -> Likelihood {
        let alternatives = self.top_logprobs.into_iter().flatten();
        Likelihood {
            chosen: self.chosen.into_candidate(),
            alternatives: alternatives.map(ReadCandidate::into_candidate).collect(),
        }
    }
}

impl ReadCandidate {
    fn into_candidate(self) -> Candidate {
        Candidate { token: self.token, log_probability: self.logprob, bytes: self.bytes }
    }
}

/// A token, as a client reads it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct WrittenLikelihood {
    #[serde(flatten)]
    chosen: WrittenCandidate,
    top_logprobs: Vec<WrittenCandidate>,
}

#[derive(Debug, Clone, Serialize)]
struct WrittenCandidate {
    token: String,
    logprob: f64,
    bytes: Vec<u8>,
}

/// The same, of the tokens of a text.
pub(super) fn write(likelihoods: &[Likelihood]) -> Vec<WrittenLikelihood> {
    likelihoods.iter().map(WrittenLikelihood::of).collect()
}

impl WrittenLikelihood {
    fn of(likelihood: &Likelihood) -> Self {
        Self {
            chosen: WrittenCandidate::of(&likelihood.chosen),
            top_logprobs: likelihood.alternatives.iter().map(WrittenCandidate::of).collect(),
        }
    }
}

impl WrittenCandidate {
    fn of(candidate: &Candidate) -> Self {
        Self {
            token: candidate.token.clone(),
            logprob: candidate.log_probability,
            bytes: candidate.bytes().to_vec(),
        }
    }
}
