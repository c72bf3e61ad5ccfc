//! Between the dialects.
use super::{Dialect, WireError};

/// What a translated answer needs beside the provider's bytes.
#[derive(Debug, Clone)]
pub struct TranslationContext {
    /// The model as the client named it.
    pub model: String,
    /// An id for the answer.
    pub id: String,
    /// When it was made.
    pub created_at_seconds: i64,
}
pub fn translate_request(
    _from: Dialect,
    _to: Dialect,
    _body: &[u8],
    _upstream_model: &str,
    _output_limit: Option<i64>,
) -> Result<Vec<u8>, WireError> {
    Err(WireError::unsupported("model", "x"))
}
pub fn translate_response(
    _from: Dialect,
    _to: Dialect,
    _body: &[u8],
    _context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    Err(WireError::unsupported("model", "x"))
}
pub struct StreamTranslator;
impl StreamTranslator {
    pub fn new(_from: Dialect, _to: Dialect, _context: TranslationContext, _usage: bool) -> Self {
        Self
    }
    pub fn push(&mut self, _bytes: &[u8], _out: &mut Vec<u8>) -> Result<(), WireError> {
        Ok(())
    }
    pub fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), WireError> {
        Ok(())
    }
}
