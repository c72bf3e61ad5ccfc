//! Azure's list: OpenAI's with what a model is for. It tells of models, not of deployments.

use super::{Entry, Form, ModelFacts, Object};
use crate::kernel::config::{Capabilities, Modality};

/// <https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list>
pub(super) const FORM: Form = Form { is_served, facts, ..Form::OPENAI };

fn is_served(fields: &Object<'_>) -> bool {
    fields.inner("capabilities").and_then(|told| told.flag("inference")) != Some(false)
}

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let told = entry.fields.inner("capabilities").unwrap_or_default();
    let embeds = told.flag("embeddings") == Some(true);
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            outputs: embeds.then(|| vec![Modality::Embedding]),
            ..Capabilities::default()
        },
    }
}
