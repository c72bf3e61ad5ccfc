//! Whether bytes are JSON.

use serde::de::IgnoredAny;

/// Whether they are one document, however deep.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// The same of what is written for people when it is not.
pub(crate) fn assert_json(bytes: &[u8]) {
    assert!(is_json(bytes), "this is not JSON: {}", String::from_utf8_lossy(bytes));
}
