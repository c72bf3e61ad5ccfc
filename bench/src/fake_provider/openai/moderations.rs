//! `POST /v1/moderations`, which costs nothing.
//!
//! Source: openai's `Moderation`. A text is harmful in the ways whose names are in it: "violence"
//! is violence.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fake_provider::{
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    reply::{Payload, Prepared},
};

const USUAL_MODEL: &str = "omni-moderation-latest";
const TEXT: &[&str] = &["text"];
const TEXT_AND_IMAGE: &[&str] = &["text", "image"];
/// The categories, and what each of them can be found in.
const CATEGORIES: [(&str, &[&str]); 13] = [
    ("harassment", TEXT),
    ("harassment/threatening", TEXT),
    ("hate", TEXT),
    ("hate/threatening", TEXT),
    ("illicit", TEXT),
    ("illicit/violent", TEXT),
    ("self-harm", TEXT_AND_IMAGE),
    ("self-harm/instructions", TEXT_AND_IMAGE),
    ("self-harm/intent", TEXT_AND_IMAGE),
    ("sexual", TEXT_AND_IMAGE),
    ("sexual/minors", TEXT),
    ("violence", TEXT_AND_IMAGE),
    ("violence/graphic", TEXT_AND_IMAGE),
];
const SURE: f64 = 0.98;
const UNLIKELY: f64 = 0.000_01;

#[derive(Debug, Deserialize)]
struct ModerationRequest {
    model: Option<String>,
    input: Option<Value>,
}

/// What is looked at together.
struct Looked {
    text: String,
    kinds: Vec<&'static str>,
}

/// The answer to a request's body; `serial` makes its id.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request: ModerationRequest =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let model = request.model.unwrap_or_else(|| USUAL_MODEL.to_owned());
    let directives = Directives::of(&model)?;
    let inputs = inputs(&request.input.ok_or(Fault::MissingField("input"))?)?;
    let results: Vec<Value> = inputs.iter().map(result).collect();
    let answer =
        json!({ "id": format!("modr-fake{serial:016x}"), "model": model, "results": results });
    let payload = Payload::Whole(answer.to_string());
    Ok(Prepared { model, directives, usage: Usage::default(), payload })
}

/// A text, several texts each on its own, or texts and pictures that belong together.
fn inputs(input: &Value) -> Result<Vec<Looked>, Fault> {
    let invalid = || Fault::Invalid("'$.input' is invalid.".to_owned());
    let alone = |text: &str| Looked { text: text.to_owned(), kinds: vec!["text"] };
    match input {
        Value::String(text) => Ok(vec![alone(text)]),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            Ok(items.iter().filter_map(Value::as_str).map(alone).collect())
        }
        Value::Array(items) => {
            let mut looked = Looked { text: String::new(), kinds: Vec::new() };
            for item in items {
                let kind = match item["type"].as_str() {
                    Some("text") => {
                        looked.text.push_str(item["text"].as_str().ok_or_else(invalid)?);
                        "text"
                    }
                    Some("image_url") if item["image_url"]["url"].is_string() => "image",
                    _ => return Err(invalid()),
                };
                if !looked.kinds.contains(&kind) {
                    looked.kinds.push(kind);
                }
            }
            Ok(vec![looked])
        }
        _ => Err(invalid()),
    }
}

fn result(looked: &Looked) -> Value {
    let text = looked.text.to_lowercase();
    let (mut found, mut scores, mut applied) = (Map::new(), Map::new(), Map::new());
    for (category, taken) in CATEGORIES {
        let is_found = text.contains(category);
        let kinds: Vec<_> = looked.kinds.iter().filter(|kind| taken.contains(kind)).collect();
        found.insert(category.to_owned(), json!(is_found));
        scores.insert(category.to_owned(), json!(if is_found { SURE } else { UNLIKELY }));
        applied.insert(category.to_owned(), json!(kinds));
    }
    json!({
        "flagged": found.values().any(|is_found| *is_found == json!(true)), "categories": found,
        "category_scores": scores, "category_applied_input_types": applied,
    })
}
