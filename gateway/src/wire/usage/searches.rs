//! How often a provider searched the web for an answer, where its usage does not say: counted in
//! the answer itself.

use serde::Deserialize;
use serde_json::value::RawValue;

/// An item of a Responses answer.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    action: Option<Action>,
}

#[derive(Deserialize)]
struct Action {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Grounds {
    web_search_queries: Vec<String>,
}

/// The searches among a Responses answer's `output`; to open a page that was found costs nothing.
pub(in super::super) fn in_output(output: &RawValue) -> i64 {
    if !output.get().contains("web_search_call") {
        return 0;
    }
    let items: Vec<&RawValue> = serde_json::from_str(output.get()).unwrap_or_default();
    let is_search = |raw: &&&RawValue| {
        let Ok(Item { kind, action }) = serde_json::from_str(raw.get()) else { return false };
        let action = action.and_then(|action| action.kind);
        kind.as_deref() == Some("web_search_call") && action.is_none_or(|kind| kind == "search")
    };
    i64::try_from(items.iter().filter(is_search).count()).unwrap_or(i64::MAX)
}

/// The queries of Google's `groundingMetadata`.
pub(in super::super) fn in_grounds(grounds: &RawValue) -> i64 {
    let grounds: Grounds = serde_json::from_str(grounds.get()).unwrap_or_default();
    i64::try_from(grounds.web_search_queries.len()).unwrap_or(i64::MAX)
}
