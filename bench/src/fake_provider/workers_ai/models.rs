//! `GET /client/v4/accounts/{account}/ai/models/search`

use serde_json::{Value, json};

use super::run::{after_account, wrapped};
use crate::fake_provider::MODELS;

/// Whether the list is at a path.
pub(in crate::fake_provider) fn are_at(path: &str) -> bool {
    after_account(path) == Some("models/search")
}

/// All models, on one page.
pub(in crate::fake_provider) fn list() -> String {
    let models: Vec<Value> =
        MODELS.iter().enumerate().map(|(index, name)| model(index, name)).collect();
    let mut page = wrapped(&json!(models));
    let count = MODELS.len();
    page["result_info"] =
        json!({ "count": count, "page": 1, "per_page": 50, "total_count": count });
    page.to_string()
}

fn model(index: usize, name: &str) -> Value {
    let task = if name.ends_with("embedding") { "Text Embeddings" } else { "Text Generation" };
    json!({
        "id": format!("fa4e0000-0000-4000-8000-{index:012x}"), "source": 1,
        "name": format!("@cf/{name}"), "description": name, "tags": [],
        "task": { "id": task, "name": task, "description": task },
        "created_at": "2025-11-13 00:00:00.000",
        "properties": [{ "property_id": "context_window", "value": "128000" }],
    })
}
