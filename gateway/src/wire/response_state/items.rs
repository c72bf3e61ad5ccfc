//! Items of a conversation, as they were written.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::WireError;

/// Items in their order.
#[derive(Debug, Default)]
pub struct InputItems {
    items: Vec<String>,
    bytes: usize,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    output: Vec<&'a RawValue>,
}

/// What decides whether an item is carried over.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    encrypted_content: Option<String>,
}

impl InputItems {
    /// How many bytes they have together.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Puts items before these.
    pub fn prepend(&mut self, earlier: Self) {
        self.bytes += earlier.bytes;
        let later = std::mem::replace(&mut self.items, earlier.items);
        self.items.extend(later);
    }

    /// As a JSON list.
    #[must_use]
    pub fn json(&self) -> String {
        format!("[{}]", self.items.join(","))
    }

    /// Puts another item at this place, or none.
    pub fn replace(&mut self, place: usize, item: Option<String>) {
        if let Some(there) = self.items.get_mut(place) {
            let item = item.unwrap_or_default();
            self.bytes = self.bytes - there.len() + item.len();
            *there = item;
        }
    }

    /// Takes out what was replaced by none.
    pub fn close_gaps(&mut self) {
        self.items.retain(|item| !item.is_empty());
    }

    /// As a JSON list, with items that come before these.
    pub(super) fn json_after(&self, earlier: &Self) -> String {
        let all: Vec<&str> = earlier.iter().chain(self.iter()).collect();
        format!("[{}]", all.join(","))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(String::as_str)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn of<'a>(items: impl Iterator<Item = &'a str>) -> Self {
        let items: Vec<String> = items.map(str::to_owned).collect();
        Self { bytes: items.iter().map(String::len).sum(), items }
    }
}

/// A request's own items; a text is a message of the user.
///
/// # Errors
/// [`WireError::Invalid`] where `input` is neither a text nor a list.
pub fn input_items(body: &[u8]) -> Result<InputItems, WireError> {
    let invalid = |_| WireError::invalid("input", "`input` must be a text or a list of items.");
    let request: Request<'_> = serde_json::from_slice(body).map_err(invalid)?;
    let Some(input) = request.input.map(RawValue::get) else { return Ok(InputItems::default()) };
    if input.starts_with('"') {
        let message = format!(
            r#"{{"type":"message","role":"user","content":[{{"type":"input_text","text":{input}}}]}}"#
        );
        return Ok(InputItems::of([message.as_str()].into_iter()));
    }
    let items: Vec<&RawValue> = serde_json::from_str(input).map_err(invalid)?;
    Ok(InputItems::of(items.into_iter().map(RawValue::get)))
}

/// What of an earlier turn goes before a later one: its input and its output.
///
/// A thought without its encrypted content is of use to no provider, and one of another model
/// (`is_same_model`) to none either; a call that was cut off was never made.
///
/// # Errors
/// [`WireError::Nonsense`] where what was kept cannot be read.
pub fn carried_items(
    input: &str,
    response: &str,
    is_same_model: bool,
) -> Result<InputItems, WireError> {
    let broken = |error: serde_json::Error| WireError::Nonsense(error.to_string());
    let input: Vec<&RawValue> = serde_json::from_str(input).map_err(broken)?;
    let response: Response<'_> = serde_json::from_str(response).map_err(broken)?;
    let all = input.into_iter().chain(response.output).map(RawValue::get);
    Ok(InputItems::of(all.filter(|item| is_carried(item, is_same_model))))
}

pub(super) fn is_carried(item: &str, is_same_model: bool) -> bool {
    let Ok(item) = serde_json::from_str::<Item>(item) else { return true };
    match item.kind.as_deref() {
        Some("reasoning") => {
            is_same_model && item.encrypted_content.is_some_and(|content| !content.is_empty())
        }
        Some("function_call") => item.status.as_deref() != Some("incomplete"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_carried_over_without_what_is_of_no_use() {
        let input = r#"[{"role":"user","content":"Hi"}]"#;
        let response = r#"{"output":[{"type":"reasoning","id":"a","encrypted_content":"x"},
            {"type":"reasoning","id":"b","encrypted_content":""},{"type":"reasoning","id":"c"},
            {"type":"function_call","call_id":"d","status":"incomplete","arguments":"{"},
            {"type":"function_call","call_id":"e","status":"completed","arguments":"{}"}]}"#;
        let carried = carried_items(input, response, true).unwrap();
        assert_eq!(
            carried.json(),
            concat!(
                r#"[{"role":"user","content":"Hi"},"#,
                r#"{"type":"reasoning","id":"a","encrypted_content":"x"},"#,
                r#"{"type":"function_call","call_id":"e","status":"completed","arguments":"{}"}]"#
            )
        );
        assert!(!carried_items(input, response, false).unwrap().json().contains("reasoning"));
    }

    #[test]
    fn turns_stay_in_their_order() {
        let mut items = input_items(br#"{"input":"two"}"#).unwrap();
        items.prepend(input_items(br#"{"input":[{"a":1}]}"#).unwrap());
        assert!(items.json().starts_with(r#"[{"a":1},{"type":"message""#));
        assert_eq!(items.bytes(), items.json().len() - 3);
    }

    #[test]
    fn no_input_is_no_items_and_nonsense_is_invalid() {
        assert_eq!(input_items(b"{}").unwrap().json(), "[]");
        assert_eq!(input_items(br#"{"input":5}"#).unwrap_err().pointer(), Some("input"));
    }
}
