//! Why a candidate ends, where it does not end by itself.

/// The reasons that `finish=` in a model's name may ask for.
const REASONS: [&str; 10] = [
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "MODEL_ARMOR",
];

/// The reason of this name.
pub(in crate::fake_provider) fn named(name: &str) -> Option<&'static str> {
    REASONS.into_iter().find(|reason| *reason == name)
}
