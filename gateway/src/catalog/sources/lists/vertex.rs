//! Google Cloud's list of publishers' models, in pages: names alone.

use super::{Form, Object};

/// <https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models/list>
pub(super) const FORM: Form = Form {
    lists: &["publisherModels"],
    name,
    next: |envelope| super::token(envelope, "nextPageToken", "pageToken"),
    ..Form::OPENAI
};

/// As a model is asked for: those of Google and Anthropic by their own name, others behind their
/// publisher's.
fn name(fields: &Object<'_>) -> Option<String> {
    let name = fields.text("name")?;
    let (publisher, model) = name.strip_prefix("publishers/")?.split_once("/models/")?;
    Some(match publisher {
        "google" | "anthropic" => model.to_owned(),
        _ => format!("{publisher}/{model}"),
    })
}
