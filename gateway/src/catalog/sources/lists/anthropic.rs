//! Anthropic's list, in pages, with what each model can do.

use super::{Entry, Form, ModelFacts, NextPage, Object};
use crate::kernel::config::{Capabilities, Modality};

/// <https://docs.claude.com/en/api/models-list>
pub(super) const FORM: Form = Form {
    is_served: |fields| fields.text("lifecycle").as_deref() != Some("retired"),
    facts,
    next,
    ..Form::OPENAI
};

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let told = entry.fields.inner("capabilities");
    let has = |name: &str| told.as_ref()?.inner(name)?.flag("supported");
    let mut inputs = vec![Modality::Text];
    inputs.extend((has("image_input") == Some(true)).then_some(Modality::Image));
    inputs.extend((has("pdf_input") == Some(true)).then_some(Modality::Document));
    let (schema, reasoning) = (has("structured_outputs"), has("thinking"));
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            context_tokens: entry.count("max_input_tokens"),
            max_output_tokens: entry.count("max_tokens"),
            inputs: told.is_some().then_some(inputs),
            schema,
            reasoning,
            ..Capabilities::default()
        },
    }
}

fn next(envelope: &Object<'_>) -> Option<NextPage> {
    (envelope.flag("has_more") == Some(true)).then_some(())?;
    super::token(envelope, "last_id", "after_id")
}
