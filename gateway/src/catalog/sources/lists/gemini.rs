//! Google's list for Gemini, in pages.

use super::{Entry, Form, ModelFacts};
use crate::kernel::config::{Capabilities, Modality};

/// <https://ai.google.dev/api/models#method:-models.list>
pub(super) const FORM: Form = Form {
    lists: &["models"],
    name: |fields| Some(fields.text("name")?.trim_start_matches("models/").to_owned()),
    facts,
    next: |envelope| super::token(envelope, "nextPageToken", "pageToken"),
    ..Form::OPENAI
};

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let methods = entry.fields.items("supportedGenerationMethods");
    let has = |method: &str| methods.iter().any(|item| item.get().trim_matches('"') == method);
    let embeds = has("embedContent");
    let max_input = entry.count("inputTokenLimit");
    let max_output = entry.count("outputTokenLimit").filter(|_| !embeds);
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            // The answer counts beside the prompt.
            context_tokens: max_input.map(|input| input.saturating_add(max_output.unwrap_or(0))),
            max_output_tokens: max_output,
            outputs: embeds.then(|| vec![Modality::Embedding]),
            reasoning: entry.flag("thinking"),
            ..Capabilities::default()
        },
    }
}
