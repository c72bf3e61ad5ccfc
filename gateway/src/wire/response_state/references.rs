//! Items of a request that stand for others: those that are named by their ids alone, and thoughts
//! whose seal was left to the gateway.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::items::{InputItems, is_carried};

/// An item that stands for one that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemReference {
    /// Its place among the items.
    pub place: usize,
    /// The id of the kept one.
    pub id: String,
    /// Whether it says nothing without the kept one.
    pub is_needed: bool,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    role: Option<Value>,
    id: Option<String>,
    encrypted_content: Option<String>,
}

#[derive(Deserialize)]
struct Identified {
    id: Option<String>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    output: Vec<&'a RawValue>,
}

impl InputItems {
    /// The items that stand for others.
    #[must_use]
    pub fn references(&self) -> Vec<ItemReference> {
        let items = self.iter().enumerate();
        items.filter_map(|(place, item)| reference(place, item)).collect()
    }
}

/// An item without type and role is a reference, too; what is no object is no item.
fn reference(place: usize, item: &str) -> Option<ItemReference> {
    if !item.trim_start().starts_with('{') {
        return None; // a list would be read as the values of the fields, in their order
    }
    let item: Item = serde_json::from_str(item).ok()?;
    let is_needed = match item.kind.as_deref() {
        Some("item_reference") => true,
        None if item.role.is_none() => true,
        Some("reasoning") if item.encrypted_content.is_none() => false,
        _ => return None,
    };
    Some(ItemReference { place, id: item.id?, is_needed })
}

/// The item of this id in a kept answer and the request that it answers. Items that were sent
/// without an id have one by their place, under which they are listed.
///
/// The item is nothing where it is of no use to a later turn (`is_same_model`, as for
/// [`super::carried_items`]).
#[must_use]
pub fn kept_item(
    input: &str,
    response: &str,
    id: &str,
    is_same_model: bool,
) -> Option<Option<String>> {
    let input: Vec<&RawValue> = serde_json::from_str(input).ok()?;
    let Response { output } = serde_json::from_str(response).ok()?;
    let has_id = |item: &&&RawValue| {
        serde_json::from_str(item.get())
            .is_ok_and(|item: Identified| item.id.as_deref() == Some(id))
    };
    let by_place = || input.get(place_of(id)?);
    let item = output.iter().chain(&input).find(has_id).or_else(by_place)?.get();
    Some(is_carried(item, is_same_model).then(|| item.to_owned()))
}

fn place_of(id: &str) -> Option<usize> {
    id.strip_prefix("item_")?.rsplit_once('_')?.1.parse().ok()
}

/// The ids of the items of an answer, each once.
#[must_use]
pub fn item_ids(response: &str) -> BTreeSet<String> {
    let Ok(Response { output }) = serde_json::from_str(response) else { return BTreeSet::new() };
    let ids = output.into_iter().filter_map(|item| {
        serde_json::from_str(item.get()).ok().and_then(|item: Identified| item.id)
    });
    ids.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::input_items;

    #[test]
    fn what_stands_for_another_item_is_found() {
        let body = br#"{"input":[{"role":"user","content":"Hi"},{"type":"item_reference","id":"a"},
            {"id":"b"},{"type":"reasoning","id":"c","summary":[]},
            {"type":"reasoning","id":"d","encrypted_content":"x"},{"type":"reasoning","summary":[]},
            [null,null,"e",null]]}"#;
        let found = input_items(body).unwrap().references();
        let found: Vec<_> =
            found.iter().map(|found| (found.place, &*found.id, found.is_needed)).collect();
        assert_eq!(found, [(1, "a", true), (2, "b", true), (3, "c", false)]);
    }

    #[test]
    fn a_kept_item_is_found_by_its_id_or_its_place() {
        let input = r#"[{"role":"user","content":"Hi"}]"#;
        let response = r#"{"output":[{"type":"message","id":"m","n":1.0},{"type":"reasoning","id":"r"},
            {"type":"reasoning","id":"s","encrypted_content":"x"}]}"#;
        let kept = |id: &str, is_same_model| kept_item(input, response, id, is_same_model);
        let message = r#"{"type":"message","id":"m","n":1.0}"#;
        assert_eq!(kept("m", false), Some(Some(message.to_owned())));
        let listed = r#"{"role":"user","content":"Hi"}"#;
        assert_eq!(kept("item_resp_1_0", true), Some(Some(listed.to_owned())));
        assert_eq!(kept("r", true), Some(None), "a thought without its seal is of no use");
        assert!(kept("s", true).unwrap().is_some() && kept("s", false) == Some(None));
        assert_eq!((kept("x", true), kept("item_resp_1_1", true)), (None, None));
        assert_eq!(item_ids(response).into_iter().collect::<Vec<_>>(), ["m", "r", "s"]);
    }
}
