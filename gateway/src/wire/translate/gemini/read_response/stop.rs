//! Why an answer ended, in Google's words (`FinishReason` of google-genai).

use crate::wire::{
    WireError,
    translate::{ir::Stop, nonsense},
};

/// A reason that a later version of the API may add ends a turn like any other.
///
/// # Errors
///
/// `Nonsense` where the model did not stop but failed: what there is of the answer is none.
pub(in super::super) fn read_stop(
    reason: Option<&str>,
    has_calls: bool,
) -> Result<Stop, WireError> {
    match reason {
        Some("MAX_TOKENS" | "CONTINUATION") => Ok(Stop::OutputLimit),
        Some(
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
            | "ESCALATION"
            | "PUP_LIMITED_DISABLED"
            | "MODEL_ARMOR",
        ) => Ok(Stop::Refusal),
        Some(
            failure @ ("MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE"
            | "MALFORMED_RESPONSE"),
        ) => Err(nonsense(format!("the model broke off with {failure}"))),
        _ if has_calls => Ok(Stop::ToolCalls),
        _ => Ok(Stop::EndOfTurn),
    }
}
