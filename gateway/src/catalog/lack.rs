//! What a deployment lacks for a request. What is not known of it rules nothing out.

use std::fmt;

use super::{Capabilities, Deployment, Modality, Model};
use crate::wire::RequestNeeds;

/// Why a deployment is not the one for a request: what is asked for, where, and what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Prompt and answer are longer than what it reads and writes together.
    Context {
        /// The field that has the prompt.
        field: &'static str,
        /// How long the prompt is, in tokens.
        prompt_tokens: i64,
        /// How long the answer may become, in tokens.
        answer_tokens: i64,
        /// How much the model takes, in tokens.
        most_tokens: i64,
        /// Whether the prompt is surely that long; else probably.
        is_certain: bool,
    },
    /// It writes no answer as long as that.
    Answer {
        /// The field that has the limit.
        field: &'static str,
        /// How long the answer may become, in tokens.
        asked_tokens: i64,
        /// The longest one that it writes.
        most_tokens: i64,
    },
    /// It cannot be shown that.
    Input {
        /// The field that shows it.
        field: &'static str,
        /// What it is shown.
        modality: Modality,
    },
    /// It does not answer with that.
    Output(Modality),
    /// It calls no tools.
    Tools {
        /// The field that offers them.
        field: &'static str,
    },
    /// It cannot be held to a schema.
    Schema {
        /// The field that has one.
        field: &'static str,
    },
    /// Its embeddings are shorter.
    Dimensions {
        /// How many numbers are asked for.
        asked: i64,
        /// How many it gives.
        most: i64,
    },
    /// It does not think before it answers.
    Reasoning {
        /// The field that asks for it.
        field: &'static str,
    },
}

impl Lack {
    /// The field of the request that asks for too much.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Context { field, .. }
            | Self::Answer { field, .. }
            | Self::Input { field, .. }
            | Self::Tools { field }
            | Self::Schema { field }
            | Self::Reasoning { field } => field,
            Self::Output(_) => "model",
            Self::Dimensions { .. } => "dimensions",
        }
    }

    /// Whether a deployment may serve the request all the same where no better one is left: an
    /// answer without thoughts is an answer, and whether a prompt fits that is only probably too
    /// long, its provider knows best.
    #[must_use]
    pub const fn is_bearable(&self) -> bool {
        matches!(self, Self::Reasoning { .. } | Self::Context { is_certain: false, .. })
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The words of Anthropic's own, by which agents know that they have to sum up.
            Self::Context { field, prompt_tokens, answer_tokens, most_tokens, .. } => write!(
                formatter,
                "prompt is too long: {} tokens > {most_tokens} maximum, about {prompt_tokens} in \
                 `{field}` and {answer_tokens} for the answer",
                prompt_tokens.saturating_add(*answer_tokens)
            ),
            Self::Answer { field, asked_tokens, most_tokens } => write!(
                formatter,
                "`{field}` asks for an answer of {asked_tokens} tokens, and the longest is \
                 {most_tokens}"
            ),
            Self::Input { field, modality } => {
                write!(formatter, "`{field}` holds {}, which it cannot be shown", named(*modality))
            }
            Self::Output(modality) => {
                write!(formatter, "it does not answer with {}", named(*modality))
            }
            Self::Tools { field } => write!(formatter, "it calls no tools, as `{field}` asks"),
            Self::Schema { field } => {
                write!(formatter, "its answer cannot be held to the schema in `{field}`")
            }
            Self::Dimensions { asked, most } => write!(
                formatter,
                "`dimensions` asks for {asked} numbers, and its embeddings have {most}"
            ),
            Self::Reasoning { field } => {
                write!(formatter, "it does not think before it answers, as `{field}` asks")
            }
        }
    }
}

const fn named(modality: Modality) -> &'static str {
    match modality {
        Modality::Text => "text",
        Modality::Image => "pictures",
        Modality::Audio => "sound",
        Modality::Video => "moving pictures",
        Modality::Document => "documents",
        Modality::Embedding => "embeddings",
    }
}

impl Capabilities {
    /// Whether anything is known by which a request could be too much.
    #[must_use]
    pub fn are_known(&self) -> bool {
        let Self {
            context_tokens,
            max_output_tokens,
            inputs,
            outputs,
            tools,
            schema,
            reasoning,
            caching: _,
            dimensions,
        } = self;
        let numbers = [context_tokens, max_output_tokens, dimensions];
        numbers.into_iter().any(Option::is_some)
            || inputs.is_some()
            || outputs.is_some()
            || [tools, schema, reasoning].into_iter().any(|able| *able == Some(false))
    }

    /// The first thing that is missing for a request, what cannot be borne before what can.
    #[must_use]
    pub fn lacks(&self, needs: &RequestNeeds) -> Option<Lack> {
        let context = self.context(needs);
        let certain = context.filter(|lack| !lack.is_bearable());
        let asked =
            |able: Option<bool>, field: Option<&'static str>| field.filter(|_| able == Some(false));
        certain
            .or_else(|| self.answer(needs))
            .or_else(|| self.input(needs))
            .or_else(|| self.output(needs))
            .or_else(|| asked(self.tools, needs.tools).map(|field| Lack::Tools { field }))
            .or_else(|| asked(self.schema, needs.schema).map(|field| Lack::Schema { field }))
            .or_else(|| self.embedding(needs))
            .or(context)
            .or_else(|| {
                asked(self.reasoning, needs.reasoning).map(|field| Lack::Reasoning { field })
            })
    }

    /// Whether it is known of this that it is not lacking, or that it is.
    #[must_use]
    pub const fn know(&self, lack: &Lack) -> bool {
        match lack {
            Lack::Context { .. } => self.context_tokens.is_some(),
            Lack::Answer { .. } => self.max_output_tokens.is_some(),
            Lack::Input { .. } => self.inputs.is_some(),
            Lack::Output(_) => self.outputs.is_some(),
            Lack::Tools { .. } => self.tools.is_some(),
            Lack::Schema { .. } => self.schema.is_some(),
            Lack::Dimensions { .. } => self.dimensions.is_some(),
            Lack::Reasoning { .. } => self.reasoning.is_some(),
        }
    }

    fn context(&self, needs: &RequestNeeds) -> Option<Lack> {
        let most_tokens = self.context_tokens?;
        let answer_tokens = needs.output_limit.map_or(0, |(_, tokens)| tokens);
        let is_too_long = |tokens: i64| tokens.saturating_add(answer_tokens) > most_tokens;
        let is_certain = is_too_long(needs.prompt.least_tokens);
        is_too_long(needs.prompt.likely_tokens).then_some(Lack::Context {
            field: needs.prompt_field,
            prompt_tokens: needs.prompt.likely_tokens,
            answer_tokens,
            most_tokens,
            is_certain,
        })
    }

    fn answer(&self, needs: &RequestNeeds) -> Option<Lack> {
        let ((field, asked_tokens), most_tokens) = (needs.output_limit?, self.max_output_tokens?);
        (asked_tokens > most_tokens).then_some(Lack::Answer { field, asked_tokens, most_tokens })
    }

    fn input(&self, needs: &RequestNeeds) -> Option<Lack> {
        let known = self.inputs.as_ref()?;
        let missing = needs.inputs.iter().find(|modality| !known.contains(modality));
        missing.map(|modality| Lack::Input { field: needs.prompt_field, modality: *modality })
    }

    /// Whatever is known to have embeddings answers with them, also where a source says that they
    /// are text.
    fn output(&self, needs: &RequestNeeds) -> Option<Lack> {
        let known = self.outputs.as_ref()?;
        let is_given = |modality: &&Modality| {
            known.contains(modality)
                || (**modality == Modality::Embedding && self.dimensions.is_some())
        };
        needs.outputs.iter().find(|modality| !is_given(modality)).copied().map(Lack::Output)
    }

    fn embedding(&self, needs: &RequestNeeds) -> Option<Lack> {
        let (asked, most) = (needs.dimensions?, self.dimensions?);
        (asked > most).then_some(Lack::Dimensions { asked, most })
    }
}

impl Model {
    /// Whether anything is known of any deployment by which a request could be too much for it.
    /// Where nothing is, needs are not read.
    #[must_use]
    pub fn has_known_capabilities(&self) -> bool {
        self.deployments.iter().any(|deployment| deployment.capabilities.are_known())
    }

    /// The smallest window that is known of any deployment, in tokens.
    #[must_use]
    pub fn least_context_tokens(&self) -> Option<i64> {
        let known = |deployment: &Deployment| deployment.capabilities.context_tokens;
        self.deployments.iter().filter_map(known).min()
    }
}

#[cfg(test)]
mod tests;
