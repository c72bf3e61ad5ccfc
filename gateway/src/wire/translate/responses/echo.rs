//! What an answer of this API repeats of its request.
//!
//! Clients read their own settings there; each has a value also where the request was silent.

use super::namespaces::Named;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// The repeated fields, as the client wrote them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Echo {
    instructions: Option<Box<RawValue>>,
    max_output_tokens: Option<Box<RawValue>>,
    metadata: Option<Box<RawValue>>,
    parallel_tool_calls: Option<Box<RawValue>>,
    reasoning: Option<Box<RawValue>>,
    temperature: Option<Box<RawValue>>,
    text: Option<Box<RawValue>>,
    tool_choice: Option<Box<RawValue>>,
    tools: Option<Box<RawValue>>,
    top_p: Option<Box<RawValue>>,
    truncation: Option<Box<RawValue>>,
    user: Option<Box<RawValue>>,
    /// The tools that have a namespace.
    #[serde(skip)]
    namespaced: Vec<Named>,
}

impl Default for Echo {
    fn default() -> Self {
        Self {
            instructions: None,
            max_output_tokens: None,
            metadata: raw(&serde_json::json!({})),
            parallel_tool_calls: raw(&true),
            reasoning: raw(&serde_json::json!({ "effort": null, "summary": null })),
            temperature: None,
            text: raw(&serde_json::json!({ "format": { "type": "text" } })),
            tool_choice: raw(&"auto"),
            tools: raw(&serde_json::json!([])),
            top_p: None,
            truncation: raw(&"disabled"),
            user: None,
            namespaced: Vec::new(),
        }
    }
}

impl Echo {
    /// Of a request's body; nothing is repeated of one that cannot be read.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let read: Self = serde_json::from_slice(body).unwrap_or_default();
        let base = Self::default();
        // A null is as good as silence, and clients expect a value.
        Self {
            namespaced: Named::all(read.tools.as_deref()),
            metadata: read.metadata.or(base.metadata),
            parallel_tool_calls: read.parallel_tool_calls.or(base.parallel_tool_calls),
            reasoning: read.reasoning.or(base.reasoning),
            text: read.text.or(base.text),
            tool_choice: read.tool_choice.or(base.tool_choice),
            tools: read.tools.or(base.tools),
            truncation: read.truncation.or(base.truncation),
            ..read
        }
    }
}

impl Echo {
    /// The tool that the model has called by this name, if it is in a namespace.
    pub(super) fn namespaced(&self, called: &str) -> Option<&Named> {
        Named::find(&self.namespaced, called)
    }
}

fn raw(value: &impl Serialize) -> Option<Box<RawValue>> {
    to_raw_value(value).ok()
}
