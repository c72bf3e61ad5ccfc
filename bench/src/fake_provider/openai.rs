//! OpenAI's wire format.

pub(super) mod chat;
mod chat_request;
mod chat_stream;
pub(super) mod embeddings;
pub(super) mod likeness;
pub(super) mod mistral;
pub(super) mod models;
mod usage;

/// When every object was made: the fake has no clock, so that its answers repeat.
const CREATED: u64 = 1_763_000_000;
