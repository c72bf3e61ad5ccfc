//! Vertex AI's wire format: Gemini, Anthropic and OpenAI's dialect under one roof, and how Google
//! Cloud hands out the access tokens that it wants.

mod assertion;
pub(super) mod credential;
pub(super) mod metadata_server;
mod models;
mod predict;
pub(super) mod raw_predict;
pub(super) mod route;
pub(super) mod token_endpoint;
