//! The demo's embeddings: unit vectors made from a digest of the text, the same for the same text.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::kernel::digest::sha256;

const DEFAULT_DIMENSIONS: u64 = 256;
const MOST_DIMENSIONS: u64 = 4_096;

/// Answers an embeddings request.
pub(super) fn answer(body: &Value) -> Value {
    let inputs: Vec<String> = match &body["input"] {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    };
    let dimensions =
        body["dimensions"].as_u64().unwrap_or(DEFAULT_DIMENSIONS).clamp(1, MOST_DIMENSIONS);
    let as_base64 = body["encoding_format"] == "base64";
    let tokens: usize = inputs.iter().map(|text| text.len().div_ceil(4).max(1)).sum();
    let data: Vec<Value> = inputs
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, dimensions);
            let embedding = if as_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    json!({
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": { "prompt_tokens": tokens, "total_tokens": tokens },
    })
}

fn vector(text: &str, dimensions: u64) -> Vec<f32> {
    let raw: Vec<f32> = (0..dimensions)
        .map(|index| {
            let digest = sha256(format!("{index}\n{text}").as_bytes());
            let number = u16::from_le_bytes([digest[0], digest[1]]);
            f32::from(number) / f32::from(u16::MAX) - 0.5
        })
        .collect();
    let length = raw.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    raw.into_iter().map(|value| value / length).collect()
}
