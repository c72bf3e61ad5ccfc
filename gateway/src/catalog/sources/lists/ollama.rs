//! Ollama's list of what is on its disk: names alone.

use super::Form;

/// <https://github.com/ollama/ollama/blob/main/docs/api.md#list-local-models>
pub(super) const FORM: Form = Form {
    lists: &["models"],
    name: |fields| fields.text("model").or_else(|| fields.text("name")).map(String::from),
    ..Form::OPENAI
};
