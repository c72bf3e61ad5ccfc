//! Cloudflare Workers AI's own wire format, as the official SDK's types and the vendor's
//! documentation have it. <https://developers.cloudflare.com/workers-ai>

mod embeddings;
pub(super) mod errors;
mod generation;
mod generation_request;
mod models;
pub(super) mod route;
