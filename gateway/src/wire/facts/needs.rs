//! What a request needs of the model that is to answer it: what it shows it, what the answer is to
//! be, and how long both are.
//!
//! Read beside the other facts, and only where it can rule a model out. What cannot be read needs
//! nothing here; what is wrong with it, the provider says.

mod content;
mod gemini;
mod length;
mod open;

pub use self::length::PromptLength;
use super::{Dialect, RequestFacts};
use crate::{kernel::config::Modality, wire::RelayedApi};

/// What a model has to be able to do for a request. Text that is shown to it is taken for granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestNeeds {
    /// The field that holds the prompt.
    pub prompt_field: &'static str,
    /// How long the prompt is; nothing where each part of it is answered on its own.
    pub prompt: PromptLength,
    /// What is in the prompt beside text.
    pub inputs: Vec<Modality>,
    /// What the answer is to be.
    pub outputs: Vec<Modality>,
    /// How many tokens the answer may have, and the field that says so; none where it is left open.
    pub output_limit: Option<(&'static str, i64)>,
    /// The field that offers tools.
    pub tools: Option<&'static str>,
    /// The field that has a JSON schema which the answer is held to.
    pub schema: Option<&'static str>,
    /// The field that asks for thoughts before the answer.
    pub reasoning: Option<&'static str>,
    /// How many numbers an embedding is to have.
    pub dimensions: Option<i64>,
}

impl RequestNeeds {
    /// Reads them from a body whose facts are known. Its texts are measured only where they may
    /// not fit `window_tokens`; else their length is judged by that of the body.
    #[must_use]
    pub fn read(
        dialect: Dialect,
        body: &[u8],
        facts: &RequestFacts,
        window_tokens: Option<i64>,
    ) -> Self {
        let mut needs = match dialect {
            Dialect::Gemini => gemini::read(body),
            Dialect::Relayed(api) => return relayed(api, body),
            Dialect::OpenAiEmbeddings => return open::embedded(body),
            _ => open::read(dialect, body),
        };
        needs.output_limit = limit_of(facts);
        // Each prompt of a list is continued on its own.
        if dialect != Dialect::OpenAiCompletions {
            let answer_tokens = facts.output_limit.unwrap_or(0);
            let room = window_tokens.map(|tokens| tokens.saturating_sub(answer_tokens));
            needs.prompt = PromptLength::of_body(body, room);
        }
        needs
    }
}

fn relayed(api: RelayedApi, body: &[u8]) -> RequestNeeds {
    let (field, input, output) = match api {
        RelayedApi::Moderations => return open::moderated(body),
        RelayedApi::ImageGenerations => ("prompt", None, Modality::Image),
        RelayedApi::ImageEdits | RelayedApi::ImageVariations => {
            ("image", Some(Modality::Image), Modality::Image)
        }
        RelayedApi::Speech => ("input", None, Modality::Audio),
        RelayedApi::Transcriptions | RelayedApi::Translations => {
            ("file", Some(Modality::Audio), Modality::Text)
        }
        // What a session shows and asks for, only its events say.
        RelayedApi::Rerank | RelayedApi::Realtime => return RequestNeeds::default(),
    };
    RequestNeeds {
        prompt_field: field,
        inputs: input.into_iter().collect(),
        outputs: vec![output],
        ..RequestNeeds::default()
    }
}

/// The limit that the caller has written, by the field that has it.
fn limit_of(facts: &RequestFacts) -> Option<(&'static str, i64)> {
    let limit = facts.output_limit?;
    let written = facts.limits.iter().find(|written| written.value == Some(limit));
    written.map(|written| (written.name, limit))
}

#[cfg(test)]
mod tests;
