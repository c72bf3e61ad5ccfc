//! Kept items and answers, as their owner reads them.

use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::thoughts::told;
use crate::wire::members::edited;

/// An item of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedItem {
    /// Its id: the client's own, or its place.
    pub id: String,
    /// The item.
    pub json: String,
}

#[derive(Deserialize)]
struct Item<'a> {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    role: Option<String>,
    status: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

/// The items of a JSON list, each with what an item has that is read from this API: an id, its
/// type, a status, and a message's content as a list. Nothing where it is no list of items.
#[must_use]
pub fn listed_items(input: &str, response_id: &str) -> Option<Vec<ListedItem>> {
    let items: Vec<&RawValue> = serde_json::from_str(input).ok()?;
    let listed = items.into_iter().enumerate();
    listed.map(|(place, item)| listed_item(item.get(), place, response_id)).collect()
}

fn listed_item(item: &str, place: usize, response_id: &str) -> Option<ListedItem> {
    let read: Item<'_> = serde_json::from_str(item).ok()?;
    let id = read.id.unwrap_or_else(|| format!("item_{response_id}_{place}"));
    let kind = read.kind.unwrap_or_else(|| "message".to_owned());
    let status = read.status.unwrap_or_else(|| "completed".to_owned());
    let part = if read.role.as_deref() == Some("assistant") { "output_text" } else { "input_text" };
    let text = read.content.map(RawValue::get).filter(|content| content.starts_with('"'));
    let content =
        text.map(|text| format!(r#"[{{"type":"{part}","text":{text},"annotations":[]}}]"#));
    let [written_id, kind, status] =
        [&id, &kind, &status].map(|text| Value::from(&**text).to_string());
    let mut edits =
        vec![("id", Some(&*written_id)), ("type", Some(&*kind)), ("status", Some(&*status))];
    if let Some(content) = &content {
        edits.push(("content", Some(content)));
    }
    let json = edited(item, &edits).ok()?;
    Some(ListedItem { id, json })
}

/// A kept answer where it stands now: one that was cancelled or cut off is stored as it began.
#[must_use]
pub fn ended_response(response: &str, status: &str, problem: Option<&str>) -> Option<String> {
    let response = told(response).ok()?;
    let status = Value::from(status).to_string();
    let error = problem.map(|message| json!({ "code": "server_error", "message": message }));
    let error = error.map(|error| error.to_string());
    let mut edits = vec![("status", Some(&*status))];
    if let Some(error) = &error {
        edits.push(("error", Some(error)));
    }
    edited(&response, &edits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_listed_with_what_a_reader_expects() {
        let input = r#"[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},
            {"type":"function_call_output","id":"fco_1","call_id":"c","output":"5"}]"#;
        let listed = listed_items(input, "resp_1").unwrap();
        let json: Vec<&str> = listed.iter().map(|item| &*item.json).collect();
        assert_eq!(
            json,
            [
                r#"{"role":"user","content":[{"type":"input_text","text":"Hi","annotations":[]}],"id":"item_resp_1_0","type":"message","status":"completed"}"#,
                r#"{"role":"assistant","content":[{"type":"output_text","text":"Ho","annotations":[]}],"id":"item_resp_1_1","type":"message","status":"completed"}"#,
                r#"{"type":"function_call_output","id":"fco_1","call_id":"c","output":"5","status":"completed"}"#,
            ]
        );
        assert_eq!(listed[2].id, "fco_1");
        assert_eq!(listed_items("{}", "resp_1"), None);
    }

    #[test]
    fn an_answer_that_was_cut_off_says_so() {
        let begun = r#"{"id":"resp_1","status":"in_progress","error":null}"#;
        assert_eq!(
            ended_response(begun, "failed", Some("It \"stopped\".")).unwrap(),
            r#"{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"It \"stopped\"."}}"#
        );
        assert_eq!(
            ended_response(begun, "cancelled", None).unwrap(),
            r#"{"id":"resp_1","status":"cancelled","error":null}"#
        );
    }
}
