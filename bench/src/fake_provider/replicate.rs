//! Replicate's wire format, as its HTTP reference and the official SDK's `Prediction` have it.
//!
//! A prediction is what its id says, so nothing has to be kept of it.

pub(super) mod errors;
mod prediction;
pub(super) mod route;

/// Whether a path is that of a stream.
pub(super) fn is_stream(path: &str) -> bool {
    path.starts_with("/v1/streams/")
}
