//! Ollama's own wire format, as the official SDK's types and the server's documentation have it.
//! <https://docs.ollama.com/api>

mod chat;
mod chat_request;
mod embed;
mod endpoint;
mod models;
pub(super) mod refusal;

pub(super) use self::endpoint::{Call, Page, speaks_at};

/// When everything happened: the fake has no clock, so that its answers repeat.
const CREATED_AT: &str = "2025-11-13T00:00:00.000000000Z";
/// What every step took, in nanoseconds.
const DURATION_NANOS: u64 = 1_000_000;
