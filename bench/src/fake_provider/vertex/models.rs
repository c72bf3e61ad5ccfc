//! `GET /v1/publishers/google/models` and `GET /v1/publishers/google/models/{model}`

use serde_json::{Value, json};

use crate::fake_provider::{MODELS, fault::Fault, is_model};

/// All of Google's own models.
pub(super) fn list() -> String {
    let models: Vec<Value> = MODELS.iter().map(|id| model(id)).collect();
    json!({ "publisherModels": models }).to_string()
}

/// One model, with or without directives in its name.
pub(super) fn get(id: &str) -> Result<String, Fault> {
    if is_model(id) { Ok(model(id).to_string()) } else { Err(Fault::UnknownModel(id.to_owned())) }
}

fn model(id: &str) -> Value {
    json!({
        "name": format!("publishers/google/models/{id}"), "versionId": "default",
        "launchStage": "GA", "publisherModelTemplate": format!(
            "projects/{{project}}/locations/{{location}}/publishers/google/models/{id}@default"
        ),
    })
}
