//! Cohere's wire format, the second version, as the official SDK's types describe it.

mod chat;
mod chat_request;
mod chat_stream;
mod citations;
mod embed;
pub(super) mod errors;
mod models;
mod rerank;
pub(super) mod route;
mod usage;
