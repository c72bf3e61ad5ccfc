//! Cloudflare Workers AI's own wire format, as the official SDK's types and the vendor's
//! documentation have it. <https://developers.cloudflare.com/workers-ai>

mod embeddings;
mod generation;
mod generation_request;
pub(super) mod models;
pub(super) mod refusal;
mod run;

pub(super) use self::run::{Run, speaks_at};
