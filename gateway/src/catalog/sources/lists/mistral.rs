//! Mistral's list: OpenAI's with what a model can do.

use super::{Entry, Form, ModelFacts};
use crate::kernel::config::{Capabilities, Modality};

/// <https://docs.mistral.ai/api/#tag/models>
pub(super) const FORM: Form = Form { facts, ..Form::OPENAI };

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let told = entry.fields.inner("capabilities").unwrap_or_default();
    let chats = told.flag("completion_chat") == Some(true);
    let mut inputs = vec![Modality::Text];
    inputs.extend((told.flag("vision") == Some(true)).then_some(Modality::Image));
    inputs.extend((told.flag("audio") == Some(true)).then_some(Modality::Audio));
    let is_told = chats && told.flag("vision").is_some();
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            context_tokens: entry.count("max_context_length"),
            inputs: is_told.then_some(inputs),
            tools: told.flag("function_calling").filter(|_| chats),
            reasoning: told.flag("reasoning").filter(|_| chats),
            ..Capabilities::default()
        },
    }
}
