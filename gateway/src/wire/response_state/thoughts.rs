//! Sealed thoughts that the gateway asked for by itself, so that a later turn can go on from them:
//! they are kept with the answer, and told to nobody.
//!
//! What the gateway has written itself for a provider of another dialect is told to every caller:
//! it does not depend on being asked for.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::{members::edited, translate::is_sealed_by_gateway};

/// The member of a kept answer that says that its thoughts are not told.
const MARK: &str = "helix_withholds_thoughts";

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    output: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    encrypted_content: Option<String>,
}

#[derive(Deserialize)]
struct Mark {
    helix_withholds_thoughts: Option<bool>,
}

/// The answer with the mark that its thoughts are not told.
///
/// # Errors
/// Where it is no JSON object.
pub(super) fn withheld(response: &str) -> Result<String, serde_json::Error> {
    edited(response, &[(MARK, Some("true"))])
}

/// A kept answer as its caller may read it.
///
/// # Errors
/// Where it is no JSON object.
pub(super) fn told(response: &str) -> Result<String, serde_json::Error> {
    let mark: Mark = serde_json::from_str(response)?;
    if mark.helix_withholds_thoughts.is_none() {
        return Ok(response.to_owned());
    }
    let unmarked = edited(response, &[(MARK, None)])?;
    Ok(without_thoughts(&unmarked).unwrap_or(unmarked))
}

/// The answer without its sealed thoughts; nothing where it has none.
pub(super) fn without_thoughts(response: &str) -> Option<String> {
    let Response { output } = serde_json::from_str(response).ok()?;
    let told: Vec<Option<String>> = output.iter().map(|item| without_seal(item.get())).collect();
    if told.iter().all(Option::is_none) {
        return None;
    }
    let items: Vec<&str> = output
        .iter()
        .zip(&told)
        .map(|(item, told)| told.as_deref().unwrap_or_else(|| item.get()))
        .collect();
    edited(response, &[("output", Some(&format!("[{}]", items.join(","))))]).ok()
}

/// A thought without what is sealed in it; nothing where the item is none.
pub(super) fn without_seal(item: &str) -> Option<String> {
    let read: Item = serde_json::from_str(item).ok()?;
    if read.kind.as_deref() != Some("reasoning") || is_sealed_by_gateway(&read.encrypted_content?) {
        return None;
    }
    edited(item, &[("encrypted_content", None)]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"id":"a","output":[{"type":"reasoning","id":"b","encrypted_content":"gAAA"},{"type":"compaction","encrypted_content":"gBBB"}],"n":1.0}"#;
    const TOLD: &str = r#"{"id":"a","output":[{"type":"reasoning","id":"b"},{"type":"compaction","encrypted_content":"gBBB"}],"n":1.0}"#;

    #[test]
    fn what_is_withheld_is_kept_and_not_told() {
        let kept = withheld(WHOLE).unwrap();
        assert!(kept.contains("gAAA"));
        assert_eq!(told(&kept).unwrap(), TOLD);
        assert_eq!(without_thoughts(WHOLE).unwrap(), TOLD);
    }

    #[test]
    fn what_the_caller_asked_for_stays() {
        assert_eq!(told(WHOLE).unwrap(), WHOLE);
    }

    #[test]
    fn what_the_gateway_wrote_for_another_vendor_is_told() {
        let thought = r#"{"type":"reasoning","encrypted_content":"anthropic-claude-v1:EqQB"}"#;
        assert_eq!(without_seal(thought), None);
    }
}
