//! What a model draws, whatever it is asked for.

/// A real picture of one pixel, in base64.
pub(super) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk\
     +M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
