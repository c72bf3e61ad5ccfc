//! `GET /v1beta/models` and `GET /v1beta/models/{model}`

use serde_json::{Value, json};

use crate::fake_provider::{MODELS, fault::Fault, is_model, vendor_call::VendorCall};

/// The list of models, a page of it where `pageSize` says so.
pub(super) fn list(call: &VendorCall<'_>) -> Result<String, Fault> {
    let size = number(call, "pageSize")?.unwrap_or(MODELS.len()).max(1);
    let start = number(call, "pageToken")?.unwrap_or(0).min(MODELS.len());
    let end = start.saturating_add(size).min(MODELS.len());
    let models: Vec<Value> = MODELS[start..end].iter().map(|id| model(id)).collect();
    let mut page = json!({ "models": models });
    if end < MODELS.len() {
        page["nextPageToken"] = json!(end.to_string());
    }
    Ok(page.to_string())
}

/// One model, with or without directives in its name.
pub(super) fn get(id: &str) -> Result<String, Fault> {
    if is_model(id) { Ok(model(id).to_string()) } else { Err(Fault::UnknownModel(id.to_owned())) }
}

fn number(call: &VendorCall<'_>, name: &str) -> Result<Option<usize>, Fault> {
    let Some(value) = call.query_value(name) else { return Ok(None) };
    let number = value.parse();
    number.map(Some).map_err(|_| Fault::Invalid(format!("{name} is not valid: {value}")))
}

fn model(id: &str) -> Value {
    let methods = if id.contains("embedding") {
        json!(["embedContent", "batchEmbedContents"])
    } else {
        json!(["generateContent", "countTokens", "embedContent", "batchEmbedContents"])
    };
    json!({
        "name": format!("models/{id}"), "version": "001", "displayName": id,
        "description": "A model that says what it is told to.",
        "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536,
        "supportedGenerationMethods": methods,
        "temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": 2, "thinking": true,
    })
}
