//! SKELETON

use crate::wire::{
    WireError,
    translate::{ir::Request, not_a_conversation},
};

/// Reads the body of a request.
///
/// # Errors
///
/// `Invalid`, naming the field, where it is none.
pub(in crate::wire::translate) fn read_request(_body: &[u8]) -> Result<Request, WireError> {
    Err(not_a_conversation())
}
