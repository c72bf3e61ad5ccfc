//! Anthropic's wire format.

pub(super) mod errors;
pub(super) mod message_batches;
pub(super) mod messages;
mod messages_request;
mod messages_stream;
pub(super) mod models;
mod search;
pub(super) mod thinking;
mod usage;
