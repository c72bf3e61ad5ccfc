//! How likely tokens were, in the words of `generateContent`: `LogprobsResult` of the official SDK.

use serde::{Deserialize, Serialize};

use crate::wire::translate::ir::{Candidate, Likelihood};

/// As a provider tells it: the tokens of the text, and in the same places those that could have
/// stood there.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReadLogprobs {
    chosen_candidates: Option<Vec<ReadCandidate>>,
    top_candidates: Option<Vec<ReadAlternatives>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadCandidate {
    #[serde(default)]
    token: String,
    #[serde(default)]
    log_probability: f64,
}

#[derive(Debug, Default, Deserialize)]
struct ReadAlternatives {
    candidates: Option<Vec<ReadCandidate>>,
}

impl ReadLogprobs {
    pub(super) fn into_likelihoods(self) -> Vec<Likelihood> {
        let mut alternatives = self.top_candidates.unwrap_or_default().into_iter();
        let mut next = || {
            let candidates = alternatives.next().and_then(|place| place.candidates);
            candidates.into_iter().flatten().map(ReadCandidate::into_candidate).collect()
        };
        let chosen = self.chosen_candidates.unwrap_or_default().into_iter();
        chosen
            .map(|chosen| Likelihood { chosen: chosen.into_candidate(), alternatives: next() })
            .collect()
    }
}

impl ReadCandidate {
    fn into_candidate(self) -> Candidate {
        let Self { token, log_probability } = self;
        Candidate { token, log_probability, bytes: None }
    }
}

/// As a client reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenLogprobs<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    top_candidates: Vec<WrittenAlternatives<'a>>,
    chosen_candidates: Vec<WrittenCandidate<'a>>,
}

#[derive(Debug, Serialize)]
struct WrittenAlternatives<'a> {
    candidates: Vec<WrittenCandidate<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenCandidate<'a> {
    token: &'a str,
    log_probability: f64,
}

impl<'a> WrittenLogprobs<'a> {
    /// Nothing where nothing is told.
    pub(super) fn of(likelihoods: &'a [Likelihood]) -> Option<Self> {
        if likelihoods.is_empty() {
            return None;
        }
        let chosen = likelihoods.iter().map(|it| WrittenCandidate::of(&it.chosen));
        let has_alternatives = likelihoods.iter().any(|it| !it.alternatives.is_empty());
        let alternatives = likelihoods.iter().filter(|_| has_alternatives).map(|likelihood| {
            let candidates = likelihood.alternatives.iter().map(WrittenCandidate::of).collect();
            WrittenAlternatives { candidates }
        });
        Some(Self { chosen_candidates: chosen.collect(), top_candidates: alternatives.collect() })
    }
}

impl<'a> WrittenCandidate<'a> {
    fn of(candidate: &'a Candidate) -> Self {
        Self { token: &candidate.token, log_probability: candidate.log_probability }
    }
}

/// The mean of the tokens' log probabilities; nothing where none are told.
pub(super) fn mean(likelihoods: &[Likelihood]) -> Option<f64> {
    let count = u32::try_from(likelihoods.len()).ok().filter(|count| *count > 0)?;
    let sum: f64 = likelihoods.iter().map(|it| it.chosen.log_probability).sum();
    Some(sum / f64::from(count))
}
