//! What the demo reads of a request.

use serde_json::{Map, Value, json};

use crate::kernel::digest::sha256;

/// The last question of a chat completion request.
pub(super) struct Question {
    pub(super) model: String,
    pub(super) text: String,
    pub(super) tool_result: Option<String>,
    pub(super) turns: usize,
    pub(super) bytes: usize,
    pub(super) output_limit: Option<usize>,
    pub(super) wants_usage: bool,
    tools: Vec<Value>,
    must_call: bool,
    may_call: bool,
    digest: String,
}

impl Question {
    pub(super) fn read(body: &Value) -> Self {
        let empty = Vec::new();
        let messages = body["messages"].as_array().unwrap_or(&empty);
        let last = messages.last();
        let tool_result = last
            .filter(|message| message["role"] == "tool")
            .map(|message| text_of(&message["content"]));
        let text = messages
            .iter()
            .rev()
            .find(|message| message["role"] == "user")
            .map(|message| text_of(&message["content"]))
            .unwrap_or_default();
        let choice = &body["tool_choice"];
        let digest = sha256(body.to_string().as_bytes());
        Self {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            turns: messages.iter().filter(|message| message["role"] == "user").count(),
            bytes: messages.iter().map(|message| text_of(&message["content"]).len() + 8).sum(),
            output_limit: ["max_completion_tokens", "max_tokens"]
                .iter()
                .find_map(|field| body[*field].as_u64())
                .and_then(|limit| usize::try_from(limit).ok()),
            wants_usage: body["stream_options"]["include_usage"] == true,
            tools: body["tools"].as_array().cloned().unwrap_or_default(),
            must_call: choice == "required" || choice.is_object(),
            may_call: choice != "none",
            digest: format!("{:024x}", u128::from_be_bytes(id_bytes(&digest))),
            text,
            tool_result,
        }
    }

    /// An id that is the same for the same request.
    pub(super) fn completion_id(&self) -> String {
        format!("chatcmpl-demo-{}", self.digest)
    }

    pub(super) fn call_id(&self) -> String {
        format!("call_demo_{}", self.digest)
    }

    /// The tool that the demo calls, with arguments made from its schema: if it must, or if the
    /// question names it or asks for a tool; never right after a tool's result.
    pub(super) fn tool_to_call(&self) -> Option<(String, String)> {
        if self.tool_result.is_some() || !self.may_call {
            return None;
        }
        let asked = self.text.to_lowercase();
        let named = self.tools.iter().find(|tool| {
            let name = tool["function"]["name"].as_str().unwrap_or("\0").to_lowercase();
            name.split(['_', '-']).any(|word| word.len() > 3 && asked.contains(word))
        });
        let any = || self.tools.first().filter(|_| self.must_call || asked.contains("tool"));
        let tool = &named.or_else(any)?["function"];
        let arguments = example(&tool["parameters"], &self.text);
        Some((tool["name"].as_str()?.to_owned(), arguments.to_string()))
    }
}

/// The first twelve bytes of a digest, right-aligned.
fn id_bytes(digest: &[u8; 32]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[4..].copy_from_slice(&digest[..12]);
    bytes
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// A value that fits the schema: enough of JSON Schema for what tools declare.
fn example(schema: &Value, question: &str) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|options| options.first()) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("object") | None => {
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let values: Map<String, Value> = properties
                .iter()
                .map(|(name, property)| (name.clone(), example(property, question)))
                .collect();
            Value::Object(values)
        }
        Some("integer") => json!(1),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("array") => json!([example(&schema["items"], question)]),
        Some("null") => Value::Null,
        Some(_) => {
            let word = question
                .split(|character: char| !character.is_alphanumeric())
                .rfind(|word| word.chars().next().is_some_and(char::is_uppercase))
                .unwrap_or("Paris");
            json!(word)
        }
    }
}
