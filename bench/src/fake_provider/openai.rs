//! OpenAI's wire format.

pub(super) mod beside;
pub(super) mod chat;
mod chat_request;
mod chat_stream;
mod completions;
pub(super) mod embeddings;
pub(super) mod errors;
mod image_stream;
mod images;
pub(super) mod likeness;
mod mistral;
pub(super) mod models;
mod moderations;
pub(super) mod realtime;
mod rerank;
mod sound;
mod speech;
mod transcript;
mod transcriptions;
mod usage;

/// When every object was made: the fake has no clock, so that its answers repeat.
const CREATED: u64 = 1_763_000_000;
