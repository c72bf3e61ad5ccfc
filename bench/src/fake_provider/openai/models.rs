//! `GET /v1/models` and `GET /v1/models/{id}`

use serde_json::{Value, json};

use super::CREATED;
use crate::fake_provider::{MODELS, fault::Fault, is_model};

/// All models.
pub(in crate::fake_provider) fn list() -> String {
    let models: Vec<Value> = MODELS.iter().map(|id| model(id)).collect();
    json!({ "object": "list", "data": models }).to_string()
}

/// One model, with or without directives in its name.
pub(in crate::fake_provider) fn get(id: &str) -> Result<String, Fault> {
    if is_model(id) { Ok(model(id).to_string()) } else { Err(Fault::UnknownModel(id.to_owned())) }
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": CREATED, "owned_by": "fake" })
}
