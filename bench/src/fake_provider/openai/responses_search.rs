//! The web search of the Responses API: an item of the search before the message, whose text says what
//! it rests on.
//!
//! Source: openai's `ResponseFunctionWebSearch` and `AnnotationURLCitation`. What was looked at is told
//! to those who ask for it (`include`).

use serde_json::{Value, json};

use crate::fake_provider::{
    fault::Fault,
    search::{PAGES, QUERY, SAID},
};

/// Whether a tool is the search.
pub(super) fn is_search(tool: &Value) -> bool {
    tool["type"].as_str().is_some_and(|kind| kind.starts_with("web_search"))
}

pub(super) fn item_id(serial: u64) -> String {
    format!("ws_fake{serial:044x}")
}

/// The item as it is in the end.
pub(super) fn item(id: &str, tells_sources: bool) -> Value {
    let mut action = json!({ "type": "search", "query": QUERY, "queries": [QUERY] });
    if tells_sources {
        let sources = PAGES.iter().map(|page| json!({ "type": "url", "url": page.url }));
        action["sources"] = sources.collect();
    }
    json!({ "id": id, "type": "web_search_call", "status": "completed", "action": action })
}

/// What the text rests on, counted in characters.
pub(super) fn annotations() -> Vec<Value> {
    let start = SAID[0].chars().count();
    let end = start + SAID[1].chars().count();
    vec![json!({
        "type": "url_citation", "start_index": start, "end_index": end,
        "url": PAGES[0].url, "title": PAGES[0].title,
    })]
}

/// # Errors
///
/// What OpenAI says to a search sent back that is none of its own.
pub(super) fn check(items: &[Value]) -> Result<(), Fault> {
    for (index, item) in items.iter().enumerate() {
        let is_own = item["id"].as_str().is_none_or(|id| id.starts_with("ws_"));
        if item["type"] == "web_search_call" && !is_own {
            let id = &item["id"];
            return Err(Fault::Invalid(format!(
                "Invalid 'input[{index}].id': {id}. Expected an ID that begins with 'ws'."
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_of_another_vendors_is_none_of_openais() {
        let mut items = [item(&item_id(1), true)];
        assert_eq!(check(&items), Ok(()));
        items[0]["id"] = json!("srvtoolu_1");
        assert!(matches!(check(&items), Err(Fault::Invalid(_))));
    }
}
