//! Cohere's list, in pages.

use super::{Entry, Form, ModelFacts};
use crate::kernel::config::{Capabilities, Modality};

/// <https://docs.cohere.com/reference/list-models>
pub(super) const FORM: Form = Form {
    lists: &["models"],
    name: |fields| fields.text("name").map(String::from),
    facts,
    next: |envelope| super::token(envelope, "next_page_token", "page_token"),
    ..Form::OPENAI
};

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let listed = |key: &str| -> Option<Vec<&str>> {
        entry.fields.written(key)?;
        Some(entry.fields.items(key).iter().map(|item| item.get().trim_matches('"')).collect())
    };
    let features = listed("features").filter(|features| !features.is_empty());
    let has = |name| features.as_ref().map(|features| features.contains(&name));
    let (tools, schema, vision) = (has("tools"), has("json_schema"), has("vision"));
    let embeds = listed("endpoints").is_some_and(|endpoints| endpoints.contains(&"embed"));
    let with_pictures = vec![Modality::Text, Modality::Image];
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            context_tokens: entry.count("context_length"),
            inputs: (vision == Some(true)).then_some(with_pictures),
            outputs: embeds.then(|| vec![Modality::Embedding]),
            tools,
            schema,
            ..Capabilities::default()
        },
    }
}
