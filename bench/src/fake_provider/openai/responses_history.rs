//! What an earlier turn brings back has to add up: each result has its call, each call its result,
//! and a thought is one of this provider's own, byte for byte.
//!
//! The refusals are OpenAI's own words.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use serde_json::Value;

use crate::fake_provider::fault::Fault;

const KEY: &[u8] = b"what only OpenAI knows";

/// The thought of an item, sealed, so that only this provider can have made it.
pub(super) fn sealed(item_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY);
    format!("gAAAAAB{}", URL_SAFE.encode(hmac::sign(&key, item_id.as_bytes())))
}

/// # Errors
/// What OpenAI says to a history that does not add up.
pub(super) fn check(items: &[Value]) -> Result<(), Fault> {
    let called = ids(items, &["function_call", "custom_tool_call"]);
    let answered = ids(items, &["function_call_output", "custom_tool_call_output"]);
    if let Some(id) = answered.iter().find(|id| !called.contains(id)) {
        return refuse(format!("No tool call found for function call output with call_id {id}."));
    }
    if let Some(id) = called.iter().find(|id| !answered.contains(id)) {
        return refuse(format!("No tool output found for function call {id}."));
    }
    items.iter().filter(|item| item["type"] == "reasoning").try_for_each(check_thought)
}

/// The ids of the calls that items of these kinds make or answer.
fn ids<'a>(items: &'a [Value], kinds: &[&str]) -> Vec<&'a str> {
    let is_meant = |item: &&Value| item["type"].as_str().is_some_and(|kind| kinds.contains(&kind));
    items.iter().filter(is_meant).filter_map(|item| item["call_id"].as_str()).collect()
}

/// A thought without a seal is let be: OpenAI would have kept it.
fn check_thought(item: &Value) -> Result<(), Fault> {
    let Some(seal) = item["encrypted_content"].as_str() else { return Ok(()) };
    if item["id"].as_str().map(sealed).as_deref() == Some(seal) {
        return Ok(());
    }
    let shown: String = seal.chars().take(8).collect();
    refuse(format!(
        "The encrypted content {shown}... could not be verified. Reason: Encrypted content could \
         not be decrypted or parsed."
    ))
}

fn refuse<T>(message: String) -> Result<T, Fault> {
    Err(Fault::Invalid(message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_needs_its_call_and_a_call_its_result() {
        let call = json!({ "type": "function_call", "call_id": "a" });
        let result = |id: &str| json!({ "type": "function_call_output", "call_id": id });
        assert_eq!(check(&[call.clone(), result("a")]), Ok(()));
        assert!(check(&[call.clone(), result("a"), result("b")]).is_err());
        assert!(check(&[call]).is_err());
    }

    #[test]
    fn a_thought_comes_back_as_it_was_or_is_refused() {
        let thought = |id: &str, seal: &str| json!({ "type": "reasoning", "id": id, "summary": [], "encrypted_content": seal });
        assert_eq!(check(&[thought("rs_1", &sealed("rs_1"))]), Ok(()));
        assert!(check(&[thought("rs_2", &sealed("rs_1"))]).is_err());
        assert!(check(&[thought("rs_1", "gAAAAAB")]).is_err());
    }
}
