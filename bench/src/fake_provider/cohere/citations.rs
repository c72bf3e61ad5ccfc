//! What an answer rests on: documents that came with the request, or what tools have found.

use serde_json::{Value, json};

/// What can be cited.
#[derive(Debug, Default)]
pub(super) struct Sources(Vec<Value>);

/// The most that is cited at once.
const CITED_BYTES: usize = 9;

impl Sources {
    /// The citations of a text; its beginning rests on everything there is.
    pub(super) fn cited_by(&self, text: &str, content_index: usize) -> Vec<Value> {
        if self.0.is_empty() || text.is_empty() {
            return Vec::new();
        }
        let cited = &text[..text.floor_char_boundary(CITED_BYTES)];
        vec![json!({
            "start": 0, "end": cited.chars().count(), "text": cited, "sources": self.0,
            "content_index": content_index, "type": "TEXT_CONTENT",
        })]
    }
}

/// The request's documents, and the results of tools in its messages.
pub(super) fn sources(documents: &Value, messages: &Value) -> Sources {
    let documents = documents.as_array().into_iter().flatten().enumerate();
    let documents = documents.map(|(index, document)| document_source(index, document));
    let messages = messages.as_array().into_iter().flatten();
    let results = messages.filter(|message| message["role"] == "tool").flat_map(tool_sources);
    Sources(documents.chain(results).collect())
}

fn document_source(index: usize, document: &Value) -> Value {
    let id = document["id"].as_str().map_or_else(|| format!("doc:{index}"), str::to_owned);
    let mut shown = match document {
        Value::String(text) => json!({ "content": text }),
        other => other["data"].clone(),
    };
    shown["id"] = json!(id);
    json!({ "type": "document", "id": id, "document": shown })
}

fn tool_sources(message: &Value) -> Vec<Value> {
    let call = message["tool_call_id"].as_str().unwrap_or_default();
    let outputs = match &message["content"] {
        Value::Array(blocks) => blocks.iter().map(tool_output).collect(),
        content => vec![tool_output(content)],
    };
    let numbered = outputs.into_iter().enumerate();
    numbered
        .map(|(index, output)| {
            json!({ "type": "tool", "id": format!("{call}:{index}"), "tool_output": output })
        })
        .collect()
}

/// A result as an object, whatever it was sent as.
fn tool_output(content: &Value) -> Value {
    let data = &content["document"]["data"];
    let text = content.as_str().or_else(|| content["text"].as_str()).or_else(|| data.as_str());
    match text {
        Some(text) => match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Value::Object(members),
            _ => json!({ "content": text }),
        },
        None => data.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_results_are_cited_by_their_ids() {
        let documents = json!(["plain", { "id": "mine", "data": { "title": "T" } }]);
        let messages = json!([
            { "role": "user", "content": "Hi" },
            { "role": "tool", "tool_call_id": "call", "content": "{\"a\":1}" },
        ]);
        let cited = sources(&documents, &messages).cited_by("The quick fox", 0);
        assert_eq!(cited[0]["text"], "The quick");
        let ids: Vec<_> =
            cited[0]["sources"].as_array().unwrap().iter().map(|source| &source["id"]).collect();
        assert_eq!(ids, ["doc:0", "mine", "call:0"]);
        assert_eq!(cited[0]["sources"][1]["document"], json!({ "title": "T", "id": "mine" }));
        assert_eq!(cited[0]["sources"][2]["tool_output"], json!({ "a": 1 }));
    }

    #[test]
    fn without_sources_nothing_is_cited() {
        assert!(sources(&Value::Null, &json!([])).cited_by("The quick fox", 0).is_empty());
    }
}
