//! `GET /foundation-models`, which the control plane answers.

use serde_json::{Value, json};

use crate::fake_provider::MODELS;

/// All models.
pub(in crate::fake_provider) fn list() -> String {
    let models: Vec<Value> = MODELS.iter().map(|id| summary(id)).collect();
    json!({ "modelSummaries": models }).to_string()
}

fn summary(id: &str) -> Value {
    let output = if id.ends_with("embedding") { "EMBEDDING" } else { "TEXT" };
    json!({
        "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"), "modelId": id,
        "modelName": id, "providerName": "Fake", "inputModalities": ["TEXT"],
        "outputModalities": [output], "responseStreamingSupported": output == "TEXT",
        "customizationsSupported": [], "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": { "status": "ACTIVE" },
    })
}
