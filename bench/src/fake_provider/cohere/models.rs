//! `GET /v1/models` and `GET /v1/models/{model}` as Cohere answers them.

use serde_json::{Value, json};

use crate::fake_provider::{MODELS, is_model, vendor::Fault};

/// All models, on one page.
pub(super) fn list() -> String {
    let models: Vec<Value> = MODELS.iter().map(|name| model(name)).collect();
    json!({ "models": models }).to_string()
}

/// One model, with or without directives in its name.
pub(super) fn get(name: &str) -> Result<String, Fault> {
    if is_model(name) {
        Ok(model(name).to_string())
    } else {
        Err(Fault::UnknownModel(name.to_owned()))
    }
}

fn model(name: &str) -> Value {
    let endpoints = if name.ends_with("embedding") { json!(["embed"]) } else { json!(["chat"]) };
    json!({
        "name": name, "is_deprecated": false, "endpoints": endpoints, "finetuned": false,
        "context_length": 128_000, "tokenizer_url": "", "default_endpoints": [],
        "features": ["json_mode", "json_schema", "strict_tools", "tools", "tool_choice"],
    })
}
