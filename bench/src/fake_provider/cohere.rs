//! Cohere's wire format, the second version, as the official SDK's types describe it.

mod chat;
mod chat_request;
mod chat_stream;
mod citations;
mod embed;
mod endpoint;
mod models;
pub(super) mod refusal;
mod rerank;
mod usage;

pub(super) use self::endpoint::{Call, Page, speaks_at};
