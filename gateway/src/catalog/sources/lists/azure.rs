//! Azure's list: OpenAI's with what a model is for. It tells of models, not of deployments.

use super::{Entry, Form, ModelFacts};
use crate::kernel::config::{Capabilities, Modality};

/// <https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list>
pub(super) const FORM: Form = Form { facts, ..Form::OPENAI };

fn facts(entry: &mut Entry<'_>) -> Option<ModelFacts> {
    let told = entry.fields.inner("capabilities").unwrap_or_default();
    if told.flag("inference") == Some(false) {
        return None;
    }
    let embeds = told.flag("embeddings") == Some(true);
    Some(ModelFacts {
        price: None,
        capabilities: Capabilities {
            outputs: embeds.then(|| vec![Modality::Embedding]),
            ..Capabilities::default()
        },
    })
}
