//! Amazon's `ListFoundationModels`.

use super::{Entry, Form, ModelFacts, Object};
use crate::kernel::config::{Capabilities, Modality};

/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html>
pub(super) const FORM: Form = Form {
    lists: &["modelSummaries"],
    name: |fields| fields.text("modelId").map(String::from),
    facts,
    ..Form::OPENAI
};

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            inputs: kinds(&entry.fields, "inputModalities"),
            outputs: kinds(&entry.fields, "outputModalities"),
            ..Capabilities::default()
        },
    }
}

/// Kinds of content; none where one is not known. Converse takes documents wherever it takes text,
/// which the list does not tell.
fn kinds(fields: &Object<'_>, key: &str) -> Option<Vec<Modality>> {
    let mut known: Vec<Modality> = fields
        .items(key)
        .iter()
        .map(|item| match item.get() {
            "\"TEXT\"" => Some(Modality::Text),
            "\"IMAGE\"" => Some(Modality::Image),
            "\"SPEECH\"" | "\"AUDIO\"" => Some(Modality::Audio),
            "\"VIDEO\"" => Some(Modality::Video),
            "\"EMBEDDING\"" => Some(Modality::Embedding),
            _ => None,
        })
        .collect::<Option<_>>()?;
    if key == "inputModalities" && known.contains(&Modality::Text) {
        known.push(Modality::Document);
    }
    (!known.is_empty()).then_some(known)
}
