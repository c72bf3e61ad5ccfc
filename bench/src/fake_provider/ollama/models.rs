//! `GET /api/tags`, `POST /api/show` and `GET /api/version`

use serde_json::{Value, json};

use super::CREATED_AT;
use crate::fake_provider::{MODELS, is_model, vendor::Fault};

/// All models that are there.
pub(super) fn tags() -> String {
    let models: Vec<Value> = MODELS.iter().map(|name| tag(name)).collect();
    json!({ "models": models }).to_string()
}

/// One model.
pub(super) fn show(body: &[u8]) -> Result<String, Fault> {
    let request: Value =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    // Older clients call it `name`.
    let name = request["model"].as_str().or_else(|| request["name"].as_str()).unwrap_or_default();
    let name = known(name)?;
    let capabilities = if name.contains("embedding") {
        json!(["embedding"])
    } else {
        json!(["completion", "tools", "thinking"])
    };
    let shown = json!({
        "modelfile": format!("FROM {name}"), "parameters": "", "template": "{{ .Prompt }}",
        "details": details(), "capabilities": capabilities, "modified_at": CREATED_AT,
        "model_info": { "general.architecture": "fake", "fake.context_length": 131_072 },
    });
    Ok(shown.to_string())
}

/// The server's version.
pub(super) fn version() -> String {
    json!({ "version": "0.13.0" }).to_string()
}

/// A model's name, if there is such a model.
pub(super) fn known(name: &str) -> Result<String, Fault> {
    if name.is_empty() {
        return Err(Fault::Invalid("model is required".to_owned()));
    }
    let is_known = is_model(&name.replacen(":latest", "", 1));
    if is_known { Ok(name.to_owned()) } else { Err(Fault::UnknownModel(name.to_owned())) }
}

fn tag(name: &str) -> Value {
    let name = format!("{name}:latest");
    json!({
        "name": name, "model": name, "modified_at": CREATED_AT, "size": 4_700_000_000_u64,
        "digest": "fa4e".repeat(16), "details": details(),
    })
}

fn details() -> Value {
    json!({
        "parent_model": "", "format": "gguf", "family": "fake", "families": ["fake"],
        "parameter_size": "8.0B", "quantization_level": "Q4_K_M",
    })
}
