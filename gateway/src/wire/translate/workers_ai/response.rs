//! SKELETON

use crate::wire::{
    WireError,
    translate::{TranslationContext, ir::Response, not_a_conversation},
};

/// Reads a whole answer.
///
/// # Errors
///
/// `Nonsense` where it is none.
pub(in crate::wire::translate) fn read_response(
    _body: &[u8],
    _context: &TranslationContext,
) -> Result<Response, WireError> {
    Err(not_a_conversation())
}
