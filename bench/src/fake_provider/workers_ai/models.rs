//! `GET /client/v4/accounts/{account}/ai/models/search`

use serde_json::{Value, json};

use super::route::wrapped;
use crate::fake_provider::{MODELS, vendor_call::VendorCall};

/// All models, on the first page; the official SDK asks for pages until one is empty.
pub(super) fn list(call: &VendorCall<'_>) -> String {
    let number = call.query_value("page").and_then(|number| number.parse().ok());
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
