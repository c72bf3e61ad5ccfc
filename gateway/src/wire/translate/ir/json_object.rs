//! A JSON object, kept as it was written: order, spacing and the text of numbers.

use serde::Serialize;
use serde_json::value::RawValue;

/// The arguments of a tool call.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::wire::translate) struct JsonObject(Box<RawValue>);

impl JsonObject {
    /// Reads the text of an object; empty text is the empty object, as models write both.
    pub(in crate::wire::translate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = if text.is_empty() { "{}" } else { text };
        RawValue::from_string(text.to_owned()).ok().and_then(Self::from_json)
    }

    /// Takes a JSON value that was already read, if it is an object.
    pub(in crate::wire::translate) fn from_json(value: Box<RawValue>) -> Option<Self> {
        value.get().starts_with('{').then_some(Self(value))
    }

    pub(in crate::wire::translate) fn text(&self) -> &str {
        self.0.get()
    }

    pub(in crate::wire::translate) fn json(&self) -> &RawValue {
        &self.0
    }
}
