//! SKELETON

use crate::wire::{
    WireError,
    translate::{TranslationContext, ir::Response, not_a_conversation},
};

/// The body of an answer.
///
/// # Errors
///
/// `Invalid` where it cannot be told.
pub(in crate::wire::translate) fn write_response(
    _response: &Response,
    _context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    Err(not_a_conversation())
}
