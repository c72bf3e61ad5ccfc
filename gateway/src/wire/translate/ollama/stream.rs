//! SKELETON

use crate::wire::{
    SseEvent, WireError,
    translate::{TranslationContext, ir::OnStep, not_a_conversation, stream::ReadStream},
};

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader;

impl ReadStream for Reader {
    fn read(
        &mut self,
        _event: SseEvent<'_>,
        _context: &TranslationContext,
        _tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        Err(not_a_conversation())
    }

    fn finish(&mut self, _tell: &mut OnStep<'_>) -> Result<(), WireError> {
        Err(not_a_conversation())
    }
}
