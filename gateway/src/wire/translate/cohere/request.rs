//! SKELETON

use crate::wire::{
    WireError,
    translate::{Target, ir::Request, losses::Losses, not_a_conversation},
};

/// The body of a request.
///
/// # Errors
///
/// `Unsupported`, naming the field that cannot be said.
pub(in crate::wire::translate) fn write_request(
    _request: &Request,
    _target: &Target<'_>,
    _losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    Err(not_a_conversation())
}
