//! `GET /v1/models` and `GET /v1/models/{id}` as Anthropic answers them.

use serde_json::{Value, json};

use crate::fake_provider::{MODELS, fault::Fault, is_model};

/// All models, on one page.
pub(in crate::fake_provider) fn list() -> String {
    let models: Vec<Value> = MODELS.iter().map(|id| model(id)).collect();
    let page = json!({
        "data": models, "has_more": false, "first_id": MODELS.first(), "last_id": MODELS.last(),
    });
    page.to_string()
}

/// One model, with or without directives in its name.
pub(in crate::fake_provider) fn get(id: &str) -> Result<String, Fault> {
    if is_model(id) { Ok(model(id).to_string()) } else { Err(Fault::UnknownModel(id.to_owned())) }
}

fn model(id: &str) -> Value {
    json!({
        "type": "model", "id": id, "display_name": id, "created_at": "2025-11-13T00:00:00Z",
        "lifecycle": "active", "max_input_tokens": 200_000, "max_tokens": 64_000,
    })
}
