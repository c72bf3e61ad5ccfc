//! Gemini's wire format, as AI Studio and Vertex AI speak it.

pub(super) mod conversation;
pub(super) mod count_tokens;
pub(super) mod credential;
pub(super) mod embeddings;
pub(super) mod errors;
pub(super) mod finish;
pub(super) mod generate;
mod generate_stream;
mod grounding;
mod message;
pub(super) mod models;
mod request;
mod request_fields;
pub(super) mod route;
pub(super) mod service;
mod settings;
mod thought_signature;
mod usage;

pub(super) use message::Violation;
