//! What a model can do, as the configuration and the catalogue's sources write it.

use serde::{Deserialize, Serialize};

use super::{ConfigError, check::inconsistent};

/// What a model can do. What is left out is not known, and rules nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Prompt and answer together, in tokens.
    pub context_tokens: Option<i64>,
    /// The longest answer, in tokens.
    pub max_output_tokens: Option<i64>,
    /// What it can be shown.
    pub inputs: Option<Vec<Modality>>,
    /// What it answers with.
    pub outputs: Option<Vec<Modality>>,
    /// Whether it calls tools.
    pub tools: Option<bool>,
    /// Whether its answer can be held to a JSON schema.
    pub schema: Option<bool>,
    /// Whether it thinks before it answers.
    pub reasoning: Option<bool>,
    /// Whether it reads prompts from a cache at a lower price.
    pub caching: Option<bool>,
    /// How many numbers an embedding has.
    pub dimensions: Option<i64>,
}

/// A kind of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Text.
    Text,
    /// Pictures.
    Image,
    /// Sound.
    Audio,
    /// Moving pictures.
    Video,
    /// Documents, such as PDF.
    Document,
    /// Vectors of numbers that stand for a text.
    Embedding,
}

impl Capabilities {
    pub(super) fn check(&self, key: &str) -> Result<(), ConfigError> {
        let numbers = [
            ("context_tokens", self.context_tokens),
            ("max_output_tokens", self.max_output_tokens),
            ("dimensions", self.dimensions),
        ];
        if let Some((name, _)) = numbers.iter().find(|(_, number)| number.is_some_and(|it| it < 1))
        {
            return Err(inconsistent(format!("{key}.{name}"), "expected at least 1"));
        }
        let lists = [("inputs", &self.inputs), ("outputs", &self.outputs)];
        let empty = lists.iter().find(|(_, list)| list.as_ref().is_some_and(Vec::is_empty));
        let detail = "expected one or more, such as `[text]`; leave it out where it is not known";
        empty.map_or(Ok(()), |(name, _)| Err(inconsistent(format!("{key}.{name}"), detail)))
    }

    /// These, and where one is not known, what `other` knows.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            context_tokens: self.context_tokens.or(other.context_tokens),
            max_output_tokens: self.max_output_tokens.or(other.max_output_tokens),
            inputs: self.inputs.or_else(|| other.inputs.clone()),
            outputs: self.outputs.or_else(|| other.outputs.clone()),
            tools: self.tools.or(other.tools),
            schema: self.schema.or(other.schema),
            reasoning: self.reasoning.or(other.reasoning),
            caching: self.caching.or(other.caching),
            dimensions: self.dimensions.or(other.dimensions),
        }
    }
}
