//! `GitHub` Copilot's list: OpenAI's with limits and abilities.

use super::{Entry, Form, ModelFacts};
use crate::kernel::config::{Capabilities, Modality};

/// What the official clients read of it; `GitHub` documents none of it.
pub(super) const FORM: Form = Form { facts, ..Form::OPENAI };

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let told = entry.fields.inner("capabilities").unwrap_or_default();
    let limits = told.inner("limits").unwrap_or_default();
    let supports = told.inner("supports").unwrap_or_default();
    let kind = told.text("type").unwrap_or_default();
    let chats = kind == "chat";
    let mut inputs = vec![Modality::Text];
    inputs.extend((supports.flag("vision") == Some(true)).then_some(Modality::Image));
    let embeds = kind == "embeddings";
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            context_tokens: entry.count_in(&limits, "max_context_window_tokens"),
            max_output_tokens: entry.count_in(&limits, "max_output_tokens"),
            inputs: chats.then_some(inputs),
            outputs: embeds.then(|| vec![Modality::Embedding]),
            // What a model does not support is left out there.
            tools: chats.then(|| supports.flag("tool_calls").unwrap_or(false)),
            schema: supports.flag("structured_outputs"),
            ..Capabilities::default()
        },
    }
}
