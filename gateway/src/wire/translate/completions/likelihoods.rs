//! How likely tokens were, in the four lists that this API has for them: `Logprobs` of the official
//! SDK's `CompletionChoice`.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::wire::translate::ir::{Candidate, Likelihood};

#[derive(Debug, Serialize)]
pub(super) struct WrittenLogprobs<'a> {
    tokens: Vec<&'a str>,
    token_logprobs: Vec<f64>,
    /// Null where no alternatives are told.
    top_logprobs: Option<Vec<Alternatives<'a>>>,
    text_offset: Vec<usize>,
}

/// The tokens that could have stood in one place, each with its log probability.
#[derive(Debug)]
struct Alternatives<'a>(&'a [Candidate]);

impl Serialize for Alternatives<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (place, candidate) in self.0.iter().enumerate() {
            // Two that are parts of one character may read alike; the likelier one stands.
            if self.0[..place].iter().all(|earlier| earlier.token != candidate.token) {
                map.serialize_entry(&candidate.token, &candidate.log_probability)?;
            }
        }
        map.end()
    }
}

/// The lists of the next tokens, the first of which begins at `offset` of the text, in characters;
/// nothing where none are told.
pub(super) fn write<'a>(
    likelihoods: &'a [Likelihood],
    offset: &mut usize,
) -> Option<WrittenLogprobs<'a>> {
    if likelihoods.is_empty() {
        return None;
    }
    let mut text_offset = Vec::with_capacity(likelihoods.len());
    for likelihood in likelihoods {
        text_offset.push(*offset);
        *offset += likelihood.chosen.token.chars().count();
    }
    let chosen = || likelihoods.iter().map(|likelihood| &likelihood.chosen);
    let has_alternatives = likelihoods.iter().any(|it| !it.alternatives.is_empty());
    let alternatives = || likelihoods.iter().map(|it| Alternatives(&it.alternatives));
    Some(WrittenLogprobs {
        tokens: chosen().map(|candidate| candidate.token.as_str()).collect(),
        token_logprobs: chosen().map(|candidate| candidate.log_probability).collect(),
        top_logprobs: has_alternatives.then(|| alternatives().collect()),
        text_offset,
    })
}
