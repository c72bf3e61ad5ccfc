//! SKELETON

use crate::wire::{
    WireError,
    translate::{TranslationContext, ir::Step, not_a_conversation, stream::WriteStream},
};

/// Writes one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Writer;

impl WriteStream for Writer {
    fn write(
        &mut self,
        _step: &Step<'_>,
        _context: &TranslationContext,
        _out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        Err(not_a_conversation())
    }
}
