//! `GET /client/v4/accounts/{account}/ai/models/search`

use serde_json::{Value, json};

use super::run::{after_account, wrapped};
use crate::fake_provider::MODELS;

/// Whether the list is at a path.
pub(in crate::fake_provider) fn are_at(path: &str) -> bool {
    after_account(path) == Some("models/search")
}

/// All models, on the first page; the official SDK asks for pages until one is empty.
pub(in crate::fake_provider) fn list(query: &str) -> String {
    let number = query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok());
    let number: usize = number.unwrap_or(1);
    let shown = if number == 1 { &MODELS[..] } else { &[] };
    let models: Vec<Value> =
        shown.iter().enumerate().map(|(index, name)| model(index, name)).collect();
    let mut page = wrapped(&json!(models));
    page["result_info"] = json!({
        "count": shown.len(), "page": number, "per_page": 50, "total_count": MODELS.len(),
    });
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
